import assert from "node:assert/strict";
import test from "node:test";
import { checkBackend, obstacleTo, wantsTensorflow } from "#setup/backend.mjs";

test("TensorFlow trains where its library exists and a compiler is found; elsewhere a remedy is told, where there is one", () => {
  const debian = { os: "linux", arch: "x64", glibc: "2.36" };
  assert.equal(obstacleTo(debian, "g++"), undefined);
  assert.match(String(obstacleTo(debian, undefined)), /C\+\+ compiler.*apt install g\+\+.*npm run setup$/);
  assert.match(String(obstacleTo({ os: "darwin", arch: "x64" }, "clang++")), /no TensorFlow .* Intel/);
  assert.match(String(obstacleTo({ os: "win32", arch: "x64" }, undefined)), /Windows Subsystem for Linux/);
});

test("TRAINING_BACKEND decides, whatever was found", (t) => {
  const { TRAINING_BACKEND: before } = process.env;
  t.after(() => Object.assign(process.env, before ? { TRAINING_BACKEND: before } : { TRAINING_BACKEND: "" }));
  for (const [name, wanted] of Object.entries({ wasm: false, cpu: false, tensorflow: true })) {
    process.env.TRAINING_BACKEND = name;
    assert.equal(wantsTensorflow(), wanted);
  }
});

test("a name that is no backend's is refused by set-up, as it would be by the library", () => {
  for (const name of ["TensorFlow", "nonsense", " "])
    assert.throws(() => checkBackend(name), {
      message: new RegExp(`^TRAINING_BACKEND is "${name}", and can be tensorflow, wasm, cpu`),
    });
  for (const name of ["", "tensorflow", "wasm", "cpu", undefined]) checkBackend(name);
});
