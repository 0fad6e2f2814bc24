import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { libraryBuild } from "#setup/clone.mjs";

/** The instructions that oneDNN can be restricted to, and its own names for them. It ignores other words. */
export const instructionSets = {
  SSE41: "Intel SSE4.1",
  AVX: "Intel AVX",
  AVX2: "Intel AVX2",
  AVX512_CORE: "Intel AVX-512",
};

export type InstructionSet = keyof typeof instructionSets;

/**
 * The instructions with which TensorFlow multiplies matrices on this processor, according to oneDNN itself.
 * @param most  the latest ones that it may use, as far as the processor has them
 */
export function instructionsUsed(most: InstructionSet): string {
  const product = `const { tf } = require(${JSON.stringify(join(libraryBuild, "engine/backend/index.js"))});
    tf.matMul(tf.ones([64, 64]), tf.ones([64, 64])).dataSync();`;
  const said = execFileSync(process.execPath, ["-e", product], {
    env: { ...process.env, ONEDNN_MAX_CPU_ISA: most, ONEDNN_VERBOSE: "1" },
    encoding: "utf8",
  });
  const isa = said.match(/^onednn_verbose,.*\bcpu,isa:(.*)$/m)?.[1];
  if (isa === undefined) throw new Error(`oneDNN did not say what it multiplies with:\n${said}`);
  return isa;
}
