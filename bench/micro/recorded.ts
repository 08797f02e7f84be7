// What it costs control that somebody follows requests: to take a record out of the ring, to compare it with a filter, to make of it what
// is shown, and to write that as an event. Prints the nanoseconds of the best round.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventBytes } from "../../src/control/events/wire.ts";
import { readFilter } from "../../src/control/recorder/filter.ts";
import { recordOf } from "../../src/control/recorder/record.ts";
import { Recorder } from "../../src/control/recorder.ts";
import { RecorderRing } from "../../src/memory/recorder.ts";
import { RecorderReader } from "../../src/memory/recorderreader.ts";
import { drawnPlan, drawRecord } from "../../test/playbook/drawnrecord.ts";
import { bestOf } from "./world.ts";

const entries = 1000;
const folder = mkdtempSync(join(tmpdir(), "recorded-"));
const recorder = new Recorder(folder, 1);
const { file, keep } = recorder.prepare({ ...drawnPlan, recorder: { entriesMax: entries, hasQuery: false } });
keep();
const bytes = Bun.mmap(file!, { shared: true });
const ring = new RecorderRing(bytes, 0);
for (let index = 0; index < entries; index++)
  drawRecord(ring, {
    ...{ kind: 0, status: 200, method: 1, methodText: "", host: "shop.example.com", path: `/item/${index}` },
    ...{
      client: "203.0.113.7",
      listener: 0,
      pool: 0,
      server: 0,
      rule: 5,
      serverText: "",
      hits: [5],
      hasMoreHits: false,
    },
    ...{ fault: 0, cache: 0, egress: 0xffff, egressText: "", durationMs: 3.2, startedMs: 1_790_000_000_000 + index },
  });
const reader = new RecorderReader(bytes);
const filters = { status: "5xx", failed: "true", path: "/cart", host: "*.example.org", client: "10.0.0.0/8" } as const;

function print(name: string, ns: number): void {
  console.log(`${name.padEnd(24)} ${ns.toFixed(0).padStart(6)} ns`);
}

let number = 0;
const next = (): void => {
  number = (number % entries) + 1;
  if (!reader.read(0, number)) throw new Error(`record ${number} cannot be read`);
};
const read = bestOf(1_000_000, next);
print("read", read);
for (const [name, value] of Object.entries(filters)) {
  const accepts = readFilter({ [name]: value });
  if (typeof accepts === "string") throw new Error(accepts);
  const whole = bestOf(1_000_000, () => {
    next();
    accepts(reader, recorder.names);
  });
  print(`compare with ${name}`, whole - read);
}
const made = bestOf(20_000, () => {
  next();
  recordOf(reader, 0, recorder.names);
});
print("make", made - read);
next();
const record = recordOf(reader, 0, recorder.names);
print(
  `write ${eventBytes("request", record, record.id).length} B`,
  bestOf(20_000, () => eventBytes("request", record, record.id)),
);
rmSync(folder, { recursive: true, force: true });
