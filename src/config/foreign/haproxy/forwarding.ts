// What servers are told about the client: option forwardfor and originalto. HAProxy tells nothing unless asked, so everything of ours is
// off in a converted config. X-Forwarded-* that a client sends is removed here unless trustedProxies holds its address; HAProxy passes it on.

import type { ListenerInput } from "../../input.ts";
import type { RuleDraft } from "./draft.ts";
import { type Conversion, linePath, pathOf, type Statement, type Word } from "./scene.ts";
import type { Settings } from "./settings.ts";

export interface Told {
  readonly keys: Partial<ListenerInput>;
  readonly rules: readonly RuleDraft[];
}

const silent = { xForwardedFor: false, xForwardedProto: false, xForwardedHost: false };

/** `behind`: backends that a request of this frontend may come to, whose own option counts too. */
export function forwardingOf({ ledger }: Conversion, settings: Settings, behind: readonly Settings[]): Told {
  const own = settings.option("forwardfor");
  const theirs = behind.map((each) => each.option("forwardfor"));
  const statement = own ?? theirs.find((each) => each !== undefined);
  const original = settings.option("originalto");
  const rules: RuleDraft[] = [];
  if (original !== undefined) {
    const name = argument(original, "header")?.text ?? "X-Original-To";
    rules.push({ name: "originalto", setHeader: { [name]: "{dst}" } });
  }
  const told = { via: false, requestId: false } as const;
  if (statement === undefined) return { keys: { forwarding: silent, ...told }, rules };
  if (own === undefined && theirs.some((each) => each === undefined))
    ledger.approximate(linePath(statement), "servers of the other backends of its frontend are told too");
  const header = argument(statement, "header");
  const except = argument(statement, "except");
  const isIfNone = statement.words.some(({ text }) => text === "if-none");
  if (header !== undefined && header.text.toLowerCase() !== "x-forwarded-for") {
    const name = header.text;
    const conditions = [
      ...(isIfNone ? [`!has(headers['${name.toLowerCase()}'])`] : []),
      ...(except === undefined ? [] : [`!(src in cidr('${except.text}'))`]),
    ];
    rules.push({
      name: "forwardfor",
      ...(conditions.length > 0 ? { if: conditions.join(" && ") } : {}),
      addHeader: { [name]: "{src}" },
    });
    return { keys: { forwarding: silent, ...told }, rules };
  }
  if (isIfNone)
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

function argument({ words }: Statement, name: string): Word | undefined {
  const at = words.findIndex(({ text }, index) => index > 1 && text === name);
  return at === -1 ? undefined : words[at + 1];
}
