import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holdFolder, type LockOwner, writeOwner } from "./statelock.ts";

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

const using = `
  import { processOwner } from ${JSON.stringify(join(import.meta.dir, "../owner.ts"))};
  import { holdFolder, writeOwner } from ${JSON.stringify(join(import.meta.dir, "statelock.ts"))};
  const folder = process.argv[2];
  const owner = processOwner();`;
const containedScript = `${using}
  try {
    holdFolder(folder, owner, 50);
    writeOwner(folder, owner);
    console.log(process.pid + " holds");
    await Bun.stdin.text();
  } catch (error) {
    console.log(error.message);
  }`;
const parentScript = `${using}
  holdFolder(folder, owner);
  writeOwner(folder, owner);
  console.log(Bun.spawn(["sleep", "600"]).pid);
  await new Promise(() => {});`;

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

test("a start waits for one that has not said yet who it is, and then says that it cannot tell; it has touched nothing", () => {
  const folder = fresh();
  mkdirSync(folder);
  writeFileSync(join(folder, "control.pid"), "4194305 1\n");
  expect(() => holdFolder(folder, { ...owner, tryFlock: () => false }, 20)).toThrow(
    `another Sluice holds the state folder ${folder} and is not seen from here`,
  );
  expect(readFileSync(join(folder, "control.pid"), "utf8")).toBe("4194305 1\n");
});

test("a folder that nobody can lock is said to be so, at once", () => {
  const tryFlock = (): boolean => {
    throw new Error("flock: ENOLCK");
  };
  const folder = fresh();
  expect(() => holdFolder(folder, { ...owner, tryFlock })).toThrow(
    `the state folder ${folder} cannot be locked: flock: ENOLCK`,
  );
});

test("a folder that goes away while it is waited for is made anew", () => {
  const folder = fresh();
  let tries = 0;
  const late = {
    ...owner,
    tryFlock: () => {
      if (tries++ === 0) rmSync(folder, { recursive: true });
      return true;
    },
  };
  const held = holdFolder(folder, late);
  expect(writeOwner(folder, owner)).toBe(true);
  expect([tries, readdirSync(folder), held.isStill()]).toEqual([2, ["control.pid"], true]);
  rmSync(folder, { recursive: true });
  expect(held.isStill()).toBe(false);
  mkdirSync(folder);
  expect(held.isStill()).toBe(false);
  held.release();
});

test("where the C library cannot be reached, and of an older Sluice, what control.pid says decides", () => {
  const folder = fresh();
  holdFolder(folder, owner);
  expect(writeOwner(folder, { ...owner, id: 4711 })).toBe(true);
  expect(() => writeOwner(folder, { ...owner, isAlive: (id) => id === 4711 })).toThrow(
    "Sluice already runs here as process 4711",
  );
});

test.skipIf(!isMountable)(
  "of two in containers that share the folder the second is refused, whatever numbers both have",
  async () => {
    const folder = fresh();
    const start = join(root, "contained.ts");
    writeFileSync(start, containedScript);
    const begin = () =>
      Bun.spawn(["unshare", "-pf", "--kill-child", "--mount-proc", process.execPath, start, folder], {
        stdin: "pipe",
        stdout: "pipe",
        stderr: "inherit",
      });
    const first = begin();
    const said = async (of: typeof first): Promise<string> => {
      const { value } = await of.stdout.getReader().read();
      return new TextDecoder().decode(value);
    };
    expect(await said(first)).toBe("1 holds\n");
    const second = begin();
    expect(await said(second)).toStartWith(`another Sluice holds the state folder ${folder} and is not seen from here`);
    await second.exited;
    first.kill("SIGKILL");
    await first.exited;
    const third = begin();
    expect(await said(third)).toBe("1 holds\n");
    third.stdin.end();
    await third.exited;
  },
);

test("what a dead one has started, and outlives it, does not hold its folder", async () => {
  const folder = fresh();
  const start = join(root, "parent.ts");
  writeFileSync(start, parentScript);
  const parent = Bun.spawn([process.execPath, start, folder], { stdout: "pipe", stderr: "inherit" });
  const { value } = await parent.stdout.getReader().read();
  const child = Number(new TextDecoder().decode(value));
  const next = join(root, "next.ts");
  writeFileSync(next, containedScript);
  const said = (): string => String(Bun.spawnSync([process.execPath, next, folder]).stdout);
  try {
    expect(said()).toStartWith(`Sluice already runs here as process ${parent.pid} (`);
    parent.kill("SIGKILL");
    await parent.exited;
    expect(said()).toEndWith(" holds\n");
    // It has been there all the time.
    expect(process.kill(child, 0)).toBe(true);
  } finally {
    parent.kill("SIGKILL");
    process.kill(child, "SIGKILL");
  }
});

test("where no folder can be made it is said why, and what to do", () => {
  const file = fresh();
  writeFileSync(file, "");
  expect(() => holdFolder(file, owner)).toThrow(
    `the state folder ${file} cannot be made: a file stands there: remove it`,
  );
  const below = join(file, "state");
  expect(() => holdFolder(below, owner)).toThrow(`the state folder ${below} cannot be made: ${file} is no folder`);
});

test.skipIf(!isMountable)("a file system that is read-only is told as that", () => {
  const place = fresh();
  mkdirSync(place);
  const program = `
    import { holdFolder } from ${JSON.stringify(join(import.meta.dir, "statelock.ts"))};
    try { holdFolder(${JSON.stringify(join(place, "state"))}, {}); } catch ({ message }) { console.log(message); }`;
  const words = ["-c", 'mount -t tmpfs -o ro none "$1" && exec "$2" -e "$3"', "sh", place, process.execPath, program];
  expect(String(Bun.spawnSync(["unshare", "-m", "sh", ...words]).stdout).trim()).toBe(
    `the state folder ${place}/state cannot be made: the file system is read-only: give this Sluice ${place} writable (a container has a tmpfs there)`,
  );
});
