/**
 * The wire format of Jupyter's protocol: multipart messages, signed.
 * https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol
 */
import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";

interface Header {
  msg_id: string;
  session: string;
  username: string;
  date: string;
  msg_type: string;
  version: string;
}

/** A message from a client. */
export interface Received<Content = unknown> {
  /** The routing prefix, which says who sent it. */
  identities: Buffer[];
  header: Header;
  metadata: { cellId?: string } & Record<string, unknown>;
  content: Content;
  /** Raw bytes that came with it. */
  buffers: Buffer[];
}

/** A message to be sent. */
export interface Draft {
  /** The routing prefix: the requester's, for a reply, or the topic, on iopub. */
  identities: Buffer[];
  type: string;
  /** The header of the request that it answers or belongs to. */
  parent?: Header;
  content: object;
  metadata?: object;
  buffers?: Uint8Array[];
}

const DELIMITER = Buffer.from("<IDS|MSG>");
const session = randomUUID();

/** A message's HMAC in hexadecimal; empty when the connection file has no key, as the protocol says. */
function sign(key: string, parts: (string | Buffer)[]): string {
  if (key === "") return "";
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}

/**
 * Takes one received message apart.
 * Returns undefined for one that is incomplete or whose signature is wrong: such a message is dropped.
 */
export function decode(key: string, frames: Buffer[]): Received | undefined {
  const at = frames.findIndex((frame) => frame.equals(DELIMITER));
  if (at < 0 || frames.length < at + 6) return undefined;
  const parts = frames.slice(at + 2, at + 6);
  // The signature covers the four JSON parts and any raw buffers after them.
  const expected = Buffer.from(sign(key, frames.slice(at + 2)));
  const received = frames[at + 1];
  if (received.length !== expected.length || !timingSafeEqual(received, expected)) return undefined;
  try {
    const [header, , metadata, content] = parts.map((part) => recordFrom(part));
    if (typeof header.msg_type !== "string" || typeof header.msg_id !== "string") return undefined;
    if (HAS_CODE.test(header.msg_type) && typeof content.code !== "string") content.code = "";
    const message = { identities: frames.slice(0, at), header, metadata, content, buffers: frames.slice(at + 6) };
    return message as unknown as Received;
  } catch {
    return undefined;
  }
}

const HAS_CODE = /^(execute|complete|inspect|is_complete)_request$/;

/** An object, whatever the client has sent. */
function recordFrom(part: Buffer): Record<string, unknown> {
  const value: unknown = JSON.parse(part.toString());
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** Puts one message together. */
export function encode(key: string, draft: Draft): (string | Buffer)[] {
  const { identities, type, parent, content, metadata = {}, buffers = [] } = draft;
  const header: Header = {
    msg_id: randomUUID(),
    session,
    username: parent?.username ?? "kernel",
    date: new Date().toISOString(),
    msg_type: type,
    version: "5.4",
  };
  const parts = [header, parent ?? {}, metadata, content].map((part) => JSON.stringify(part));
  const raw = buffers.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  return [...identities, DELIMITER, sign(key, [...parts, ...raw]), ...parts, ...raw];
}
