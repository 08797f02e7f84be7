// What stands in the expressions, templates and targets of all rules: each is compiled as a worker will compile it, in the phase it
// is for, and every mistake is told at its character. On the way it learns which tables rules write to and read. A table or list
// that the schema has refused is not asked for again: its own mistake is told, and what hangs on it is not.

import { isEveryAddress, readListenAddress } from "../base/address.ts";
import { quote } from "../base/reading.ts";
import type { Compiled, Refused, Scope, Type } from "../rules/expression/compiled.ts";
import { compileExpression } from "../rules/expression/expression.ts";
import { scopeOf } from "../rules/expression/scope.ts";
import { compileKey, compileTarget, type TargetUse } from "../rules/expression/target.ts";
import { compileTemplate } from "../rules/expression/template.ts";
import { field, fields } from "../rules/fields.ts";
import { absence } from "./absence.ts";
import { compileLimitTable, limitKey } from "./compiletable.ts";
import type { Path } from "./problem.ts";
import { readRate } from "./rate.ts";
import { wishesOf } from "./reviewcache.ts";
import { namesOf } from "./reviewnames.ts";
import type { RuleOwner } from "./reviewrule.ts";
import { reviewMemory, type TableUses } from "./reviewtable.ts";
import { limit as limitSchema } from "./ruleschema.ts";
import { allRules, type Phase, phases, rulesOf, type Walked } from "./rulewalk.ts";
import { isSection, listOf, type Report, type Section, sectionOf } from "./section.ts";
import { type Columns, readTarget, usualMark } from "./target.ts";

/** Null where it is not known what rules do with tables, for some could not be read. */
export function reviewExpressions(root: Section, owners: readonly RuleOwner[], report: Report): TableUses | null {
  const texts = new Texts(root, report);
  for (const { section, path, modes, listed } of owners) {
    const rules = rulesOf(section, path, listed);
    texts.missing = path[0] === "listeners" && modes.has("udp") ? missingOf(section["listen"]) : none;
    for (const walked of allRules(rules)) texts.rule(walked);
    texts.missing = none;
    texts.reply(section["reply"], [...path, "reply"], "request");
    texts.errors(section["errors"], path);
    if (isSection(section["stick"])) texts.stick(sectionOf(section["stick"]), [...path, "stick"], listed);
  }
  for (const { path, value } of wishesOf(root))
    texts.expression(sectionOf(value)["bypass"], [...path, "bypass"], "request", "bool");
  texts.errors(root["errors"], []);
  texts.reply(sectionOf(root["bans"])["answer"], ["bans", "answer"], "request");
  return texts.uses;
}

/** By the numbers of fields: why they are not there. */
type Missing = ReadonlyMap<number, string>;
const none: Missing = new Map();

/** Of a session of mode udp. */
function missingOf(listen: unknown): Missing {
  const missing = new Map<number, string>();
  for (const { name, number } of fields)
    if (name.startsWith("tls."))
      missing.set(number, `cannot ask for ${name} in mode udp: TLS over datagrams is not spoken here`);
  const reading = readListenAddress(typeof listen === "string" ? listen : "");
  if (reading.ok && reading.value.kind === "tcp" && isEveryAddress(reading.value.host))
    missing.set(
      field.dst,
      "cannot ask for dst in mode udp where listen is all addresses: it is not known to which of them a datagram was sent; write a listener for each address",
    );
  return missing;
}

class Texts {
  /** Of the rules that are looked at. */
  missing: Missing = none;
  readonly #report: Report;
  readonly #scopes: Readonly<Record<Phase, Scope>>;
  readonly #columns: Columns;
  readonly #tableNames: readonly string[];
  readonly #broken: readonly string[];
  readonly #written = new Set<string>();
  readonly #read = new Set<string>();

  constructor(root: Section, report: Report) {
    const { names, broken } = namesOf(root);
    this.#report = report;
    this.#broken = broken;
    const scopes = phases.map((phase) => [phase, scopeOf(names, phase)] as const);
    this.#scopes = Object.fromEntries(scopes) as Record<Phase, Scope>; // Of all phases.
    this.#columns = new Map(this.#scopes.request.tables.map(({ name, columns }) => [name, columns]));
    this.#tableNames = Object.keys(sectionOf(root["tables"]));
  }

  get uses(): TableUses | null {
    return this.#broken.length > 0 ? null : { written: this.#written, read: this.#read };
  }

  rule({ rule, path, phase }: Walked): void {
    this.expression(rule["if"], [...path, "if"], phase, "bool");
    this.#counting(rule, path, phase);
    for (const key of ["setHeader", "addHeader"])
      for (const [name, text] of Object.entries(sectionOf(rule[key]))) this.template(text, [...path, key, name], phase);
    for (const key of ["setPath", "setQuery", "setMethod", "setTarget", "setStatus", "log"])
      this.template(rule[key], [...path, key], phase);
    this.#redirect(rule["redirect"], [...path, "redirect"], phase);
    for (const key of ["deny", "reply", "tarpit"]) this.reply(rule[key], [...path, key], phase);
    this.#limit(rule, path, phase);
  }

