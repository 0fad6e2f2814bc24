// tfjs-node's native addon, built from its unmodified sources against TensorFlow's libraries. It is in node_modules, so
// it is built again (in seconds) after npm has emptied that folder.
import { mkdirSync, readFileSync, renameSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { wantsTensorflow } from "./backend.mjs";
import { nodeModules } from "./clone.mjs";
import { findCompiler } from "./requirements.mjs";
import { stampedStep } from "./step.mjs";
import { tensorflow } from "./tensorflow.mjs";
import { runTool } from "./tool.mjs";

const tfjsNode = join(nodeModules, "@tensorflow/tfjs-node");
const addon = join(tfjsNode, "lib/napi-v8/tfjs_binding.node");
const sources = ["binding/tfjs_backend.cc", "binding/tfjs_binding.cc"];

const flags = [
  "-shared",
  "-fPIC",
  "-O2",
  "-std=c++17",
  "-DNAPI_VERSION=8",
  "-DBUILDING_NODE_EXTENSION",
  "-I.",
  `-I${join(nodeModules, "node-api-headers/include")}`,
  `-I${join(tensorflow, "include")}`,
  ...linking(process.platform, join(tensorflow, "lib"), dirname(addon)),
];

/**
 * What links the addon with TensorFlow's libraries, which it finds relative to itself, so that the clone can be moved.
 * @param {string} os  as in process.platform
 * @param {string} libraries  their folder
 * @param {string} from  the addon's folder
 */
export function linking(os, libraries, from) {
  const way = relative(from, libraries);
  // On macOS a linker wants to know that Node has the functions which are in none of these.
  return os === "darwin"
    ? [
        ...["-undefined", "dynamic_lookup"],
        ...["cc", "framework"].map((name) => join(libraries, `libtensorflow_${name}.2.dylib`)),
        `-Wl,-rpath,@loader_path/${way}`,
      ]
    : [
        `-L${libraries}`,
        ...["cc", "framework"].map((name) => `-l:libtensorflow_${name}.so.2`),
        `-Wl,-rpath,$ORIGIN/${way}`,
      ];
}

// Straight on the addon, without tfjs: a product of two matrices of two rows.
const check = `
  const tf = require(process.argv[1]);
  const [a, b] = [[1, 2, 3, 4], [5, 6, 7, 8]].map((values) => tf.createTensor([2, 2], tf.TF_FLOAT, new Float32Array(values)));
  const [{ id }] = tf.executeOp("MatMul", [{ name: "T", type: tf.TF_ATTR_TYPE, value: tf.TF_FLOAT }], [a, b], 1);
  const product = String(tf.tensorDataSync(id));
  if (product !== "19,22,43,50") throw new Error(\`product \${product}\`);
`;

export const addonStep = {
  ...stampedStep({
    name: "TensorFlow addon for Node",
    megabytes: 10,
    stamp: join(dirname(addon), ".stamp"),
    // The last flag says where the libraries are.
    inputs: () => [...sources.map((file) => readFileSync(join(tfjsNode, file))), ...flags.slice(-1)],
    async make(report) {
      report("compiling");
      mkdirSync(dirname(addon), { recursive: true });
      // Sources before libraries, as the linker requires.
      await runTool(findCompiler() ?? "c++", [...sources, ...flags, "-o", `${addon}.partial`], {
        doing: "Building the TensorFlow addon",
        cwd: tfjsNode,
      });
      renameSync(`${addon}.partial`, addon);

      report("multiplying two matrices with it");
      await runTool(process.execPath, ["--stack-trace-limit=0", "-e", check, addon], {
        doing: "Trying the TensorFlow addon",
        env: { TF_CPP_MIN_LOG_LEVEL: "2" },
      });
    },
  }),
  isNeeded: wantsTensorflow,
};
