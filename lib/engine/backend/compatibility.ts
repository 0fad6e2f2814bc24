/**
 * Two functions of `node:util` that tfjs-node 4.22 calls at its first operation: Node 22 warns of both, and Node 23 has
 * taken `isNullOrUndefined` away. Import this before tfjs-node.
 * https://github.com/tensorflow/tfjs/issues/8609 (mended in their code by pull request 8425, but not released)
 */
import util from "node:util";

Object.assign(util, {
  isArray: Array.isArray,
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
});
