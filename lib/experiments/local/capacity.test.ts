import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, freemem, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test, { type TestContext } from "node:test";
import { capacity, fit } from "./capacity";

const GB = 2 ** 30;

/** A system's files, by their places in it. */
function system(t: TestContext, files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "system-"));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), `${content}\n`);
  }
  return root;
}

const cases: [name: string, files: Record<string, string>, { quota?: number; memory?: number }][] = [
  ["no control groups", {}, {}],
  [
    "version 2, limited by a group around",
    {
      "proc/self/cgroup": "0::/user/job/step",
      "sys/fs/cgroup/user/job/cpu.max": "50000 100000",
      "sys/fs/cgroup/user/job/step/cpu.max": "max 100000",
      "sys/fs/cgroup/user/job/memory.max": String(0.25 * GB),
      "sys/fs/cgroup/user/job/memory.current": String(0.125 * GB),
      "sys/fs/cgroup/user/job/memory.stat": `anon 1\ninactive_file ${0.0625 * GB}\nactive_file 3`,
      "sys/fs/cgroup/user/job/step/memory.max": "max",
      "sys/fs/cgroup/user/job/step/memory.current": String(GB),
    },
    { quota: 0.5, memory: 0.1875 * GB },
  ],
  [
    "version 2, in a container that sees its own group as the root",
    {
      "proc/self/cgroup": "0::/",
      "sys/fs/cgroup/cpu.max": "20000 100000",
      "sys/fs/cgroup/memory.max": String(0.5 * GB),
      "sys/fs/cgroup/memory.current": "0",
    },
    { quota: 0.2, memory: 0.5 * GB },
  ],
  [
    "version 1, in a container that sees the path of the machine around it",
    {
      "proc/self/cgroup": "9:memory:/docker/4711\n4:cpu,cpuacct:/docker/4711\n1:name=systemd:/docker/4711",
      "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "25000",
      "sys/fs/cgroup/cpu/cpu.cfs_period_us": "50000",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": String(0.25 * GB),
      "sys/fs/cgroup/memory/memory.usage_in_bytes": String(0.1875 * GB),
      "sys/fs/cgroup/memory/memory.stat": `inactive_file 7\ntotal_inactive_file ${0.0625 * GB}`,
    },
    { quota: 0.5, memory: 0.125 * GB },
  ],
  [
    "version 1 without limits",
    {
      "proc/self/cgroup": "4:memory:/job\n1:cpu:/job",
      "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "-1",
      "sys/fs/cgroup/cpu/job/cpu.cfs_period_us": "100000",
      "sys/fs/cgroup/memory/job/memory.limit_in_bytes": "9223372036854771712",
      "sys/fs/cgroup/memory/job/memory.usage_in_bytes": "1000",
    },
    {},
  ],
  [
    "a group that takes more than it may just now",
    {
      "proc/self/cgroup": "0::/",
      "sys/fs/cgroup/memory.max": "1000",
      "sys/fs/cgroup/memory.current": "2000",
    },
    { memory: 0 },
  ],
];
for (const [name, files, { quota, memory }] of cases)
  test(`control groups: ${name}`, (t) => {
    const found = capacity(system(t, files));
    assert.equal(found.cores, availableParallelism());
    assert.equal(found.quota, quota);
    if (memory !== undefined) assert.equal(found.memory, memory);
    else assert.ok(Math.abs(found.memory - freemem()) < GB / 2, `${found.memory}, not ${freemem()}`);
  });

test("as many processes fit as processors, quota and memory allow, and one at least", () => {
  assert.deepEqual(fit({ cores: 16, memory: 64 * GB }), { processes: 16 });
  assert.deepEqual(fit({ cores: 16, memory: 3 * GB }), {
    processes: 7,
    reason:
      "Runs are executed 7 at a time, as 3072 MB of memory are free, and each may take 400 MB; `workers` sets another number.",
  });
  assert.deepEqual(fit({ cores: 64, quota: 2.5, memory: 64 * GB }), {
    processes: 2,
    reason: "Runs are executed 2 at a time, as a quota of 2.5 of 64 processors is set; `workers` sets another number.",
  });
  assert.equal(fit({ cores: 8, quota: 0.5, memory: 64 * GB }).processes, 1);
  assert.equal(fit({ cores: 8, memory: 0 }).processes, 1);
  assert.deepEqual(fit({ cores: 1, memory: 0 }), { processes: 1 });
  // With several threads each: nothing is to be explained that was asked for.
  assert.deepEqual(fit({ cores: 16, memory: 64 * GB, threads: 3 }), { processes: 5 });
  assert.deepEqual(fit({ cores: 2, memory: 64 * GB, threads: 4 }), { processes: 1 });
  assert.equal(fit({ cores: 16, quota: 8, memory: 64 * GB, threads: 4 }).processes, 2);
});
