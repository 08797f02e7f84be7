import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layoutOf } from "../config/logformat.ts";
import type { AccessLogPlan, ListenerLogPlan } from "../config/plan.ts";
import { Arena } from "../memory/arena.ts";
import { Tally, workerCell } from "../memory/tally.ts";
import { AccessLog } from "./accesslog.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-accesslog-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const arena = Arena.inMemory();

function logAt(
  path: string | null,
  worker: number,
  said: Partial<AccessLogPlan> = {},
): { log: AccessLog; count: (cell: number) => number } {
  const plan: AccessLogPlan = {
    path,
    format: "json",
    fields: null,
    layout: null,
    isNormalLogged: true,
    syslog: [],
    bufferBytesMax: 4 << 20,
    flushMs: 10,
    ...said,
  };
  const tally = new Tally(arena, worker);
  return { log: new AccessLog(plan, tally, () => {}), count: (cell) => tally.cells[tally.workerRow() + cell]! };
}

function write(log: AccessLog, status: number): void {
  log.record.status = status;
  log.write();
}

test("lines reach the file, whole and in order, and are counted", async () => {
  const path = join(folder, "access.log");
  const { log, count } = logAt(path, 0);
  for (let status = 0; status < 5000; status++) write(log, status);
  await log.close();
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line).status)).toEqual(Array.from({ length: 5000 }, (_, index) => index));
  expect(count(workerCell.logLines)).toBe(5000);
  expect(count(workerCell.logDropped)).toBe(0);
});

test("lines go on in a new file after it was moved away", async () => {
  const path = join(folder, "access.log");
  const { log } = logAt(path, 1);
  renameSync(path, `${path}.1`);
  log.reopen();
  while (!existsSync(path)) await new Promise((resolve) => setImmediate(resolve));
  // The descriptor changes hands a moment after the file appears.
  await new Promise((resolve) => setImmediate(resolve));
  write(log, 201);
  await log.close();
  const both = readFileSync(`${path}.1`, "utf8") + readFileSync(path, "utf8");
  expect(JSON.parse(both).status).toBe(201);
});

test.if(existsSync("/dev/full"))("a full disk costs lines, not traffic, and is counted at the end", async () => {
  const { log, count } = logAt("/dev/full", 2);
  write(log, 200);
  await log.close();
  expect(count(workerCell.logLines)).toBe(0);
  expect(count(workerCell.logDropped)).toBe(1);
});

test("a log that cannot be opened is an error at once, with the path", () => {
  expect(() => logAt(join(folder, "missing", "logs", "access.log"), 3)).toThrow("missing");
});

test("a listener's own layout beside fields that are short has room for its lines", async () => {
  const path = join(folder, "access.log");
  const { log, count } = logAt(path, 4, { fields: [{ name: "s", field: "status" }] });
  const usual = { isOff: false, name: "x", isNormalLogged: true, failureSeverity: null };
  const said: ListenerLogPlan = { ...usual, layout: layoutOf("%HM %HU") };
  const { record } = log;
  record.head = Buffer.from(`GET /${"a".repeat(8000)}`);
  record.methodEnd = 3;
  record.targetStart = 4;
  record.targetEnd = record.head.length;
  for (let line = 0; line < 100; line++) log.write(said);
  await log.close();
  const lines = readFileSync(path, "latin1").trimEnd().split("\n");
  expect([...new Set(lines)]).toEqual([record.head.toString()]);
  expect([lines.length, count(workerCell.logLines)]).toEqual([100, 100]);
});

test.skipIf(process.platform !== "linux")(
  "no message of syslog is longer than its length, though what stands before its line is",
  async () => {
    let came = (_text: string): void => {};
    const first = new Promise<string>((resolve) => (came = resolve));
    const socket = await Bun.udpSocket({
      hostname: "127.0.0.1",
      socket: { data: (_socket, bytes) => came(Buffer.from(bytes).toString()) },
    });
    const target = { facility: 16, severity: 6, level: 7, minLevel: 0, tag: "t".repeat(48), bytesMax: 128 };
    const to = { kind: "udp", host: "127.0.0.1", port: socket.port } as const;
    const { log } = logAt(null, 5, { syslog: [{ ...target, to, format: "rfc3164", hostname: "h".repeat(255) }] });
    write(log, 200);
    expect(await first).toMatch(/^<134>.{15} h{107}$/);
    await log.close();
    socket.close();
  },
);
