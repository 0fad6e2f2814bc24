import assert from "node:assert/strict";
import test from "node:test";

test("no two outputs have one name, even when the library is loaded anew", () => {
  const ids = [1, 2].flatMap(() => {
    delete require.cache[require.resolve("./kernel")];
    const { newDisplayId } = require("./kernel") as typeof import("./kernel");
    return [newDisplayId(), newDisplayId()];
  });
  assert.equal(new Set(ids).size, 4);
});
