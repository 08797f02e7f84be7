// The columns of a table: which data types there are, how they are written in a config, and how many words of an entry each
// takes. The names are HAProxy's (configuration manual, "stick-table"), for they are the field's; `tokens` is ours. What
// happens to the words is table.ts' business.
//
//   count, tag, gauge   1 word        bytes   2 words (low, high)
//   rate                3 words (start of the period, this period's count, the former's)
//   tokens              2 words (when the bucket will be full again: whole ms of the shared clock, and parts of 2^32 of one)

import { readDuration } from "../base/duration.ts";
import { misread, quote, type Reading, read } from "../base/reading.ts";

export type DataType =
  | "gpc"
  | "gpc_rate"
  | "gpt"
  | "conn_cnt"
  | "conn_cur"
  | "conn_rate"
  | "sess_cnt"
  | "sess_rate"
  | "http_req_cnt"
  | "http_req_rate"
  | "http_err_cnt"
  | "http_err_rate"
  | "http_fail_cnt"
  | "http_fail_rate"
  | "bytes_in_cnt"
  | "bytes_in_rate"
  | "bytes_out_cnt"
  | "bytes_out_rate"
  | "server_id"
  | "tokens";

/** What a column counts and how: a rate is over its period, a gauge falls again, a tag is set. */
export type ColumnForm = "count" | "bytes" | "gauge" | "rate" | "tag" | "tokens";

export interface Column {
  /** As it is written in `store`, in one unit of time: "gpc0", "gpc(3)", "conn_rate(10s)". Equal columns have equal names. */
  readonly name: string;
  readonly type: DataType;
  readonly form: ColumnForm;
  /** Elements of gpc, gpt and gpc_rate: those from `first` on, so many. 0 and 1 for everything else. */
  readonly first: number;
  readonly length: number;
  /** rate: its period. tokens: how long one takes to come back. 0 otherwise. */
  readonly periodMs: number;
  /** tokens: how many there are at most; 0 otherwise. */
  readonly burst: number;
  /** tokens that nodes share: how long they can be owed (tokenbucket.ts). */
  readonly debtMs?: number;
  /** 32-bit words in an entry. */
  readonly words: number;
}

const marks = new Set<DataType>(["gpc", "gpt", "server_id"]);

/** What is set or counted by rules to be seen elsewhere: of a table that nodes share each change of it is told to all of them. */
export function isMark({ type }: Pick<Column, "type">): boolean {
  return marks.has(type);
}

/** Elements of gpc(n), gpt(n) and gpc_rate(n,p), as in HAProxy. */
export const elementsMax = 100;
/** A period must be told apart from a time in the future on a clock of 32 bits. */
export const periodMsMax: number = 24 * 86_400_000;
export const burstMax = 1_000_000;

const formWords: Record<ColumnForm, number> = { count: 1, bytes: 2, gauge: 1, rate: 3, tag: 1, tokens: 2 };

const forms: Record<DataType, ColumnForm> = {
  gpc: "count",
  gpc_rate: "rate",
  gpt: "tag",
  conn_cnt: "count",
  conn_cur: "gauge",
  conn_rate: "rate",
  sess_cnt: "count",
  sess_rate: "rate",
  http_req_cnt: "count",
  http_req_rate: "rate",
  http_err_cnt: "count",
  http_err_rate: "rate",
  http_fail_cnt: "count",
  http_fail_rate: "rate",
  bytes_in_cnt: "bytes",
  bytes_in_rate: "rate",
  bytes_out_cnt: "bytes",
  bytes_out_rate: "rate",
  server_id: "tag",
  tokens: "tokens",
};

const units: readonly (readonly [number, string])[] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "m"],
  [1000, "s"],
  [1, "ms"],
];

/** Names with their number in them: one element each. */
const numbered: ReadonlyMap<string, readonly [DataType, number]> = new Map([
  ["gpc0", ["gpc", 0]],
  ["gpc1", ["gpc", 1]],
  ["gpt0", ["gpt", 0]],
  ["gpc0_rate", ["gpc_rate", 0]],
  ["gpc1_rate", ["gpc_rate", 1]],
]);

/** Every name that can be written, for "did you mean". */
export const columnNames: readonly string[] = [...numbered.keys(), ...Object.keys(forms)];

/** "gpc0", "gpc(3)", "conn_rate(10s)", "gpc_rate(2,10s)", "tokens(5,500ms)": spaces are of no account. */
export function readColumn(text: string): Reading<Column> {
  const match = /^([a-z_0-9]+)(?:\(([^()]*)\))?$/.exec(text.replaceAll(/\s/g, ""));
  const name = match?.[1] ?? "";
  const [type, first] =
    numbered.get(name) ?? (Object.hasOwn(forms, name) ? ([name as DataType, 0] as const) : [null, 0]);
  if (match === null || type === null)
    return misread(`must be a counter such as "gpc0" or "http_req_rate(10s)", not ${quote(text)}`);
  const form = forms[type];
  const values = match[2] === undefined ? [] : match[2].split(",");
  const isArray = (type === "gpc" || type === "gpt" || type === "gpc_rate") && !numbered.has(name);
  const usage = usageOf(name, form, isArray);
  if (values.length !== parametersOf(form, isArray)) return misread(`must be written ${usage}, not ${quote(text)}`);
  let length = 1;
  let burst = 0;
  if (isArray || form === "tokens") {
    const count = Number(values[0]);
    const max = isArray ? elementsMax : burstMax;
    if (!/^\d+$/.test(values[0] ?? "") || count < 1 || count > max)
      return misread(`must be written ${usage} with a number from 1 to ${max}, not ${quote(text)}`);
    if (isArray) length = count;
    else burst = count;
  }
  let periodMs = 0;
  if (form === "rate" || form === "tokens") {
    const period = readDuration(values.at(-1) ?? "", periodMsMax);
    if (!period.ok || period.value < 1)
      return misread(`must be written ${usage} with a duration from 1ms to 24d, not ${quote(text)}`);
    periodMs = period.value;
  }
  // The time at which a bucket will be full again must not be taken for one that has gone by.
  if (burst * periodMs > periodMsMax)
    return misread(`must hold no more tokens than come back within 24 days, not ${quote(text)}`);
  const inside = [
    ...(isArray ? [String(length)] : []),
    ...(burst > 0 ? [String(burst)] : []),
    ...(periodMs > 0 ? [inOneUnit(periodMs)] : []),
  ].join(",");
  return read({
    name: inside === "" ? name : `${name}(${inside})`,
    type,
    form,
    first,
    length,
    periodMs,
    burst,
    words: formWords[form] * length,
  });
}

/** Of one element: "gpc0", "conn_rate(10s)", "gpc[2]". */
export function cellName(column: Column, element: number): string {
  const isArray = /^(gpc|gpt|gpc_rate)\(/.test(column.name);
  return isArray ? `${column.type}[${element}]` : column.name;
}

function parametersOf(form: ColumnForm, isArray: boolean): number {
  return (isArray || form === "tokens" ? 1 : 0) + (form === "rate" || form === "tokens" ? 1 : 0);
}

/** "100s" and "1m40s" are one period, and so one name. */
function inOneUnit(ms: number): string {
  const [unitMs, unit] = units.find(([each]) => ms % each === 0)!;
  return `${ms / unitMs}${unit}`;
}

function usageOf(name: string, form: ColumnForm, isArray: boolean): string {
  if (form === "tokens") return `"${name}(5,500ms)"`;
  if (form === "rate") return isArray ? `"${name}(2,10s)"` : `"${name}(10s)"`;
  return isArray ? `"${name}(2)"` : `"${name}"`;
}
