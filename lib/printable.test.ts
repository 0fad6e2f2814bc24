import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { printable, printableName } from "./printable";

test("what may act on a terminal is shown instead of sent", () => {
  assert.equal(printable("learning rate η = 0.1\nλ = 0"), "learning rate η = 0.1\nλ = 0");
  assert.equal(
    printable("\x1b]0;title\x07\x1b[2Jgone\r\b\x9b1m"),
    "\\u{1b}]0;title\\u{7}\\u{1b}[2Jgone\\u{d}\\u{8}\\u{9b}1m",
  );
  assert.equal(printable("a\u202eb\u200bc\u2028d\ud800"), "a\\u{202e}b\\u{200b}c\\u{2028}d\\u{d800}");
});

test("a name stays in its line", () => {
  assert.equal(printableName("worker\nAll is well"), "worker\\u{a}All is well");
});

test("a long text is cut, and its length said", () => {
  assert.equal(printable("x".repeat(1_000_000), 3), "xxx… (1,000,000 characters)");
  assert.equal(printable("xxx", 3), "xxx");
});

test("property: nothing but printable characters and line breaks comes out of any text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 2000 }), (text) => {
      const shown = printable(text);
      assert.doesNotMatch(shown, /(?!\n)[\p{Cc}\p{Cf}\p{Cs}]/u);
      assert.ok(shown.length < 500 * 10 + 40);
    }),
  );
});
