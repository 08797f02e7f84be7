// What HAProxy itself would not take in statements of which little or nothing is made here: words behind options, kinds of checks,
// targets of logs, modes of cookies. A file that HAProxy refuses is refused here too, at the same line, for whoever wrote it meant
// something else. HAProxy 2.6.

import { didYouMean } from "../../../base/nearest.ts";
import type { Ledger } from "../ledger.ts";
import { readBlock } from "./cidrwords.ts";
import { heard } from "./objection.ts";
import { pathOf, type Statement, type Word } from "./scene.ts";
import { warn } from "./tell.ts";

/** Options with words behind them, which are read elsewhere; all others stand alone. */
const withWords: ReadonlySet<string> = new Set(
  "httplog forwardfor originalto redispatch httpchk mysql-check pgsql-check smtpchk http-restrict-req-hdr-names".split(
    " ",
  ),
);
const levels = "emerg alert crit err warning notice info debug".split(" ");
const facilities = `kern user mail daemon auth syslog lpr news uucp cron auth2 ftp ntp audit alert cron2
  local0 local1 local2 local3 local4 local5 local6 local7`.split(/\s+/);
const retryEvents = `none conn-failure empty-response junk-response response-timeout 0rtt-rejected all-retryable-errors
  401 403 404 408 421 425 429 500 501 502 503 504`.split(/\s+/);
const checkSteps: Readonly<Record<string, readonly string[]>> = {
  "http-check": ["connect", "send", "expect", "disable-on-404", "send-state", "comment"],
  "tcp-check": ["connect", "send", "send-lf", "send-binary", "send-binary-lf", "expect", "comment"],
};

export function reviewStatement(statement: Statement, ledger: Ledger): void {
  const [first, second, ...rest] = statement.words as [Word, Word | undefined, ...Word[]];
  switch (first.text) {
    case "option":
      return second === undefined ? undefined : reviewOption(second, rest, statement, ledger);
    case "log":
      return reviewLog(statement, ledger);
    case "http-check":
    case "tcp-check":
      return reviewStep(first, second, ledger);
    case "retry-on":
      return known(ledger, statement.words.slice(1), retryEvents, "is no event that retry-on knows");
    case "hash-type":
      return reviewHash(second, rest, ledger);
    case "hash-balance-factor":
      return Number(second?.text) > 0 && Number(second?.text) <= 100
        ? ledger.fault(pathOf(second!), "must be 0 or greater than 100, as in HAProxy")
        : undefined;
    case "cookie":
      return reviewCookie(rest, ledger);
    default:
  }
}

function known(ledger: Ledger, words: readonly Word[], among: readonly string[], message: string): void {
  for (const word of words)
    if (!among.includes(word.text)) ledger.fault(pathOf(word), `${message}${didYouMean(word.text, among)}`);
}

function reviewOption(name: Word, rest: readonly Word[], statement: Statement, ledger: Ledger): void {
  if (name.text === "forceclose")
    warn(ledger, name, "is taken as option httpclose: HAProxy knows it no more since 2.0");
  if (!withWords.has(name.text)) {
    if (rest[0] !== undefined)
      ledger.fault(pathOf(rest[0]), `is one word too many: option ${name.text} stands alone, as in HAProxy`);
    return;
  }
  if (name.text === "httplog") return known(ledger, rest, ["clf"], "cannot stand behind option httplog");
  if ((name.text !== "forwardfor" && name.text !== "originalto") || statement.prefix !== null) return;
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at]!;
    if (word.text === "if-none" && name.text === "forwardfor") continue;
    const value = rest[++at];
    if (word.text !== "except" && word.text !== "header")
      return ledger.fault(
        pathOf(word),
        `cannot stand behind option ${name.text}; known are except, header and if-none`,
      );
    if (value === undefined) return ledger.fault(pathOf(word), "needs a value behind it");
    if (word.text === "except") heard(ledger, statement, () => readBlock(value, value.text));
  }
}

/** `log TARGET [len N] [format F] [sample S] FACILITY [LEVEL [LEVEL]]`. */
export function reviewLog({ words, prefix }: Statement, ledger: Ledger): void {
  const [first, target, ...rest] = words as [Word, Word | undefined, ...Word[]];
  if (prefix !== null || (target?.text === "global" && rest.length === 0)) return;
  if (target === undefined) return ledger.fault(pathOf(first), 'needs a target, such as "127.0.0.1:514 local0"');
  let at = 0;
  while (["len", "format", "sample"].includes(rest[at]?.text ?? "")) at += 2;
  const [facility, ...bounds] = rest.slice(at);
  if (facility === undefined) return ledger.fault(pathOf(target), 'needs a facility behind it, such as "local0"');
  known(ledger, [facility], facilities, "is no facility of syslog");
  known(ledger, bounds.slice(0, 2), levels, "is no level of syslog");
}

function reviewStep(first: Word, step: Word | undefined, ledger: Ledger): void {
  const steps = checkSteps[first.text]!; // Asked for these two only.
  if (step === undefined || steps.includes(step.text) || /^(?:un)?set-var(?:-fmt)?\(/.test(step.text)) return;
  ledger.fault(pathOf(step), `is nothing that ${first.text} can do${didYouMean(step.text, steps)}`);
}

function reviewHash(type: Word | undefined, rest: readonly Word[], ledger: Ledger): void {
  if (type === undefined) return;
  known(ledger, [type], ["map-based", "consistent"], "must be map-based or consistent");
  known(ledger, rest.slice(0, 1), ["sdbm", "djb2", "wt6", "crc32", "none"], "is no hash function of HAProxy's");
  known(ledger, rest.slice(1, 2), ["avalanche"], "must be avalanche");
}

function reviewCookie(rest: readonly Word[], ledger: Ledger): void {
  const modes = rest.filter(({ text }) => text === "insert" || text === "rewrite" || text === "prefix");
  if (modes[1] !== undefined)
    ledger.fault(
      pathOf(modes[1]),
      `cannot stand beside ${modes[0]!.text}: a cookie is inserted, rewritten or prefixed`,
    );
}
