import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "node:test";
import { removeUnused, unusedOfNode } from "#setup/unused.mjs";

test("what is not used goes, and what is beside it stays", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "unused-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const tfjs = "@tensorflow/tfjs-core/dist";
  const used = [`${tfjs}/tf-core.node.js`, `${tfjs}/index.js`, `${tfjs}/index.d.ts`, "core-js/package.json"];
  const unused = [`${tfjs}/tf-core.fesm.min.js`, `${tfjs}/tf-core.node.js.map`, `${tfjs}/ops/add_test.js`];
  for (const file of [...used, ...unused]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), "");
  }
  removeUnused(folder, unusedOfNode);
  for (const file of used) assert.ok(existsSync(join(folder, file)), file);
  for (const file of unused) assert.ok(!existsSync(join(folder, file)), file);
});
