// TensorFlow's shared libraries, from its wheel on PyPI. Kept outside node_modules, which npm empties.
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { wantsTensorflow } from "./backend.mjs";
import { cache, root } from "./clone.mjs";
import { tensorflowPlatform, thisMachine } from "./machine.mjs";
import { pip, pipEnvironment, python } from "./python.mjs";
import { stampedStep } from "./step.mjs";
import { runTool } from "./tool.mjs";

export const tensorflow = join(cache, "tensorflow-2.21.0");

const requirement = join(root, "scripts/setup/tensorflow.txt");
const unpack = join(root, "scripts/setup/unpack_tensorflow.py");
// The wheel whose hash is pinned, whatever Python is here.
const wheel = ["--python-version=3.11", "--implementation=cp", "--abi=cp311"];

export const tensorflowStep = {
  isNeeded: wantsTensorflow,
  ...stampedStep({
    name: "TensorFlow 2.21 libraries",
    megabytes: 950,
    stamp: join(tensorflow, ".stamp"),
    inputs: () => [readFileSync(requirement), readFileSync(unpack)],
    async make(report) {
      const partial = `${tensorflow}.partial`;
      const download = join(partial, "download");
      rmSync(partial, { recursive: true, force: true });
      mkdirSync(download, { recursive: true });

      const settings = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--no-cache-dir", "--progress-bar=raw"];
      const which = [...wheel, `--platform=${tensorflowPlatform(thisMachine())}`];
      await runTool(python, [...pip, "download", ...settings, ...which, "--dest", download, "-r", requirement], {
        doing: "Downloading TensorFlow",
        env: { ...pipEnvironment, TMPDIR: partial }, // pip's temporary files too: /tmp may be small
        onLine(line) {
          const [, got, total] = line.match(/^Progress (\d+) of (\d+)/) ?? [];
          if (got) report(`${(+got / 1e6).toFixed(0)} of ${(+total / 1e6).toFixed(0)} MB`);
        },
      });

      report("unpacking");
      await runTool(python, ["-I", unpack, join(download, readdirSync(download)[0]), partial], {
        doing: "Unpacking TensorFlow",
      });
      rmSync(download, { recursive: true });
      rmSync(tensorflow, { recursive: true, force: true });
      renameSync(partial, tensorflow);
    },
  }),
};
