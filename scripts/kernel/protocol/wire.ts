// The wire format of the Jupyter protocol: multipart messages, signed.
// https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol

const { createHmac, randomUUID, timingSafeEqual } = require("node:crypto");

const DELIMITER = Buffer.from("<IDS|MSG>");
const session = randomUUID();

/** A message's HMAC in hexadecimal; empty when the connection file has no key, as the protocol says. */
function sign(key, parts) {
  if (key === "") return "";
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}

/**
 * Takes one received message apart.
 * Returns undefined for one that is not whole or whose signature is wrong: such a message is dropped.
 */
function decode(key, frames) {
  const at = frames.findIndex((frame) => frame.equals(DELIMITER));
  if (at < 0 || frames.length < at + 6) return undefined;
  const parts = frames.slice(at + 2, at + 6);
  // The signature covers the four JSON parts and any raw buffers behind them.
  const expected = Buffer.from(sign(key, frames.slice(at + 2)));
  const received = frames[at + 1];
  if (received.length !== expected.length || !timingSafeEqual(received, expected)) return undefined;
  try {
    const [header, parent, metadata, content] = parts.map((part) => JSON.parse(part.toString()));
    return { identities: frames.slice(0, at), header, parent, metadata, content };
  } catch {
    return undefined;
  }
}

/**
 * Puts one message together.
 * `identities` are the routing prefix: the requester's, for a reply, or the topic, on iopub.
 */
function encode(key, { identities, type, parent, content, metadata = {} }) {
  const header = {
    msg_id: randomUUID(),
    session,
    username: parent?.username ?? "kernel",
    date: new Date().toISOString(),
    msg_type: type,
    version: "5.4",
  };
  const parts = [header, parent ?? {}, metadata, content].map((part) => JSON.stringify(part));
  return [...identities, DELIMITER, sign(key, parts), ...parts];
}

module.exports = { decode, encode };
