// For tests of this room: a scene that is made of plain values, and a table that is a Map, so plain that it cannot be wrong.
// A rate counts everything ever added; tokens come back never. What the real table does is its own tests' business.

import type { ListPlan, TablePlan } from "../../config/plan.ts";
import { type Column, readColumn } from "../../memory/column.ts";
import { type List, ListHolder } from "../../memory/list.ts";
import type { EntryIndex, Table } from "../../memory/table.ts";
import { TableKey } from "../../memory/tablekey.ts";
import type { Phase } from "../fields.ts";
import { fields } from "../fields.ts";
import type { Scene, Tracked, Value } from "../scene.ts";
import { readIp } from "./blocks.ts";
import type { Scope } from "./compiled.ts";
import { scopeOf } from "./scope.ts";

export class SampleTable implements Table {
  readonly successor: Table | null = null;
  readonly plan: TablePlan;
  readonly columns: readonly Column[];
  readonly key: TableKey;
  readonly entries: Map<string, number>[] = [];
  /** What was called, in order. */
  readonly calls: string[] = [];
  readonly #names: string[] = [];

  constructor(plan: TablePlan) {
    this.plan = plan;
    this.columns = plan.store.map((text) => {
      const column = readColumn(text);
      if (!column.ok) throw new Error(column.message);
      return column.value;
    });
    this.key = new TableKey(plan.key);
  }

  columnOf(type: Column["type"], element: number): number {
    return this.columns.findIndex(
      (each) => each.type === type && element >= each.first && element < each.first + each.length,
    );
  }

  has(): boolean {
    return this.#found() !== undefined;
  }

  read(column: number, element: number): number {
    return this.key.isSet ? this.#readFrom(this.#found(), column, element) : Number.NaN;
  }

