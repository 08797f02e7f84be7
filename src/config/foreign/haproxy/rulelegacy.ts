// Rules of HAProxy 1.x that 2.6 takes no more: block, reqadd, rspadd, reqidel and so on. What says the same as a rule of today is taken
// as that, with a warning; the others are told with the rule that stands for them now.

import { quote } from "../../../base/reading.ts";
import { fault } from "./objection.ts";
import type { Made, RuleLine } from "./ruleline.ts";
import { warn } from "./tell.ts";

const successors: Readonly<Record<string, string>> = {
  rep: "http-request replace-path, replace-uri or replace-header",
  irep: "http-request replace-path, replace-uri or replace-header",
  deny: "http-request deny if { ... }",
  ideny: "http-request deny if { ... }",
  allow: "http-request allow if { ... }",
  iallow: "http-request allow if { ... }",
  pass: "http-request allow if { ... }",
  ipass: "http-request allow if { ... }",
  tarpit: "http-request tarpit if { ... }",
  itarpit: "http-request tarpit if { ... }",
  del: "http-request del-header",
  idel: "http-request del-header",
  setbe: "use_backend if { ... }",
  isetbe: "use_backend if { ... }",
};

/** Null when the word is none of these. */
export function legacyRule(line: RuleLine): Made | undefined {
  const [first] = line.statement.words;
  const { ledger } = line.site.conversion;
  const old = (today: string): void => warn(ledger, first!, `is taken as ${today}: HAProxy knows it no more since 2.1`);
  if (first!.text === "block") {
    old("http-request deny");
    return { deny: true };
  }
  const [, side, action = ""] = /^(req|rsp)(\w+)$/.exec(first!.text) ?? [];
  if (side === undefined) return undefined;
  const family = side === "req" ? "http-request" : "http-response";
  if (action === "add") {
    const word = line.next("a field, as in Name: value");
    const field = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):\s*(.*)$/.exec(word.text);
    if (field === null) return fault(word, `must be a field such as "X-Name: value", not ${quote(word.text)}`);
    old(`${family} add-header`);
    return { addHeader: { [field[1]!]: field[2]!.replaceAll(/[{}]/g, "$&$&") } };
  }
  if (action === "del" || action === "idel") {
    const word = line.next("a regular expression");
    const name = /^\^?([A-Za-z0-9-]+):(?:\.\*)?\$?$/.exec(word.text);
    if (name !== null) {
      old(`${family} del-header`);
      return { removeHeader: name[1]! };
    }
  }
  const today = Object.hasOwn(successors, action) ? successors[action] : undefined;
  if (today === undefined) return fault(first!, `is no keyword of HAProxy's: ${quote(first!.text)}`);
  return fault(first!, `is refused, by HAProxy too since 2.1: write ${today.replaceAll("http-request", family)}`);
}
