import { afterEach, expect, jest, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ListFile } from "../memory/listfile.ts";
import { readAddress } from "../wire/ipaddress.ts";
import { type Ban, readBan, readBanBlock } from "./ban.ts";
import { Bans, bansMax } from "./bans.ts";
import { openLog } from "./log.ts";

const folders: string[] = [];
const open: Bans[] = [];
afterEach(() => {
  for (const bans of open.splice(0)) bans.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function stage() {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bans-"));
  folders.push(folder);
  const told: (string | null)[] = [];
  const lines: string[] = [];
  const log = openLog({
    level: "info",
    format: "json",
    isColored: false,
    write: (line) => void lines.push((JSON.parse(line) as { msg: string }).msg),
  });
  const clock = { aheadMs: 0 };
  const begin = async (): Promise<Bans> => {
    const nowMs = (): number => Date.now() + clock.aheadMs;
    const bans = await Bans.open({ folder, log, nowMs, changed: (path) => void told.push(path) });
    open.push(bans);
    return bans;
  };
  return { folder, told, lines, clock, begin };
}

function ban(address: string, more: Record<string, unknown> = {}): Ban {
  const reading = readBan({ address, ...more }, Date.now());
  if (!reading.ok) throw new Error(reading.message);
  return reading.value;
}

const blockOf = (text: string) => {
  const reading = readBanBlock(text);
  return reading.ok ? reading.value : ban(text).block;
};

/** When the ban ends that a worker finds for an address; -1 without. */
function endOf(path: string | null, address: string): number {
  if (path === null) return -1;
  const list = new ListFile(readFileSync(path));
  const octets = new Uint8Array(16);
  readAddress(address, octets);
  const index = list.findAddress(octets, 0);
  return index === -1 ? -1 : list.endOf(index);
}

test("a ban is in the file that workers map when whoever made it goes on", async () => {
  const { begin, told, lines } = stage();
  const bans = await begin();
  expect([bans.path, told]).toEqual([null, []]);
  const hour = ban("10.0.0.1", { for: "1h", reason: "scans", by: "ann" });
  bans.add(hour);
  bans.add(ban("2001:db8::/32"));
  expect(await bans.settled()).toBeNull();
  expect(told).toEqual([bans.path]);
  expect(endOf(bans.path, "10.0.0.1")).toBe(Math.ceil(hour.untilMs! / 1000));
  expect([endOf(bans.path, "2001:db8:1::1"), endOf(bans.path, "10.0.0.2")]).toEqual([0, -1]);
  const until = new Date(hour.untilMs!).toISOString();
  expect(lines).toEqual([`10.0.0.1 is banned until ${until} by ann: scans`, "2001:db8::/32 is banned"]);
});

test("changes are gathered: many make few files", async () => {
  const { begin, told } = stage();
  const bans = await begin();
  for (let last = 0; last < 200; last++) {
    bans.add(ban(`10.0.1.${last}`));
    if (last % 50 === 0) await new Promise((resume) => setImmediate(resume));
  }
  await bans.settled();
  expect(endOf(bans.path, "10.0.1.199")).toBe(0);
  expect(told.length).toBeLessThanOrEqual(20);
});

test("who is unbanned is free at once, and a wider ban that still holds is known", async () => {
  const { folder, begin, told } = stage();
  const bans = await begin();
  bans.add(ban("10.0.0.0/8"));
  bans.add(ban("10.0.0.1"));
  expect(bans.around(blockOf("10.0.0.1"))?.block.text).toBe("10.0.0.0/8");
  expect(bans.remove(blockOf("10.0.0.1"))?.block.text).toBe("10.0.0.1");
  expect(bans.remove(blockOf("10.0.0.1"))).toBeNull();
  bans.remove(blockOf("10.0.0.0/8"));
  await bans.settled();
  expect(told.at(-1)).toBeNull();
  expect([bans.path, existsSync(join(folder, "bans.json"))]).toEqual([null, false]);
});

test("a ban of the same block takes the place of the former one", async () => {
  const { begin } = stage();
  const bans = await begin();
  bans.add(ban("10.0.0.1", { reason: "one" }));
  expect(bans.add(ban("10.0.0.1/32", { reason: "two" }))).toMatchObject({ former: { reason: "one" } });
  expect([...bans.all()].map(({ reason }) => reason)).toEqual(["two"]);
});

test("a ban that is over is removed, and workers are told", async () => {
  const { begin, clock, lines } = stage();
  const bans = await begin();
  const over = { ...ban("10.0.0.2"), untilMs: Date.now() + 60_000 };
  bans.add(ban("10.0.0.1", { for: "2h" }));
  bans.add(over);
  await bans.settled();
  expect(endOf(bans.path, "10.0.0.2")).not.toBe(-1);
  clock.aheadMs = 3_600_000;
  // Timers go on at their pace when the wall clock is set; a ban that ends sooner makes this one look again.
  bans.add({ ...ban("10.0.0.3"), untilMs: over.untilMs - 1 });
  while (bans.size > 1) await new Promise((resume) => setImmediate(resume));
  await bans.settled();
  expect([endOf(bans.path, "10.0.0.1") > 0, endOf(bans.path, "10.0.0.2")]).toEqual([true, -1]);
  expect(lines.slice(-2)).toEqual(["the ban of 10.0.0.2 is over", "the ban of 10.0.0.3 is over"]);
});

test("a ban that is over because the wall clock was set forward is removed within a minute", async () => {
  const { begin, clock } = stage();
  const bans = await begin();
  jest.useFakeTimers();
  try {
    bans.add(ban("10.0.0.1", { for: "2h" }));
    jest.advanceTimersByTime(60_000);
    expect(bans.size).toBe(1);
    clock.aheadMs = 3 * 3_600_000;
    jest.advanceTimersByTime(60_000);
    expect(bans.size).toBe(0);
  } finally {
    jest.clearAllTimers();
    jest.useRealTimers();
  }
});

test("bans outlive a run, also one that was killed", async () => {
  const { folder, begin, lines } = stage();
  const first = await begin();
  first.add(ban("10.0.0.1", { for: "1h", reason: "scans" }));
  first.add(ban("10.0.0.2", { by: "ann" }));
  await first.settled();
  // Nobody closes: as after a crash. What was mapped then is of no use to anybody.
  writeFileSync(join(folder, "bans.77"), "left");
  const second = await begin();
  expect([...second.all()]).toEqual([...first.all()]);
  expect([endOf(second.path, "10.0.0.2"), existsSync(join(folder, "bans.77"))]).toEqual([0, false]);
  expect(lines.at(-1)).toBe("2 bans are in force from before");
});

test("a ban made just before the end is kept, and the end leaves nothing but the file of bans", async () => {
  const { folder, begin } = stage();
  const bans = await begin();
  bans.add(ban("10.0.0.1"));
  await bans.settled();
  bans.add(ban("10.0.0.2"));
  bans.close();
  expect(readdirSync(folder)).toEqual(["bans.json"]);
  expect((await begin()).size).toBe(2);
});

test("a file of bans that cannot be understood is put aside, and what can be is kept", async () => {
  const { folder, begin, lines } = stage();
  const path = join(folder, "bans.json");
  writeFileSync(path, "{");
  expect((await begin()).size).toBe(0);
  expect(readFileSync(`${path}.damaged`, "utf8")).toBe("{");
  const record = { address: "10.0.0.1", reason: "", by: "", since: "2030-01-01T00:00:00Z", until: null };
  writeFileSync(path, JSON.stringify({ version: 1, bans: [record, { address: "?" }] }));
  expect((await begin()).size).toBe(1);
  expect(lines.filter((line) => line.includes("put aside")).length).toBe(2);
});

test("a folder in the place of the file of bans is put aside too", async () => {
  const { folder, begin, lines } = stage();
  mkdirSync(join(folder, "bans.json"));
  expect((await begin()).size).toBe(0);
  expect(lines.join("\n")).toContain("bans.json is not as Sluice writes it; it has been put aside as");
});

test("a ban that cannot be saved holds all the same, and whoever made it is told", async () => {
  const { folder, begin } = stage();
  const bans = await begin();
  mkdirSync(join(folder, "bans.json.new"));
  bans.add(ban("10.0.0.1"));
  expect(await bans.settled()).toContain("the file of bans cannot be written");
  expect(endOf(bans.path, "10.0.0.1")).toBe(0);
});

test("what workers could not be told is told once it can be, and the log says each once", async () => {
  const { folder, begin, told, lines } = stage();
  const bans = await begin();
  bans.add(ban("10.0.0.1"));
  await bans.settled();
  const draft = join(folder, "bans.json.new");
  mkdirSync(draft);
  // The next two files of workers lead nowhere.
  for (const name of ["bans.2", "bans.3"]) symlinkSync(join(folder, "none", "none"), join(folder, name));
  bans.add(ban("10.0.0.2"));
  const problem = await bans.settled();
  expect(problem).toMatch(
    /^the file of bans cannot be written: [^;]*; workers do not know the last change of bans: [^;]*$/,
  );
  expect([told.length, endOf(bans.path, "10.0.0.2")]).toEqual([1, -1]);
  expect(await bans.settled()).toBe(problem);
  rmSync(draft, { recursive: true });
  expect(await bans.settled()).toBeNull();
  expect([told, endOf(bans.path, "10.0.0.2")]).toEqual([[join(folder, "bans.1"), bans.path], 0]);
  expect(readFileSync(join(folder, "bans.json"), "utf8")).toContain("10.0.0.2");
  expect(lines.filter((line) => line.includes("tried again"))).toEqual([`${problem}; it is tried again each second`]);
  expect(lines.at(-1)).toBe("bans are saved again, and workers know all of them");
});

test("workers are told once where it is only the file of bans that cannot be written", async () => {
  const { folder, begin, told } = stage();
  const bans = await begin();
  mkdirSync(join(folder, "bans.json.new"));
  bans.add(ban("10.0.0.1"));
  for (let tries = 0; tries < 2; tries++) expect(await bans.settled()).toContain("the file of bans cannot be written");
  rmSync(join(folder, "bans.json.new"), { recursive: true });
  expect(await bans.settled()).toBeNull();
  expect(told).toEqual([bans.path]);
});

test("there is a most, and a ban that is there already may still be changed then", async () => {
  const { folder, begin } = stage();
  const lines = Array.from({ length: bansMax }, (_, index) => {
    const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
    return JSON.stringify({ address, reason: "", by: "", since: "2030-01-01T00:00:00Z", until: null });
  });
  writeFileSync(join(folder, "bans.json"), `{"version":1,"bans":[${lines.join()}]}`);
  const bans = await begin();
  expect(bans.size).toBe(bansMax);
  expect(bans.add(ban("11.0.0.1"))).toBe("full");
  expect(bans.add(ban("10.0.0.1", { reason: "why" }))).toMatchObject({ former: { reason: "" } });
  const startMs = performance.now();
  expect(await bans.settled()).toBeNull();
  // Told within 100 ms of an idle machine; here others are at work too.
  expect(performance.now() - startMs).toBeLessThan(2000);
});
