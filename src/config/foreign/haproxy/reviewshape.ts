// The shape of lines of which little or nothing is made here, and which HAProxy would still not take: an argument that is missing, is one
// too many, or is no number. A line is looked at as one text, word for word. What is read elsewhere is judged there. HAProxy 2.6.

import type { Ledger } from "../ledger.ts";
import { linePath, pathOf, type Statement } from "./scene.ts";

interface Shape {
  /** What the line begins with. */
  readonly of: RegExp;
  /** The whole line, its words with a space between. */
  readonly fits: RegExp;
  readonly expected: string;
  /** As it is usually written; HAProxy takes another, and passes over what is odd in it. */
  readonly usual?: RegExp;
  /** An option that has the lines read elsewhere. */
  readonly unless?: string;
}

const time = String.raw`\d+(?:us|ms|s|m|h|d)?`;
const anything = String.raw`\S.*`;
/** As far as atol reads it. */
const count = String.raw`\+?0*[1-9]\S*`;
const checkOption = String.raw`(?:min-recv|comment|ok-status|error-status|tout-status|on-success|on-error|status-code) \S+`;
const beforePattern = `(?:${checkOption} )*(?:! ?)*`;
const statusRange = String.raw`(?:\d+(?:-\d+)?)?`;
/** What stands behind one of these is a name, whatever word it is. */
const named = "(?<! (?:cookie|track|namespace|resolvers|crt|ca-file|sni|check-sni|id))";

const shapes: readonly Shape[] = [
  { of: /^monitor-uri/, fits: /^monitor-uri \S+$/, expected: "needs one path, such as monitor-uri /health" },
  {
    of: /^capture cookie/,
    fits: /^capture cookie \S+ \S+ \S+(?: \S+)?$/,
    usual: /^capture cookie \S+ len \d+$/,
    expected: "must be capture cookie NAME len N",
  },
  {
    of: /^compression algo/,
    fits: /^compression algo(?: (?:identity|gzip|deflate|raw-deflate))+$/,
    expected: "must name identity, gzip, deflate or raw-deflate",
  },
  { of: /^id/, fits: new RegExp(`^id ${count}$`), expected: "needs a whole number above 0" },
  { of: /^stats uri/, fits: /^stats uri \S+/, usual: /^stats uri \S+$/, expected: "needs one path" },
  {
    of: /^stats refresh/,
    fits: new RegExp(`^stats refresh ${time}(?: |$)`),
    usual: /^stats refresh \S+$/,
    expected: "needs one time, such as 10s",
  },
  {
    of: /^balance uri/,
    fits: new RegExp(`^balance uri(?: (?:len|depth) ${count}| whole| path-only)*$`),
    expected: "can have len and depth, with a number above 0 each, whole and path-only",
  },
  {
    of: /^balance random\(/,
    fits: /^balance random\(\s*(?:\+?0*[1-9]\d*)?\s*\)/,
    expected: "needs a number of draws above 0",
  },
  { of: /^retry-on .*none/, fits: /^retry-on none$/, expected: "has none beside other events" },
  {
    of: /^(?:force|ignore)-persist/,
    fits: /^(?:force|ignore)-persist (?:if|unless)(?: |$)/,
    usual: new RegExp(`(?:if|unless) ${anything}$`),
    expected: "needs a condition: if or unless, and what",
  },
  {
    of: /^http-(?:request|response) wait-for-body/,
    fits: new RegExp(`^http-\\w+ wait-for-body(?: at-least \\S+)* time ${time}(?: .*)?$`),
    expected: "needs a time: wait-for-body time 1s",
  },
  {
    of: /^option mysql-check/,
    fits: /^option mysql-check(?: user \S+(?: (?:pre|post)-41)?)?$/,
    expected: "can have user NAME, and pre-41 or post-41",
  },
  {
    of: /^http-check send(?: |$)/,
    fits: /^http-check send(?: (?:comment|meth|uri|uri-lf|ver|body|body-lf) \S+| hdr \S+ \S+)*$/,
    expected: "can have meth, uri, uri-lf, ver, body and body-lf with a value each, and hdr with a name and a value",
    unless: "httpchk",
  },
  {
    of: /^http-check expect/,
    fits: new RegExp(
      `^http-check expect ${beforePattern}(?:(?:status (?=[\\d,])${statusRange}(?:,${statusRange})*|custom)(?: ${checkOption})*|(?:rstatus|string|rstring|string-lf|hdr|fhdr) ${anything})$`,
    ),
    expected: "needs status, rstatus, string, rstring, string-lf, hdr or fhdr, and a pattern",
    unless: "httpchk",
  },
  {
    of: /^tcp-check expect/,
    fits: new RegExp(
      `^tcp-check expect ${beforePattern}(?:custom|binary (?:[0-9a-fA-F]{2})+|(?:string|rstring|string-lf|rbinary|binary-lf) ${anything})(?: .*)?$`,
    ),
    expected: "needs string, rstring, string-lf, binary, rbinary or binary-lf, and a pattern",
    unless: "tcp-check",
  },
  {
    of: /^tcp-check send-binary /,
    fits: /^tcp-check send-binary (?:[0-9a-fA-F]{2})+(?: comment .*)?$/,
    expected: "needs bytes in hexadecimal",
    unless: "tcp-check",
  },
  {
    of: /^(?:default-)?server .*inter /,
    fits: new RegExp(`^(?!.*${named} (?:inter|fastinter|downinter) 0+(?:us|ms|s|m|h|d)?(?: |$))`),
    expected: "has an interval of 0",
  },
  {
    of: /^(?:default-)?server .*on-marked-(?:down|up) /,
    fits: new RegExp(
      `^(?!.*${named} on-marked-down (?!shutdown-sessions(?: |$)))(?!.*${named} on-marked-up (?!shutdown-backup-sessions(?: |$)))`,
    ),
    expected: "can have on-marked-down shutdown-sessions and on-marked-up shutdown-backup-sessions",
  },
];

/** `others`: all lines of the section, and of those that it takes on. */
export function reviewShape(statement: Statement, others: readonly Statement[], ledger: Ledger): void {
  const { words, prefix } = statement;
  if (prefix !== null) return;
  const path = words[1] === undefined ? linePath(statement) : pathOf(words[0]!);
  // A word that was quoted is one, whatever stands in it.
  const line = words.map(({ text }) => text.replaceAll(/\s/g, "_") || "_").join(" ");
  for (const { of, fits, usual, expected, unless } of shapes) {
    if (!of.test(line)) continue;
    if (fits.test(line)) {
      if (usual?.test(line) === false)
        ledger.judged({
          severity: "warning",
          path,
          part: "value",
          message: `${expected}; HAProxy takes it all the same`,
        });
      continue;
    }
    const isRead = others.some(({ words: [first, second] }) => first!.text === "option" && second?.text === unless);
    if (unless === undefined || !isRead) return ledger.fault(path, `${expected}, as in HAProxy`);
  }
}
