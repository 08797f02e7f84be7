import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryLimit, putFirst } from "./memorylimit.ts";

const mib: number = 2 ** 20;
const mount = (type: "cgroup" | "cgroup2", place: string, root = "/"): string =>
  `31 23 0:28 ${root} ${place} rw,relatime - ${type} ${type} rw${type === "cgroup" ? ",memory" : ""}`;

/** Of a tree of files that is made up. */
function stage(files: Record<string, string>) {
  const asked: string[] = [];
  let nowMs = 0;
  const limit = new MemoryLimit(
    (path) => {
      asked.push(path);
      return files[path] ?? "";
    },
    () => nowMs,
  );
  return { limit, files, asked, pass: (ms: number) => (nowMs += ms) };
}

const second = {
  "/proc/self/cgroup": "0::/a.slice/b.service\n",
  "/proc/self/mountinfo": `${mount("cgroup2", "/sys/fs/cgroup")}\n`,
  "/sys/fs/cgroup/a.slice/b.service/memory.max": "max\n",
  "/sys/fs/cgroup/a.slice/b.service/memory.high": "max\n",
};
const folder = "/sys/fs/cgroup/a.slice/b.service";

test("without a limit, or without control groups, nothing holds and little is asked", () => {
  for (const files of [second, {}, { "/proc/self/cgroup": "0::/\n" }]) {
    const { limit, asked } = stage(files);
    expect([limit.bytes, limit.has(1e15, 1e15)]).toEqual([Number.POSITIVE_INFINITY, true]);
    const before = asked.length;
    expect(limit.has(mib, 0)).toBeTrue();
    expect(asked.length).toBe(before);
  }
});

test("version 2: the lowest limit of the group and of those above it holds, and memory.high is one", () => {
  const of = (files: Record<string, string>): number => stage({ ...second, ...files }).limit.bytes / mib;
  expect(of({ [`${folder}/memory.max`]: `${200 * mib}\n` })).toBe(200);
  expect(of({ [`${folder}/memory.max`]: `${200 * mib}\n`, [`${folder}/memory.high`]: `${150 * mib}\n` })).toBe(150);
  expect(of({ [`${folder}/memory.max`]: `${200 * mib}\n`, "/sys/fs/cgroup/a.slice/memory.max": `${100 * mib}` })).toBe(
    100,
  );
  // In a container, whose mount is its own group.
  const own = { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": `${64 * mib}\n` };
  expect(of(own)).toBe(64);
  expect(of({ ...own, "/proc/self/cgroup": "0::/../../other\n" })).toBe(64);
});

test("version 1: the group of the memory controller, and the largest number is none", () => {
  const first = (root: string, group: string, place: string, limit: string) =>
    stage({
      "/proc/self/cgroup": `9:name=systemd:/x\n4:cpu,memory:${group}\n0::/\n`,
      "/proc/self/mountinfo": `${mount("cgroup2", "/sys/fs/cgroup/unified")}\n${mount("cgroup", "/sys/fs/cgroup/memory", root)}\n`,
      [`${place}/memory.limit_in_bytes`]: `${limit}\n`,
    }).limit.bytes;
  const place = "/sys/fs/cgroup/memory";
  expect(first("/", "/a/b", `${place}/a`, String(90 * mib))).toBe(90 * mib);
  expect(first("/docker/c", "/docker/c", place, String(80 * mib))).toBe(80 * mib);
  expect(first("/docker/c", "/docker/c/d", `${place}/d`, String(70 * mib))).toBe(70 * mib);
  expect(first("/", "/a", `${place}/a`, "9223372036854771712")).toBe(Number.POSITIVE_INFINITY);
});

test("what the system can take back is left; what it cannot is not", () => {
  const { limit, files, asked } = stage({
    ...second,
    [`${folder}/memory.max`]: `${200 * mib}\n`,
    [`${folder}/memory.current`]: `${100 * mib}\n`,
  });
  expect([limit.has(mib, 99 * mib), limit.has(2 * mib, 99 * mib)]).toEqual([true, false]);
  asked.length = 0;
  expect(limit.has(mib, 0)).toBeTrue();
  expect(asked).toEqual([`${folder}/memory.current`]);
  files[`${folder}/memory.current`] = `${199 * mib}\n`;
  expect(limit.has(10 * mib, 0)).toBeFalse();
  files[`${folder}/memory.stat`] = `anon 5\nshmem ${150 * mib}\ninactive_file ${5 * mib}\nactive_file ${4 * mib}\n`;
  expect([limit.has(10 * mib, 0), limit.has(11 * mib, 0)]).toEqual([true, false]);
});

test("a limit that is changed counts after some seconds", () => {
  const { limit, files, pass } = stage({ ...second });
  expect(limit.bytes).toBe(Number.POSITIVE_INFINITY);
  files[`${folder}/memory.max`] = `${200 * mib}\n`;
  pass(4000);
  expect(limit.bytes).toBe(Number.POSITIVE_INFINITY);
  pass(1000);
  expect(limit.bytes).toBe(200 * mib);
});

test("a child goes before us where a limit holds, the more so the lower it is; without one nothing is changed", () => {
  const written: string[] = [];
  const put = (limitMib: number, own: string): void =>
    putFirst(
      7,
      limitMib * mib,
      () => own,
      (path, text) => void written.push(`${path} ${text}`),
    );
  put(Number.POSITIVE_INFINITY, "0\n");
  put(512, "");
  put(64, "0\n");
  put(640, "-100\n");
  put(512, "995\n");
  expect(written).toEqual(["300", "0", "1000"].map((text) => `/proc/7/oom_score_adj ${text}`));
  const refuse = (): never => {
    throw new Error("EACCES");
  };
  expect(() => putFirst(7, mib, () => "0", refuse)).not.toThrow();
});

const name = `sluice-test-${process.pid}`;
const places = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"].filter((place, index) =>
  existsSync(join(place, index === 0 ? "memory.limit_in_bytes" : "cgroup.controllers")),
);
const group: string | null = made();
afterAll(() => {
  if (group !== null) rmdirSync(group);
});

/** Null where this user may make none. */
function made(): string | null {
  const path = join(places[0] ?? "/nowhere", name);
  try {
    mkdirSync(path);
  } catch {
    return null;
  }
  const file = ["memory.limit_in_bytes", "memory.max"].find((each) => existsSync(join(path, each)));
  if (file !== undefined) writeFileSync(join(path, file), String(96 * mib));
  if (file !== undefined) return path;
  rmdirSync(path);
  return null;
}

test.skipIf(group === null)("a limit of the system itself is found by a process that it holds for", async () => {
  const code = `import { memoryLimit } from ${JSON.stringify(join(import.meta.dir, "memorylimit.ts"))};
    console.log(memoryLimit.bytes, memoryLimit.has(1, 0), memoryLimit.has(96 * 2 ** 20, 0));`;
  const script = 'echo $$ > "$0/cgroup.procs" && exec "$1" -e "$2"';
  const child = Bun.spawn(["sh", "-c", script, group!, process.execPath, code], { stdout: "pipe", stderr: "inherit" });
  expect(await new Response(child.stdout).text()).toBe(`${96 * mib} true false\n`);
  expect(await child.exited).toBe(0);
});
