import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inTurn, isAnothers, type LockOwner, tryLock } from "./statelock.ts";

const root = mkdtempSync(join(tmpdir(), "sluice-statelock-"));
let next = 0;
const fresh = (): string => join(root, String(next++));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const owner: LockOwner = { id: process.pid, startedAt: 7, isAlive: () => false, tryFlock: () => true };
const isMountable = Bun.spawnSync(["unshare", "-m", "mount", "-t", "tmpfs", "none", root]).exitCode === 0;

const starts = 6;
/** One start: slow to see that the lock which lies there is of nobody, so that all of them have when the first removes it. */
const startScript = `
  import { existsSync } from "node:fs";
  import { processOwner } from ${JSON.stringify(join(import.meta.dir, "../owner.ts"))};
  import { openState } from ${JSON.stringify(join(import.meta.dir, "state.ts"))};
  const [folder, go] = process.argv.slice(2);
  const own = processOwner();
  const isAlive = (id, startedAt) => {
    const answer = own.isAlive(id, startedAt);
    if (!answer) Bun.sleepSync(20 * Math.random());
    return answer;
  };
  console.log("ready");
  while (!existsSync(go)) Bun.sleepSync(1);
  try {
    openState(folder, { ...own, isAlive });
    console.log("held " + process.pid);
  } catch (error) {
    console.log(error.message);
  }
  await Bun.stdin.text();`;
/** Some of them at once, in a memory of so many bytes or where the others are; those who have said something live until all have. */
const raceScript = `
  import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
  const [start, root, size, rest] = process.argv.slice(2);
  if (size !== "") Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=" + size, "none", root]);
  const folder = root + "/state";
  mkdirSync(folder + "/recorder", { recursive: true });
  // A number that no process can have.
  writeFileSync(folder + "/control.pid", "4194305 1\\n");
  try { if (rest !== "") writeFileSync(folder + "/recorder/1", Buffer.alloc(Number(rest))); } catch {}
  const children = Array.from({ length: ${starts} }, () => {
    const child = Bun.spawn([process.execPath, start, folder, root + "/go"], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
    const reader = child.stdout.getReader();
    let text = "";
    const line = async () => {
      while (!text.includes("\\n")) {
        const { done, value } = await reader.read();
        if (done) return "ended";
        text += new TextDecoder().decode(value);
      }
      const end = text.indexOf("\\n");
      const found = text.slice(0, end);
      text = text.slice(end + 1);
      return found;
    };
    return { child, line };
  });
  for (const { line } of children) await line();
  writeFileSync(root + "/go", "");
  const said = [];
  for (const { line } of children) said.push(await line());
  console.log(JSON.stringify({ said, lock: readFileSync(folder + "/control.pid", "utf8") }));
  for (const { child } of children) child.stdin.end();
  for (const { child } of children) await child.exited;`;

interface Raced {
  readonly said: readonly string[];
  readonly lock: string;
}

function raced(size = "", rest = ""): Raced {
  const folder = fresh();
  mkdirSync(folder);
  const [start, race] = [join(root, "start.ts"), join(root, "race.ts")];
  writeFileSync(start, startScript);
  writeFileSync(race, raceScript);
  const command = [process.execPath, race, start, folder, size, rest];
  const { stdout, stderr } = Bun.spawnSync(size === "" ? command : ["unshare", "-m", ...command]);
  expect(String(stderr)).toBe("");
  return JSON.parse(String(stdout));
}

function expectOne({ said, lock }: Raced): void {
  const id = lock.split(" ")[0];
  const held = said.filter((each) => each === `held ${id}`);
  const refused = said.filter((each) => each.startsWith(`Sluice already runs here as process ${id} (`));
  expect([said, held.length, refused.length]).toEqual([said, 1, starts - 1]);
}

test("of many that start at once over the lock of a dead one, one takes it and all others say who", () => {
  expectOne(raced());
});

test.skipIf(!isMountable)("and so it is where a dead one has used up all memory", () => {
  expectOne(raced("16m", String(2 ** 24)));
});

test("who does not come to its turn says so, and has touched nothing", () => {
  const folder = fresh();
  mkdirSync(folder);
  writeFileSync(join(folder, "control.pid"), "4194305 1\n");
  expect(() =>
    inTurn(folder, { ...owner, tryFlock: () => false }, () => tryLock(join(folder, "control.pid"), owner), 20),
  ).toThrow(`another Sluice starts or ends in ${folder}`);
  expect(readFileSync(join(folder, "control.pid"), "utf8")).toBe("4194305 1\n");
});

test("a folder that goes away while its lock is waited for is made anew", () => {
  const folder = fresh();
  let tries = 0;
  const late = {
    ...owner,
    tryFlock: () => {
      if (tries++ === 0) rmSync(folder, { recursive: true });
      return true;
    },
  };
  inTurn(folder, late, () => expect(tryLock(join(folder, "control.pid"), owner)).toBe(true));
  expect([tries, readdirSync(folder)]).toEqual([2, ["control.pid"]]);
});

test("a lock that another has made is another's", () => {
  const folder = fresh();
  const lock = join(folder, "control.pid");
  inTurn(folder, owner, () => tryLock(lock, owner));
  expect(isAnothers(lock, owner)).toBe(false);
  expect(isAnothers(lock, { ...owner, id: owner.id + 1 })).toBe(true);
  rmSync(folder, { recursive: true });
  expect([isAnothers(lock, owner), existsSync(folder)]).toEqual([false, false]);
});
