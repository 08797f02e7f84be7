// Records of the flight recorder as a test wants them, written by the pen of a worker: what is not said is nothing.

import type { EgressPlan, Plan } from "../../src/config/plan.ts";
import { RecorderRing } from "../../src/memory/recorder.ts";
import {
  formatRecorder,
  noSlot,
  recordBytes,
  recordCell,
  recorderBytes,
  recordFlag,
  recordHalf,
  recordWord,
  textAt,
  textLength,
} from "../../src/memory/recorderlayout.ts";
import { RecorderReader } from "../../src/memory/recorderreader.ts";
import { makePlan } from "./plan.ts";
import { rule, rules } from "./rules.ts";

type Text = string | Uint8Array;

/** Numbers and slots as they stand in the record. */
export interface DrawnRecord {
  readonly kind: number;
  readonly status: number;
  readonly method: number;
  readonly methodText: Text;
  readonly host: Text;
  readonly path: Text;
  readonly client: Text;
  readonly listener: number;
  readonly pool: number;
  readonly server: number;
  readonly serverText: Text;
  readonly rule: number;
  readonly hits: readonly number[];
  readonly hasMoreHits: boolean;
  readonly fault: number;
  readonly cache: number;
  readonly egress: number;
  readonly egressText: Text;
  readonly durationMs: number;
  readonly startedMs: number;
}

const nothing: DrawnRecord = {
  ...{ kind: 0, status: 0, method: 1, methodText: "", host: "", path: "", client: "" },
  ...{ listener: noSlot, pool: noSlot, server: noSlot, serverText: "", rule: noSlot, hits: [], hasMoreHits: false },
  ...{ fault: 0, cache: 0, egress: noSlot, egressText: "", durationMs: 0, startedMs: 0 },
};

/** What their slots are called: listener web, pool app, servers one:80 and two:80, rules seen (5) and shut (6), egress pool out. */
export const drawnPlan: Plan = {
  ...makePlan({
    servers: ["one", "two"],
    listener: {
      rules: rules({
        request: [rule("true", null, { name: "seen", slot: 5 }), rule("true", null, { name: "shut", slot: 6 })],
      }),
    },
  }),
  egresses: [{ name: "out", slot: 0 } as EgressPlan], // Nothing else of it is looked at.
};

export function drawRecord(ring: RecorderRing, drawn: Partial<DrawnRecord>): void {
  const record = { ...nothing, ...drawn };
  const word = ring.begin();
  const { words, halves, bytes, cells, floats } = ring;
  words.fill(0, word + 4, word + textAt / 4);
  cells[word / 2 + recordCell.startedMs] = record.startedMs;
  floats[word + recordWord.durationMs] = record.durationMs;
  words[word + recordWord.generation] = 1;
  words[word + recordWord.status] = record.status;
  words[word + recordWord.facts] =
    record.kind | (record.method << recordFlag.methodShift) | (record.hasMoreHits ? recordFlag.hasMoreHits : 0);
  words[word + recordWord.tries] = (record.fault << 16) | (record.cache << 24);
  words[word + recordWord.owners] = record.listener | (record.pool << 16);
  words[word + recordWord.doors] = record.server | (record.egress << 16);
  words[word + recordWord.rules] = record.rule;
  for (const [index, slot] of record.hits.entries()) halves[word * 2 + recordHalf.hits + index] = slot;
  let at = word * 4 + textAt;
  const put = (text: Text, most: number): number => {
    const octets = typeof text === "string" ? new TextEncoder().encode(text) : text;
    const size = ring.put(at, octets, 0, octets.length, most);
    at += size;
    return size;
  };
  bytes[word * 4 + textLength.client] = put(record.client, 46);
  bytes[word * 4 + textLength.host] = put(record.host, 64);
  bytes[word * 4 + textLength.method] = put(record.methodText, 16);
  bytes[word * 4 + textLength.egress] = put(record.egressText, 46);
  bytes[word * 4 + textLength.server] = put(record.serverText, 48);
  words[word + recordWord.lengths + 2] = put(record.path, word * 4 + recordBytes - at) | (record.hits.length << 16);
  ring.end(word);
}

/** A reader that has just read it. */
export function readDrawn(drawn: Partial<DrawnRecord>): RecorderReader {
  const bytes = new Uint8Array(recorderBytes(1, 1));
  formatRecorder(bytes, 1, 1, []);
  drawRecord(new RecorderRing(bytes, 0), drawn);
  const reader = new RecorderReader(bytes);
  if (!reader.read(0, 1)) throw new Error("the record that was written cannot be read");
  return reader;
}