  expression(
    value: unknown,
    path: Path,
    phase: Phase,
    wanted: Parameters<typeof compileExpression>[2],
  ): Compiled | null {
    const text = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
    if (!isWritten(text)) return null;
    return this.#judge(compileExpression(text, this.#scopes[phase], wanted), text, path);
  }

  template(text: unknown, path: Path, phase: Phase): void {
    if (typeof text === "string") this.#judge(compileTemplate(text, this.#scopes[phase]), text, path);
  }

  /** An answer whose texts hold expressions, where it says so. */
  reply(value: unknown, path: Path, phase: Phase): void {
    const { template, headers, body, file } = sectionOf(value);
    if (template !== true || file !== undefined) return;
    for (const [name, text] of Object.entries(sectionOf(headers)))
      this.template(text, [...path, "headers", name], phase);
    this.template(body, [...path, "body"], phase);
  }

  /** Of a listener, of a pool, or at the top. */
  errors(errors: unknown, path: Path): void {
    for (const [key, answer] of Object.entries(sectionOf(errors)))
      this.reply(answer, [...path, "errors", key], "request");
  }

  stick(stick: Section, path: Path, phase: Phase): void {
    const name = this.#table(stick["table"], [...path, "table"]);
    if (name === null) return;
    if (stick["store"] !== false) this.#written.add(name);
    this.#key(stick["by"], [...path, "by"], phase, name);
    if (!this.#stores(name, "server_id"))
      this.#report("error", [...path, "table"], "value", `names a table that does not store server_id: ${quote(name)}`);
  }

  #counting(rule: Section, path: Path, phase: Phase): void {
    for (const [at, track] of each(rule["track"], [...path, "track"])) {
      const isShort = typeof track === "string";
      const name = this.#table(isShort ? track : sectionOf(track)["table"], isShort ? at : [...at, "table"]);
      if (name !== null) this.#written.add(name);
      if (name !== null && !isShort) this.#key(sectionOf(track)["by"], [...at, "by"], phase, name);
    }
    for (const [at, text] of each(rule["mark"], [...path, "mark"])) this.#mark(text, at, phase);
    if (isSection(rule["increment"]))
      for (const [text, by] of Object.entries(sectionOf(rule["increment"]))) {
        const at = [...path, "increment", text];
        this.#write(text, at, "key", phase, "increment");
        this.expression(by, at, phase, "number");
      }
    else
      for (const [at, text] of each(rule["increment"], [...path, "increment"]))
        this.#write(text, at, "value", phase, "increment");
    for (const [at, text] of each(rule["clear"], [...path, "clear"])) this.#write(text, at, "value", phase, "clear");
    for (const [text, value] of Object.entries(sectionOf(rule["set"])))
      this.#set(text, value, [...path, "set", text], phase);
  }

