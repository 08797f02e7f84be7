// What servers are told about the client: option forwardfor and originalto. HAProxy tells nothing unless asked, so everything of ours is
// off in a converted config. It asks once a backend is chosen, behind all rules, whether the frontend or the backend has the option, and
// the backend's name for the field comes before the frontend's. X-Forwarded-For is a matter of the listener here where all that it leads
// to have it so; otherwise, and under any other name, a rule of the pool writes it. X-Forwarded-* that a client sends is removed unless
// `except` holds its address, or if-none asks for it; HAProxy passes it on. It says to nobody who the client is.

import type { ListenerInput } from "../../input.ts";
import { readBlock } from "./cidrwords.ts";
import { listOf, primary, relate, text } from "./code.ts";
import type { RuleDraft } from "./draft.ts";
import { Objection } from "./objection.ts";
import { type Conversion, linePath, pathOf, type Service, type Statement, type Word } from "./scene.ts";
import type { Settings } from "./settings.ts";

/** A frontend as its backends see it. */
export interface Face {
  readonly settings: Settings;
  /** What requests may come to, the default one first. */
  readonly behind: readonly Settings[];
  /** Names of its listeners. */
  readonly listeners: readonly string[];
}

const silent = { xForwardedFor: false, xForwardedProto: false, xForwardedHost: false };
const usualName = "X-Forwarded-For";
const everybody = ["0.0.0.0/0", "::/0"];

/** Keys of the listeners of a frontend. `behind`: what a request of it may come to, whose own option counts too. */
export function forwardingOf(
  { ledger }: Conversion,
  settings: Settings,
  behind: readonly Settings[],
): Partial<ListenerInput> {
  ledger.note(
    pathOf(settings.proxy.word),
    "X-Forwarded-* and Forwarded that clients send are removed, but for those of option forwardfor except",
  );
  const asked = endsOf(settings, behind).map((back) => usualAsked(settings, back));
  const unless = asked.filter(isUnlessThere).flat();
  for (const statement of new Set(unless))
    ledger.note(linePath(statement), "X-Forwarded-* and Forwarded of all clients go on, as in HAProxy");
  const except = unless.length > 0 ? everybody : [...new Set(asked.flat().flatMap(exceptedBy))];
  const isAdded = isOfListener(settings, behind);
  return {
    forwarding: { ...silent, xForwardedFor: isAdded, ...(except.length === 0 ? {} : { except }) },
    via: false,
    requestId: false,
  };
}

/** The last rules of a pool. `fronts` lead to it; where they ask for different things, each rule is for the listeners of its own. */
export function forwardingRules(settings: Settings, fronts: readonly Face[]): readonly RuleDraft[] {
  if (fronts.length === 0) return rulesFor(null, settings);
  const each = fronts.map((front) => rulesFor(front, settings));
  const [first] = each.map((rules) => JSON.stringify(rules));
  if (each.every((rules) => JSON.stringify(rules) === first)) return each[0]!;
  return fronts.flatMap(({ listeners }, at): RuleDraft[] => {
    const [name] = listeners;
    const isOne = relate(
      primary("listener"),
      listeners.length === 1 ? "==" : "in",
      listeners.length === 1 ? text(name!) : listOf(listeners.map(text)),
    );
    // A name is that of one rule.
    const rules = each[at]!.map(({ name: _, ...rule }) => rule);
    return rules.length === 0 ? [] : [{ if: isOne.text, rules }];
  });
}

/** Some pool may have such rules, which come behind all others. */
export function isForwardingRuled(proxies: readonly Service[]): boolean {
  return proxies.some(({ statements }) =>
    statements.some(
      ({ words }) => words[0]!.text === "option" && /^(?:forwardfor|originalto)$/.test(words[1]?.text ?? ""),
    ),
  );
}

function rulesFor(front: Face | null, settings: Settings): readonly RuleDraft[] {
  const own = front?.settings ?? settings;
  const rules = [originalRule(asked("originalto", own, settings))];
  if (front === null || !isOfListener(front.settings, front.behind))
    rules.push(forwardedRule(asked("forwardfor", own, settings)));
  return rules.filter((rule) => rule !== null);
}

/** Whatever a request of this frontend comes to is told the client by X-Forwarded-For, in the same way. */
function isOfListener(settings: Settings, behind: readonly Settings[]): boolean {
  const asked = endsOf(settings, behind).map((back) => usualAsked(settings, back));
  const excepted = new Set(asked.map((all) => all.flatMap(exceptedBy).toSorted().join(" ")));
  return excepted.size === 1 && asked.every((all) => all.length > 0 && !isUnlessThere(all));
}

function endsOf(settings: Settings, behind: readonly Settings[]): readonly Settings[] {
  return behind.length === 0 ? [settings] : behind;
}

/** Those who ask, where what they ask for has its usual name. */
function usualAsked(front: Settings, back: Settings): readonly Statement[] {
  const all = asked("forwardfor", front, back);
  return all.length > 0 && nameIn(all[0]!) === usualName ? all : [];
}

/** The option of the backend, then that of the frontend. */
function asked(name: string, front: Settings, back: Settings): readonly Statement[] {
  return [...new Set([back.option(name), front.option(name)])].filter((statement) => statement !== undefined);
}

function originalRule(all: readonly Statement[]): RuleDraft | null {
  if (all.length === 0) return null;
  const conditions = exceptions(all, "dst");
  return {
    name: "originalto",
    ...(conditions.length > 0 ? { if: conditions.join(" && ") } : {}),
    addHeader: { [argument(all[0]!, "header")?.text ?? "X-Original-To"]: "{dst}" },
  };
}

function forwardedRule(all: readonly Statement[]): RuleDraft | null {
  if (all.length === 0) return null;
  const name = nameIn(all[0]!);
  const conditions = [
    ...(isUnlessThere(all) ? [`!has(headers['${name.toLowerCase()}'])`] : []),
    ...exceptions(all, "src"),
  ];
  return {
    name: "forwardfor",
    ...(conditions.length > 0 ? { if: conditions.join(" && ") } : {}),
    addHeader: { [name]: "{src}" },
  };
}

function exceptions(all: readonly Statement[], address: string): readonly string[] {
  return [...new Set(all.flatMap(exceptedBy))].map((block) => `!(${address} in cidr('${block}'))`);
}

function exceptedBy(statement: Statement): readonly string[] {
  const word = argument(statement, "except");
  if (word === undefined) return [];
  try {
    return [readBlock(word, word.text)];
  } catch (error) {
    // What it says has been told with the statement.
    if (error instanceof Objection) return [];
    throw error;
  }
}

/** The field is added only where there is none: all that ask for it say so. */
function isUnlessThere(all: readonly Statement[]): boolean {
  return all.length > 0 && all.every(({ words }) => words.some(({ text: word }) => word === "if-none"));
}

function nameIn(statement: Statement): string {
  const name = argument(statement, "header")?.text ?? usualName;
  return name.toLowerCase() === usualName.toLowerCase() ? usualName : name;
}

function argument({ words }: Statement, name: string): Word | undefined {
  const at = words.findIndex(({ text: word }, index) => index > 1 && word === name);
  return at === -1 ? undefined : words[at + 1];
}
