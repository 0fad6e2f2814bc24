import assert from "node:assert/strict";
import test from "node:test";
import { checkMachine, tensorflowPlatform } from "#setup/machine.mjs";

test("Linux with glibc, macOS and Windows are accepted on 64-bit processors that have packages", () => {
  for (const arch of ["x64", "arm64"]) {
    checkMachine({ os: "linux", arch, glibc: "2.28" });
    checkMachine({ os: "linux", arch, glibc: "2.36" });
    checkMachine({ os: "darwin", arch });
  }
  checkMachine({ os: "win32", arch: "x64" });
});

test("other machines are refused in a sentence with the remedy", () => {
  const refused: [string, string, string | undefined, RegExp][] = [
    [
      "linux",
      "arm",
      "2.36",
      /^This Node is a 32-bit one \(arm\).*; install a 64-bit Node and Python.*same command again\.$/,
    ],
    ["win32", "ia32", undefined, /^This Node is a 32-bit one \(ia32\)/],
    [
      "linux",
      "x64",
      undefined,
      /another C library than glibc \(Alpine has musl\).*; use Debian, Ubuntu.*Dockerfile\.$/,
    ],
    ["linux", "arm64", "2.17", /^This Linux has glibc 2\.17, .*2\.28 or newer; use Debian 11,.*\.$/],
    ["linux", "riscv64", "2.39", /not for linux on riscv64; use such a machine or container\.$/],
    ["win32", "arm64", undefined, /not for win32 on arm64; use such .*, or the Node and Python for x64\.$/],
    ["freebsd", "x64", undefined, /not for freebsd on x64; use such/],
  ];
  for (const [os, arch, glibc, message] of refused)
    assert.throws(() => checkMachine({ os, arch, glibc }), { message }, `${os} ${arch} ${glibc}`);
});

test("TensorFlow's libraries are those of the machine", () => {
  assert.equal(tensorflowPlatform({ os: "linux", arch: "x64", glibc: "2.36" }), "manylinux_2_27_x86_64");
  assert.equal(tensorflowPlatform({ os: "linux", arch: "arm64", glibc: "2.36" }), "manylinux_2_27_aarch64");
  assert.equal(tensorflowPlatform({ os: "darwin", arch: "arm64" }), "macosx_12_0_arm64");
  assert.equal(tensorflowPlatform({ os: "darwin", arch: "x64" }), undefined);
  assert.equal(tensorflowPlatform({ os: "win32", arch: "x64" }), undefined);
});
