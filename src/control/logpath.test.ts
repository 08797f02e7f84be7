import { afterAll, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { logPathFault, logPathProblem } from "./logpath.ts";

const folder: string = mkdtempSync(join(tmpdir(), "logpath-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const uid: number = process.getuid?.() ?? 0;
const told = (path: string, why: string): string => `the access log ${path} (accessLog.path) cannot be opened: ${why}`;

test("a file that is there, one that is not, one in a folder that would be made, and stdout are fine, and nothing is made", () => {
  const file = join(folder, "access.log");
  writeFileSync(file, "");
  for (const path of [file, join(folder, "new.log"), join(folder, "new", "a.log"), "-"])
    expect(logPathProblem(path)).toBeNull();
  expect(existsSync(join(folder, "new.log"))).toBe(false);
  expect(existsSync(join(folder, "new"))).toBe(false);
});

test("a folder, a file in place of a folder, and folders that are not there are told with what to do", () => {
  writeFileSync(join(folder, "plain"), "");
  expect(logPathProblem(folder)).toBe(told(folder, "that is a folder: write the name of a file"));
  const below = join(folder, "plain", "a.log");
  expect(logPathProblem(below)).toBe(told(below, `${join(folder, "plain")} is no folder`));
  const deep = join(folder, "a", "b", "c.log");
  expect(logPathProblem(deep)).toBe(
    told(
      deep,
      `its folder ${join(folder, "a", "b")} is not there and cannot be made: make it, and let this user (uid ${uid}) write there`,
    ),
  );
});

test.skipIf(process.platform !== "linux")("a folder that nobody can make is told to root too", () => {
  expect(logPathProblem("/proc/none/access.log")).toContain("its folder /proc/none is not there and cannot be made");
  expect(logPathFault("/proc/none/access.log")?.isOfUser).toBe(process.getuid?.() !== 0);
});

test("a pipe is not opened: who reads it would see its end", async () => {
  const pipe = join(folder, "pipe");
  expect(Bun.spawnSync(["mkfifo", pipe]).exitCode).toBe(0);
  const reader = Bun.spawn(["cat", pipe], { stdout: "pipe" });
  expect(logPathProblem(pipe)).toBeNull();
  // It waits for its first writer still, and that is this one.
  writeFileSync(pipe, "a line\n");
  expect(await new Response(reader.stdout).text()).toBe("a line\n");
});

test("a socket, as a service manager gives for standard output, is told with what to write instead", () => {
  const path = join(folder, "socket");
  const listener = Bun.listen({ unix: path, socket: { data() {} } });
  expect(logPathProblem(path)).toBe(told(path, 'that is a socket: for standard output write "-"'));
  listener.stop();
});

test.skipIf(process.platform !== "linux")("standard output and errors may be sockets by their names too", () => {
  const program = `import { logPathProblem } from ${JSON.stringify(join(import.meta.dir, "logpath.ts"))};
    const { fstatSync } = await import("node:fs");
    const said = [1, 2].map((each) => fstatSync(each).isSocket()).concat(["/dev/stdout", "/dev/stderr"].map(logPathProblem));
    process.stdout.write(JSON.stringify(said));`;
  // The runtime gives a child sockets for both.
  const { stdout } = Bun.spawnSync([process.execPath, "-e", program], { stdout: "pipe", stderr: "pipe" });
  expect(JSON.parse(stdout.toString())).toEqual([true, true, null, null]);
});

test.skipIf(uid === 0)("what may not be written to is told with the user", () => {
  const closed = join(folder, "closed");
  mkdirSync(closed);
  chmodSync(closed, 0o500);
  const path = join(closed, "a.log");
  expect(logPathProblem(path)).toBe(told(path, `this user (uid ${uid}) may not write there`));
});