  #set(text: string, value: unknown, path: Path, phase: Phase): void {
    if (/^\s*vars\s*\./.test(text)) {
      if (!/^\s*vars\.[A-Za-z_][A-Za-z0-9_]*\s*$/.test(text))
        this.#report("error", path, "key", `must be a variable such as vars.country, not ${quote(text)}`);
      this.expression(value, path, phase, "any");
      return;
    }
    this.#write(text, path, "key", phase, "assign");
    this.expression(value, path, phase, "number");
  }

  #mark(text: unknown, path: Path, phase: Phase): void {
    if (!isWritten(text)) return;
    const { table, column } = readTarget(text, this.#columns);
    const marked = column ?? (table === null ? null : usualMark(this.#columns.get(table) ?? []));
    if (marked === null && table !== null)
      return this.#say(text, path, `must name what is marked: the table ${quote(table)} stores neither gpc0 nor gpt0`);
    if (marked === null && /^\s*tracked\s*\[/.test(text))
      return this.#say(text, path, "must name what is marked, as in tracked[0].gpc0");
    this.#write(text, path, "value", phase, marked?.startsWith("gpt") === true ? "assign" : "increment", marked);
  }

  #say(text: string, path: Path, message: string): void {
    if (!this.#isBroken(text)) this.#report("error", path, "value", message);
  }

  /** `usual`: the counter where none is named. */
  #write(
    text: unknown,
    path: Path,
    part: "key" | "value",
    phase: Phase,
    use: TargetUse,
    usual: string | null = null,
  ): void {
    if (!isWritten(text)) return;
    const { entry, column, shift, isShort } = readTarget(text, this.#columns);
    const counter = column ?? usual;
    const compiled = compileTarget(
      counter === null ? entry : `${entry}.${counter}`,
      this.#scopes[phase],
      undefined,
      use,
    );
    // Of a short form only its end is as it was written.
    const judged = this.#judge(compiled, text, path, part, isShort ? Number.NEGATIVE_INFINITY : shift);
    if (judged !== null && judged.table !== -1) this.#written.add(this.#scopes[phase].tables[judged.table]!.name);
  }

  #redirect(redirect: unknown, path: Path, phase: Phase): void {
    if (typeof redirect === "string") return this.template(redirect, path, phase);
    const { to, headers } = sectionOf(redirect);
    this.template(to, [...path, "to"], phase);
    for (const [name, text] of Object.entries(sectionOf(headers)))
      this.template(text, [...path, "headers", name], phase);
  }

  #limit({ limit, by }: Section, path: Path, phase: Phase): void {
    const at = [...path, "limit"];
    if (typeof limit === "string") return this.#limitTarget(limit, by, path, phase);
    if (!isSection(limit)) return;
    const said = sectionOf(limit);
    this.expression(said["cost"], [...at, "cost"], phase, "number");
    if (said["table"] === undefined) {
      const key = this.expression(said["by"], [...at, "by"], phase, "any");
      const fit = ["address", "string", "number", "any"];
      if (key !== null && !fit.includes(key.type))
        this.#report("error", [...at, "by"], "value", `must be an address, a string or a number, not a ${key.type}`);
      else if (key !== null || said["by"] === undefined) this.#memory(said, key?.type ?? "address", at);
      return;
    }
    const name = this.#table(said["table"], [...at, "table"]);
    if (name === null) return;
    this.#limited(name, [...at, "table"]);
    this.#key(said["by"], [...at, "by"], phase, name);
  }

  #memory(limit: Section, type: Type, path: Path): void {
    const parsed = limitSchema.safeParse(limit);
    if (!parsed.success || parsed.data.rate === undefined) return;
    reviewMemory(compileLimitTable("limit", parsed.data, limitKey(type)), [...path, "size"], this.#report);
  }

  #limitTarget(limit: string, by: unknown, path: Path, phase: Phase): void {
    const at = [...path, "limit"];
    // Told by the schema.
    if (readRate(limit).ok) return;
    const { table, column, isShort } = readTarget(limit, this.#columns);
    if (!isShort || table === null) return this.#write(limit, at, "value", phase, "take", "tokens");
    this.#limited(table, at);
    this.#key(by, [...path, "by"], phase, table);
    if (column !== null && column !== "tokens") this.#report("error", at, "value", `must name tokens, not ${column}`);
  }

  #limited(name: string, path: Path): void {
    this.#written.add(name);
    if (this.#stores(name, "tokens")) return;
    const advice = 'add "tokens(5,500ms)" to its store, or write a rate';
    this.#report("error", path, "value", `names a table that does not store tokens: ${quote(name)}; ${advice}`);
  }

  #stores(table: string, type: string): boolean {
    return this.#columns.get(table)?.some((column) => column.type === type) === true;
  }

  /** The name of a table that is there and whole; otherwise says what is wrong with it, once. */
  #table(name: unknown, path: Path): string | null {
    if (typeof name !== "string") return null;
    if (this.#columns.has(name)) return name;
    if (this.#tableNames.includes(name)) return null;
    this.#report("error", path, "value", absence("table", name, this.#tableNames));
    return null;
  }

  #key(text: unknown, path: Path, phase: Phase, table: string): void {
    const scope = this.#scopes[phase];
    const index = scope.tables.findIndex(({ name }) => name === table);
    // What is not written is src, whose kind must fit all the same: that is told at the section.
    const isSaid = isWritten(text);
    const compiled = compileKey(isSaid ? text : "src", scope, index);
    if (isSaid) this.#judge(compiled, text, path);
    else if (!compiled.ok)
      this.#report(
        "error",
        path.slice(0, -1),
        "value",
        `needs by: the table ${quote(table)} is not by addresses, as src is`,
      );
  }

  #judge<
    T extends {
      readonly ok: true;
      readonly reads: Compiled["reads"];
      readonly hasEffects: boolean;
      readonly warnings: Refused["errors"];
    },
  >(compiled: T | Refused, text: string, path: Path, part: "key" | "value" = "value", shift = 0): T | null {
    const remarks = compiled.ok ? compiled.warnings : this.#isBroken(text) ? [] : compiled.errors;
    for (const { offset, message } of remarks) {
      const inside = { text, offset: Math.max(0, Math.min(offset + shift, text.length)) };
      this.#report(compiled.ok ? "warning" : "error", path, part, continued(message), inside);
    }
    if (!compiled.ok) return null;
    for (const number of new Set(compiled.reads.fields)) {
      const why = this.missing.get(number);
      if (why !== undefined) this.#report("error", path, part, why);
    }
    for (const [table] of compiled.reads.tables) {
      const { name } = this.#scopes.request.tables[table]!;
      this.#read.add(name);
      if (compiled.hasEffects) this.#written.add(name);
    }
    return compiled;
  }

  #isBroken(text: string): boolean {
    return this.#broken.some((name) => text.includes(name));
  }
}

/** What the schema takes for an expression. */
function isWritten(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "" && value.length <= 4096;
}

/** What the caret stands under is the subject of some remarks; others bring their own. */
function continued(message: string): string {
  return /^(must|is|has|cannot|needs) /.test(message) ? message : `is wrong: ${message}`;
}

/** One thing, or each of a list of them, with its path. */
function each(value: unknown, path: Path): [Path, unknown][] {
  if (Array.isArray(value)) return listOf(value).map((one, index) => [[...path, index], one]);
  return value === undefined ? [] : [[path, value]];
}
