import type { Connection } from "../messages.js";

export type Channel = "iopub" | "shell" | "control" | "stdin" | "hb";

/** Where a channel listens. */
export function addressOf({ transport, ip, ...ports }: Connection, channel: Channel): string {
  const port = ports[`${channel}_port`];
  return transport === "ipc" ? `ipc://${ip}-${port}` : `tcp://${ip}:${port}`;
}
