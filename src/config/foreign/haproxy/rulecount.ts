// Actions on counters and variables: track-scN, sc-inc-gpc0(N), sc-set-gpt0(N), set-var(name), capture. Their
// names carry arguments, and what a slot holds is known only when rules are played, so a counter is not looked for in a table here.

import { quote } from "../../../base/reading.ts";
import { absent, type Code, call, choose, every, index, member, method, not, number, primary, yes } from "./code.ts";
import type { RuleDraft } from "./draft.ts";
import { readSample } from "./fetch.ts";
import { counterOf, slotsMax, tableNamed } from "./fetchtable.ts";
import { expressionOf } from "./logformat.ts";
import { fault, refuse } from "./objection.ts";
import type { Made, RuleLine } from "./ruleline.ts";
import { cast, type Kind, nameIn, type Sample, type Site, variableName } from "./sample.ts";
import type { Word } from "./scene.ts";
import { type StickTable, stickTables, stores } from "./sticktable.ts";

/** Null when the word is none of these. */
export function countAction(line: RuleLine, word: Word): { readonly made: Made } | null {
  const tracks = /^track-sc(\d+)?$/.exec(word.text) ?? (word.text.startsWith("track-sc") ? [word.text] : null);
  if (tracks !== null) return { made: track(line, word, tracks[1]) };
  const [, name = "", args] = /^([a-z0-9-]+)(?:\((.*)\))?$/.exec(word.text) ?? [];
  switch (name) {
    case "sc-inc-gpc0":
    case "sc-inc-gpc1":
    case "sc-inc-gpc":
    case "sc-set-gpt0":
    case "sc-set-gpt":
    case "sc-add-gpc":
      return { made: count(line, word, name, args) };
    case "set-var":
    case "set-var-fmt":
      return { made: setVariable(line, word, name, args) };
    case "unset-var":
      return { made: { set: { [variable(word, args)]: "null" } } };
    default:
      return null;
  }
}

function track(line: RuleLine, word: Word, written: string | undefined): RuleDraft {
  const slot = written === undefined ? Number.NaN : Number(written);
  if (!(slot < slotsMax))
    return fault(word, `must track in a slot from 0 to ${slotsMax - 1}: track-sc0 to track-sc${slotsMax - 1}`);
  const keyWord = line.next("a key to track by, such as src");
  const sample = sampleOf(line, keyWord);
  const named = line.take("table") === null ? undefined : line.next("the name of a table").text;
  const table = tableNamed(line.site, line.last, named);
  const key = keyOf(table, sample, keyWord);
  tellProbes(line, table);
  // A slot that the connection has taken stays the connection's; in our own rules a request's is another.
  const isTaken = call("has", member(index(primary("tracked"), number(slot)), "key"));
  const by = isTakenBefore(line.site, slot) ? choose(isTaken, absent, key) : key;
  return { track: { table: line.site.conversion.nameOf("table", table.proxy.name), by: by.text, slot } };
}

/** Who connects and leaves without a request is a request that failed to HAProxy, where the connection is tracked. */
function tellProbes(line: RuleLine, table: StickTable): void {
  const { proxy, stage } = line.site;
  if (proxy.mode === "tcp" || (stage !== "connection" && stage !== "session")) return;
  const isIgnored = proxy.statements.some(
    ({ words: [first, second] }) => first!.text === "option" && second?.text === "http-ignore-probes",
  );
  if (!isIgnored && (stores(table, "http_err_cnt", 0) || stores(table, "http_err_rate", 0)))
    line.differs(
      "a connection that is closed without a request counts in no http_req_ and no http_err_ of what is tracked, in HAProxy in both; conn_rate sees it",
    );
}

/** Whether a connection may have tracked in that slot by the time of a rule for requests. */
function isTakenBefore({ conversion, proxy, stage }: Site, slot: number): boolean {
  if (proxy.mode === "tcp" || stage === "connection" || stage === "session") return false;
  const fronts = proxy.kind === "backend" ? conversion.proxies.filter(({ kind }) => kind !== "backend") : [proxy];
  return fronts.some(({ statements }) =>
    statements.some(
      ({ words: [first, second, third] }) =>
        first?.text === "tcp-request" &&
        (second?.text === "connection" || second?.text === "session") &&
        third?.text === `track-sc${slot}`,
    ),
  );
}

function sampleOf(line: RuleLine, word: Word): Sample {
  const sample = readSample(line.site, word);
  if (sample.missing !== null) fault(word, `cannot be a key here: ${sample.missing}`);
  return sample;
}

/** A sample as the key of a table, cast as HAProxy casts it. A key that is a number takes the digits that a text begins with. */
export function keyOf(table: StickTable, sample: Sample, word: Word): Code {
  const isUnlike = table.keyKind === "ip" ? ["bytes", "bool"] : table.keyKind === "integer" ? ["bytes"] : [];
  if (isUnlike.includes(sample.kind))
    return fault(word, `is of a type that table ${table.proxy.name} does not take for its keys, as in HAProxy`);
  if (table.keyKind === "integer" && ["text", "bytes", "address"].includes(sample.kind)) return sample.code;
  const kinds: Record<StickTable["keyKind"], Kind> = { ip: "address", integer: "int", string: "text", binary: "bytes" };
  return cast(sample, kinds[table.keyKind], word).code;
}