  add(column: number, element: number, amount: number): number {
    return this.key.isSet ? this.addTo(this.#made(), column, element, amount) : Number.NaN;
  }

  assign(column: number, element: number, value: number): boolean {
    if (this.key.isSet) this.assignTo(this.#made(), column, element, value);
    return this.key.isSet;
  }

  clear(column: number, element: number): number {
    return this.key.isSet ? this.clearOf(this.#made(), column, element) : Number.NaN;
  }

  take(column: number, amount: number): number {
    return this.key.isSet ? this.takeOf(this.#made(), column, amount) : 0;
  }

  track(): EntryIndex {
    return this.#made();
  }

  untrack(): void {}

  readOf(entry: EntryIndex, column: number, element: number): number {
    return this.#readFrom(this.entries[entry - 1], column, element);
  }

  addTo(entry: EntryIndex, column: number, element: number, amount: number): number {
    this.calls.push(`add ${this.#names[entry - 1]} ${column} ${element} ${amount}`);
    const value = this.readOf(entry, column, element) + amount;
    this.entries[entry - 1]!.set(`${column} ${element}`, value);
    return value;
  }

  assignTo(entry: EntryIndex, column: number, element: number, value: number): void {
    this.calls.push(`assign ${this.#names[entry - 1]} ${column} ${element} ${value}`);
    this.entries[entry - 1]!.set(`${column} ${element}`, value);
  }

  clearOf(entry: EntryIndex, column: number, element: number): number {
    this.calls.push(`clear ${this.#names[entry - 1]} ${column} ${element}`);
    const value = this.readOf(entry, column, element);
    this.entries[entry - 1]!.set(`${column} ${element}`, 0);
    return value;
  }

  takeOf(entry: EntryIndex, column: number, amount: number): number {
    this.calls.push(`take ${this.#names[entry - 1]} ${column} ${amount}`);
    const left = this.readOf(entry, column, 0);
    if (left < amount) return (amount - left) * this.columns[column]!.periodMs;
    this.entries[entry - 1]!.set(`${column} 0`, left - amount);
    return 0;
  }

  note(): void {}

  isSame(one: EntryIndex, other: EntryIndex): boolean {
    return one === other;
  }

  heirOf(): EntryIndex {
    return 0;
  }

  copyKey(entry: EntryIndex, into: TableKey): void {
    const bytes = new Uint8Array((this.#names[entry - 1] ?? "").split(",").map(Number));
    into.unset();
    if (into.plan.kind !== this.plan.key.kind) return;
    into.bytes.set(bytes.subarray(0, into.bytes.length));
    into.length = bytes.length - 1;
    into.isSet = true;
    into.isIPv4 = bytes.at(-1) === 1;
  }

  #name(): string {
    return [...this.key.bytes.subarray(0, this.key.length), Number(this.key.isIPv4)].join();
  }

  #found(): Map<string, number> | undefined {
    return this.entries[this.#names.indexOf(this.#name())];
  }

  #made(): EntryIndex {
    const name = this.#name();
    const index = this.#names.indexOf(name);
    if (index !== -1) return index + 1;
    this.entries.push(new Map());
    return this.#names.push(name);
  }

  #readFrom(entry: Map<string, number> | undefined, column: number, element: number): number {
    const { form, burst } = this.columns[column]!;
    return entry?.get(`${column} ${element}`) ?? (form === "tokens" ? burst : 0);
  }
}

const ip = { kind: "ip", prefix6: 64 } as const;
const rest = { entriesMax: 1024, expireMs: 600_000, isEvicting: true, share: null };

export const sampleTables: readonly TablePlan[] = [
  { name: "marked", key: ip, ...rest, store: ["gpc0"] },
  { name: "shop", key: ip, ...rest, store: ["conn_rate(100s)", "bytes_out_rate(1m)", "tokens(5,500ms)"] },
  { name: "urls", key: { kind: "string", bytesMax: 64 }, ...rest, store: ["gpc(3)", "gpt(2)", "http_req_cnt"] },
  { name: "numbers", key: { kind: "integer" }, ...rest, store: ["gpc0", "gpc1"] },
  { name: "blobs", key: { kind: "binary", bytesMax: 16 }, ...rest, store: ["gpc0"] },
  { name: "host", key: ip, ...rest, store: ["gpt0"] },
  { name: "per-client", key: ip, ...rest, store: ["gpc0"] },
];

export const sampleLists: readonly ListPlan[] = [
  { name: "office", kind: "address" },
  { name: "agents", kind: "text" },
  { name: "sites", kind: "name" },
  { name: "teams", kind: "map" },
];

const texts = ["curl", "wget"];
const teams = new Map([["app", "blue"]]);
const contents: readonly List[] = [
  { findAddress: (octets, at) => (octets[at + 12] === 10 ? 0 : -1), findText: () => -1, valueOf: () => "", size: 1 },
  { findAddress: () => -1, findText: (text) => texts.indexOf(text), valueOf: () => "", size: 2 },
  { findAddress: () => -1, findText: (text) => (text.endsWith(".example.com") ? 0 : -1), valueOf: () => "", size: 1 },
  { findAddress: () => -1, findText: (text) => [...teams.keys()].indexOf(text), valueOf: () => "blue", size: 1 },
];

export function sampleScope(phase: Phase = "response"): Scope {
  return scopeOf({ tables: sampleTables, lists: sampleLists, pools: [{ name: "app" }, { name: "ease-up" }] }, phase);
}

export function sampleIp(text: string): Uint8Array {
  const octets = readIp(text);
  if (octets === null) throw new Error(`${text} is no address`);
  return octets;
}

/** What fields answer: `headers x-a` by form and name, plain ones by their name. What is not here is absent. */
export type SampleValues = Readonly<Record<string, Value>>;

const usual: SampleValues = {
  src: sampleIp("10.0.0.7"),
  srcPort: 40_000,
  dst: sampleIp("2001:db8::1"),
  dstPort: 443,
  listener: "web",
  secure: true,
  "tls.sni": "www.example.com",
  method: "GET",
  host: "www.example.com",
  path: "/api/items",
  query: "page=2",
  target: "/api/items?page=2",
  version: "1.1",
  "headers value user-agent": "curl",
  "headers list accept": ["text/html", "text/plain"],
  "headers lines accept": ["text/html, text/plain"],
  "headers count cookie": 2,
  "cookies value Session": "abc",
  "cookies list Session": ["abc", "def"],
  "params value page": "2",
  "params list page": ["2"],
  contentLength: 17,
  "response.status": 503,
  "response.headers value server": "nginx",
  "response.duration": 1500,
};

export class SampleScene implements Scene {
  sharedMs: number;
  /** 2026-03-01T22:30:05Z, a Sunday. */
  wallMs: number = Date.UTC(2026, 2, 1, 22, 30, 5);
  isDry: boolean;
  readonly tables: readonly SampleTable[] = sampleTables.map((plan) => new SampleTable(plan));
  readonly variables: Map<string, Value> = new Map();
  readonly slots: Map<number, Tracked> = new Map();
  readonly values: SampleValues;
  /** Fields that were asked for, in order. */
  readonly asked: string[] = [];
  readonly world: Scene["world"];

  constructor(values: SampleValues = {}) {
    this.sharedMs = 1000;
    this.isDry = false;
    this.values = { ...usual, ...values };
    this.world = {
      tables: this.tables,
      lists: sampleLists.map((plan, index) => new ListHolder(plan, contents[index]!)),
      pool: (index, figure) => (index === 0 ? { servers: 3, up: 2, active: 1, queued: 0 }[figure] : Number.NaN),
    };
  }

  random(): number {
    return 0.25;
  }

  field(number: number, name: string): Value {
    const field = fields[number]!;
    const asked = field.form === "plain" ? field.name : `${field.name} ${field.form} ${name}`;
    this.asked.push(asked);
    return this.values[asked] ?? null;
  }

  variable(name: string): Value {
    return this.variables.get(name) ?? null;
  }

  tracked(slot: number): Tracked | null {
    return this.slots.get(slot) ?? null;
  }
}
