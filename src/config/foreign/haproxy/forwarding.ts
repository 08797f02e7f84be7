// What servers are told about the client: option forwardfor and originalto. HAProxy tells nothing unless asked, so everything of ours is
// off in a converted config. X-Forwarded-For itself is a matter of the listener here; under another name a rule writes it, of the
// listener or of the pool, wherever HAProxy was asked. X-Forwarded-* that a client sends is removed unless trustedProxies holds its
// address; HAProxy passes it on.

import type { ListenerInput } from "../../input.ts";
import type { RuleDraft } from "./draft.ts";
import { isBlock } from "./review.ts";
import { type Conversion, linePath, pathOf, type Statement, type Word } from "./scene.ts";
import type { Settings } from "./settings.ts";

export interface Told {
  readonly keys: Partial<ListenerInput>;
  readonly rules: readonly RuleDraft[];
}

const silent = { xForwardedFor: false, xForwardedProto: false, xForwardedHost: false };
const usualName = "X-Forwarded-For";

/** `behind`: backends that a request of this frontend may come to, whose own option counts too. */
export function forwardingOf(conversion: Conversion, settings: Settings, behind: readonly Settings[]): Told {
  const { ledger } = conversion;
  ledger.note(
    pathOf(settings.proxy.word),
    "X-Forwarded-* and Forwarded that clients send are removed, unless trustedProxies holds their address",
  );
  const own = settings.option("forwardfor");
  const theirs = behind.map((each) => usualOf(each));
  const statement = own ?? theirs.find((each) => each !== undefined);
  const told = { via: false, requestId: false } as const;
  const rules = [...originalRules(settings), ...(own === undefined ? [] : namedRules(own))];
  if (statement === undefined || nameIn(statement) !== usualName)
    return { keys: { forwarding: silent, ...told }, rules };
  if (own === undefined && theirs.some((each) => each === undefined))
    ledger.approximate(linePath(statement), "servers of the other backends of its frontend are told too");
  const named = argument(statement, "except");
  const except = named !== undefined && isBlock(named.text) ? named : undefined;
  if (statement.words.some(({ text }) => text === "if-none"))
    ledger.approximate(
      linePath(statement),
      "X-Forwarded-For that a client sends is replaced, unless trustedProxies holds its address",
    );
  if (except !== undefined)
    ledger.approximate(
      pathOf(except),
      "X-Forwarded-For of these is believed and continued, and src in rules is the client that they report",
    );
  return {
    keys: {
      ...(except === undefined ? {} : { trustedProxies: [except.text] }),
      forwarding: { ...silent, xForwardedFor: true },
      ...told,
    },
    rules,
  };
}

/** Of a backend whose frontends have not asked already. */
export function forwardingRules(settings: Settings, fronts: readonly Settings[]): readonly RuleDraft[] {
  const own = settings.option("forwardfor");
  const isAsked = fronts.length > 0 && fronts.every((front) => front.option("forwardfor") !== undefined);
  const isOriginal = fronts.length > 0 && fronts.every((front) => front.option("originalto") !== undefined);
  return [...(isOriginal ? [] : originalRules(settings)), ...(own === undefined || isAsked ? [] : namedRules(own))];
}

/** `option forwardfor` under its usual name. */
function usualOf(settings: Settings): Statement | undefined {
  const statement = settings.option("forwardfor");
  return statement !== undefined && nameIn(statement) === usualName ? statement : undefined;
}

function originalRules(settings: Settings): RuleDraft[] {
  const statement = settings.option("originalto");
  if (statement === undefined) return [];
  const except = argument(statement, "except");
  const condition = except === undefined ? {} : { if: `!(dst in cidr('${except.text}'))` };
  return [
    {
      name: "originalto",
      ...condition,
      addHeader: { [argument(statement, "header")?.text ?? "X-Original-To"]: "{dst}" },
    },
  ];
}

function namedRules(statement: Statement): RuleDraft[] {
  const name = nameIn(statement);
  if (name === usualName) return [];
  const except = argument(statement, "except");
  const conditions = [
    ...(statement.words.some(({ text }) => text === "if-none") ? [`!has(headers['${name.toLowerCase()}'])`] : []),
    ...(except === undefined ? [] : [`!(src in cidr('${except.text}'))`]),
  ];
  const condition = conditions.length > 0 ? { if: conditions.join(" && ") } : {};
  return [{ name: "forwardfor", ...condition, addHeader: { [name]: "{src}" } }];
}

function nameIn(statement: Statement): string {
  const name = argument(statement, "header")?.text ?? usualName;
  return name.toLowerCase() === usualName.toLowerCase() ? usualName : name;
}

function argument({ words }: Statement, name: string): Word | undefined {
  const at = words.findIndex(({ text }, index) => index > 1 && text === name);
  return at === -1 ? undefined : words[at + 1];
}
