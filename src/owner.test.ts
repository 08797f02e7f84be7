import { expect, test } from "bun:test";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { yieldingRounds } from "./memory/owners.ts";
import { processOwner } from "./owner.ts";

const { id, startedAt, isAlive, relax, tryFlock } = processOwner();
const isLinux = process.platform === "linux";

test("a process lives under its own start time and under no other", () => {
  expect(id).toBe(process.pid);
  expect(isAlive(id, startedAt)).toBe(true);
  expect(startedAt).toBe(startedAt >>> 0);
  if (isLinux) expect(isAlive(id, startedAt + 1)).toBe(false);
});

test("a process that was never there, or has ended, does not live", async () => {
  const child = Bun.spawn(["sleep", "60"]);
  // Of the same moment or later than ours, so that ours is not its own.
  expect(isAlive(child.pid, 0)).toBe(!isLinux);
  child.kill("SIGKILL");
  await child.exited;
  expect(isAlive(child.pid, 0)).toBe(false);
});

test.skipIf(!isLinux)("a process that has ended and was not asked for its exit code does not live", async () => {
  // The shell's child ends at once, and the program that takes the shell's place never asks for it.
  const parent = Bun.spawn(["sh", "-c", "sleep 0 & echo $!; exec sleep 60"], { stdout: "pipe" });
  const { value } = await parent.stdout.getReader().read();
  const zombie = Number(new TextDecoder().decode(value).trim());
  const statOf = (): readonly string[] => {
    const stat = readFileSync(`/proc/${zombie}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  };
  while (statOf()[0] !== "Z") await new Promise((resolve) => setImmediate(resolve));
  expect(isAlive(zombie, Number(statOf()[19]) >>> 0)).toBe(false);
  parent.kill("SIGKILL");
  await parent.exited;
});

test("giving way ends at once", () => {
  const before = performance.now();
  for (let round = 0; round < 100; round++) relax(round);
  expect(performance.now() - before).toBeLessThan(1000);
});

test("who has given way very often lets go of the processor", () => {
  // What else the process does meanwhile (compiling, collecting) is in the figure too: the quietest of some rounds counts.
  const shares = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    const beforeMs = performance.now();
    for (let round = yieldingRounds; round < yieldingRounds + 50; round++) relax(round);
    const tookMs = performance.now() - beforeMs;
    const { user, system } = process.cpuUsage(before);
    expect(tookMs).toBeGreaterThanOrEqual(45);
    return (user + system) / 1000 / tookMs;
  });
  expect(Math.min(...shares)).toBeLessThan(0.5);
});

test.skipIf(!isLinux)("without a descriptor left nobody is taken for dead", async () => {
  const program = `
    const { processOwner } = await import(${JSON.stringify(join(import.meta.dir, "owner.ts"))});
    const { openSync } = await import("node:fs");
    const { isAlive } = processOwner();
    try { for (;;) openSync("/dev/null", "r"); } catch {}
    process.exit(isAlive(${id}, ${startedAt}) ? 0 : 1);`;
  const child = Bun.spawn(["sh", "-c", 'ulimit -n 64; exec "$0" -e "$1"', process.execPath, program]);
  expect(await child.exited).toBe(0);
});

test("a file is locked for one descriptor until that is closed", () => {
  const [first, second] = [openSync(import.meta.path, "r"), openSync(import.meta.path, "r")];
  expect([tryFlock(first), tryFlock(second)]).toEqual([true, false]);
  expect(() => tryFlock(-1)).toThrow("flock: EBADF");
  closeSync(first);
  expect(tryFlock(second)).toBe(true);
  closeSync(second);
});