function count(line: RuleLine, word: Word, name: string, written: string | undefined): RuleDraft {
  const args = written === undefined ? [] : written.split(",").map((arg) => arg.trim());
  const isArray = !/[01]$/.test(name);
  const numbers = args.map((arg) => (/^\d{1,2}$/.test(arg) ? Number(arg) : Number.NaN));
  const usage = isArray ? `${name}(COUNTER,SLOT)` : `${name}(SLOT)`;
  // Without brackets it is slot 0.
  const [first = isArray ? Number.NaN : 0, second = Number.NaN] = numbers;
  const slot = isArray ? second : first;
  if (((written !== undefined || isArray) && args.length !== (isArray ? 2 : 1)) || !(slot < slotsMax) || !(first < 100))
    return fault(word, `must be written ${usage} with a slot from 0 to ${slotsMax - 1}, not ${quote(word.text)}`);
  const type = name.includes("gpt") ? "gpt" : "gpc";
  const element = isArray ? first : Number(name.at(-1));
  const target = counterOf(index(primary("tracked"), number(slot)), { type, element }).text;
  if (!canStore(line.site, type, element))
    line.differs(`no table stores ${type}${element}, so nothing is counted, as in HAProxy`);
  if (name.startsWith("sc-inc")) return { increment: target };
  const valueWord = line.next("a number or a sample");
  const value = /^\d{1,10}$/.test(valueWord.text)
    ? valueWord.text
    : cast(readSample(line.site, valueWord), "int", valueWord).code.text;
  return name === "sc-add-gpc" ? { increment: { [target]: value } } : { set: { [target]: value } };
}

function canStore(site: Site, type: string, element: number): boolean {
  return [...stickTables(site.conversion).values()].some(({ store }) =>
    store.some((one) => one.startsWith(type) && (one.startsWith(`${type}(`) || one.startsWith(`${type}${element}`))),
  );
}

function setVariable(line: RuleLine, word: Word, name: string, args: string | undefined): Made {
  const target = variable(word, args);
  const when = conditionsOf(word, target, args);
  const scope = /^[a-z]+/.exec(args ?? "")![0];
  if (scope === "sess" && line.site.stage !== "connection" && line.site.stage !== "session")
    line.differs("the variable lasts as long as the request, not as the connection");
  if (name === "set-var-fmt")
    return { ...guardedBy([when]), set: { [target]: expressionOf(line.format("a text", true)).text } };
  const sample = line.sample("a sample");
  if (sample.isLate) fault(line.last, `asks for what is not there: ${sample.missing}`);
  // A truth in a variable is 1 or 0, in texts and in numbers.
  const stored = sample.kind === "bool" ? cast(sample, "int", line.last) : sample;
  // What is not there leaves a variable as it is.
  const isKept = !sample.isEffect && isSetAgain(line.site, args!) && call("has", stored.code);
  const guards = [when, ...(isKept ? [isKept] : [])];
  return { ...guardedBy(guards), set: { [target]: stored.code.text } };
}

function guardedBy(codes: readonly Code[]): { readonly if?: string } {
  const told = codes.filter(({ text }) => text !== yes.text);
  return told.length === 0 ? {} : { if: every(told).text };
}

/** Whether another line sets the same variable. */
function isSetAgain({ conversion }: Site, args: string): boolean {
  const name = args.split(",")[0]!.trim();
  const isIt = ({ text }: Word): boolean => /^set-var(?:-fmt)?\(([^,)]*)/.exec(text)?.[1]?.trim() === name;
  const lines = conversion.proxies.flatMap(({ statements }) => statements.filter(({ words }) => words.some(isIt)));
  return new Set(lines.map(({ line }) => line)).size > 1;
}

/** `set-var(txn.x,ifnotexists)`: whether it is set, by what it holds. */
function conditionsOf(word: Word, target: string, args: string | undefined): Code {
  const [, ...written] = (args ?? "").split(",").map((arg) => arg.trim());
  const isThere = call("has", primary(target));
  const codes = written.map((one) => {
    if (one === "ifexists") return isThere;
    if (one === "ifnotexists") return not(isThere);
    return /^if(?:not)?(?:empty|set)$|^if[gl]t$/.test(one)
      ? refuse(
          word,
          `a variable is set by whether it is there, ifexists or ifnotexists, not by ${one}: write a condition`,
        )
      : fault(word, `has ${quote(one)} where ifexists or ifnotexists can stand`);
  });
  return every(codes);
}

function variable(word: Word, args: string | undefined): string {
  const name = args?.split(",")[0]?.trim();
  if (name === undefined || name === "")
    return fault(word, "needs the name of a variable in brackets, such as txn.name");
  return nameIn("vars", variableName(word, name)).text;
}

/** `capture SAMPLE len N` and `capture SAMPLE id N`: what stands in the slot of that number from then on. */
export function capture(
  line: RuleLine,
  slotOf: (line: RuleLine, id: number | null, length: number) => { id: number; length: number } | null,
): Made {
  const sample = line.sample("a sample");
  const how = line.take("len", "id");
  if (how === null) return fault(line.last, "needs len with a length, or id with a slot, behind it");
  const { stage, proxy } = line.site;
  if (how.text === "len" && stage === "response")
    fault(how, "must be id, as in HAProxy: the slot is made by declare capture response in a frontend");
  if (how.text === "len" && proxy.kind === "backend")
    fault(how, "is not taken in a backend, as in HAProxy: its slots are those of a frontend, by id");
  const word = line.next("a number");
  const value = /^\d{1,6}$/.test(word.text)
    ? Number(word.text)
    : fault(word, `must be a number, not ${quote(word.text)}`);
  const slot = how.text === "id" ? slotOf(line, value, 0) : slotOf(line, null, value);
  if (slot === null) return null;
  const kind = line.site.stage === "response" ? "res" : "req";
  const code = method(cast(sample, "text", word).code, "substring", number(0), number(slot.length));
  return { set: { [nameIn("vars", `capture_${kind}_${slot.id}`).text]: code.text } };
}
