import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";

/** A process's exit and everything it printed. */
export async function outcome(child: ChildProcessWithoutNullStreams): Promise<{ code: number | null; output: string }> {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (output += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output };
}
