// Lines of the access log in HAProxy's language (its configuration manual, 8.2.4): "%ci:%cp [%tr] %ft %b/%s %ST %{+Q}r". A text
// becomes parts once, when a config is read; data/accesslog/layout.ts makes a writer of them. %[NAME] has a field of our own log,
// %[header:NAME:LENGTH] one of the request as it came, %[var:NAME:LENGTH] a variable that rules have set; with a
// question mark, as in %[header?:NAME], nothing stands for what is not there, instead of "-". Runs of spaces are one, as there.

import { didYouMean } from "../base/nearest.ts";
import { misread, quote, type Reading, read } from "../base/reading.ts";
import { type LogField, logFields } from "./logfields.ts";
import type { LogLayoutPlan, LogPart } from "./plan.ts";

/** What stands behind a percent sign. */
export const logAliases: readonly string[] = [
  ...["ci", "cp", "fi", "fp", "si", "sp", "f", "ft", "b", "s", "H", "pid", "ID"],
  ...["t", "T", "Tl", "tr", "trg", "trl", "Ts", "ms"],
  ...["TR", "Tw", "Tc", "Tr", "Ta", "Tt", "Td", "Th", "Ti", "Tq", "Tu"],
  ...["ST", "B", "U", "CC", "CS", "ts", "tsc", "ac", "fc", "bc", "sc", "rc", "sq", "bq", "lc", "rt"],
  ...["r", "HM", "HP", "HPO", "HQ", "HU", "HV", "sslv", "sslc"],
];

export const httpLine: string =
  "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r";
export const tcpLine: string = "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq";
/** What a handshake has failed of is 0: one that has failed has no line. */
export const httpsLine: string = `${httpLine} 0/0/0/0/%[tls_resumed] %[server_name]/%sslv/%sslc`;
export const clfLine: string =
  '%{+Q}o %{-Q}ci - - [%trg] %r %ST %B "" "" %cp %ms %ft %b %s %TR %Tw %Tc %Tr %Ta %tsc %ac %fc %bc %sc %rc %sq %bq %CC %CS %hrl %hsl';

export const namedLayouts: Readonly<Record<string, { readonly exchange: string; readonly session: string }>> = {
  httplog: { exchange: httpLine, session: tcpLine },
  tcplog: { exchange: tcpLine, session: tcpLine },
  httpslog: { exchange: httpsLine, session: tcpLine },
};

export const logTextMax: number = 4096;
const partsMax = 256;
/** Those that can be in quotes. */
const texts: ReadonlySet<string> = new Set([
  "ci",
  "fi",
  "si",
  "f",
  "ft",
  "b",
  "s",
  "H",
  "ID",
  "CC",
  "CS",
  "r",
  "HM",
  "HP",
  "HPO",
  "HQ",
  "HU",
  "HV",
  "sslv",
  "sslc",
]);
const aliasNames: ReadonlySet<string> = new Set(logAliases);
const fieldNames: ReadonlySet<string> = new Set([...logFields, "tls_resumed"]);
/** Captures of HAProxy's; a format of ours names fields instead. */
const captures: ReadonlySet<string> = new Set(["hr", "hs", "hrl", "hsl"]);

/** What is put in the place of HAProxy's captures, and of its samples. A sample's text is one of ours, or null where it cannot be had. */
export interface ForeignWords {
  readonly captures: (name: string) => string;
  readonly sample: (text: string) => string | null;
}

/** A problem is told by what cannot be had. */
export function readLogParts(text: string): Reading<readonly LogPart[]> {
  if (text.length > logTextMax) return misread(`must be a text of at most ${logTextMax} characters`);
  if (/[\0-\x1f\x7f]/.test(text)) return misread("must hold no control characters: a line is one line");
  const parts: LogPart[] = [];
  let plain = "";
  let areQuoted = false;
  let at = 0;
  const add = (part: LogPart): void => {
    if (plain !== "") parts.push({ kind: "text", text: plain });
    plain = "";
    parts.push(part);
  };
  while (at < text.length) {
    if (text[at] !== "%" || text[at + 1] === "%") {
      if (text[at] !== " " || !(plain.endsWith(" ") || (plain === "" && parts.length === 0))) plain += text[at];
      at += text[at] === "%" ? 2 : 1;
      continue;
    }
    const [start, flags = ""] = /^%(?:\{([^}]*)\})?/.exec(text.slice(at))!;
    at += start.length;
    const wrong = flags.split(",").find((flag) => flag !== "" && !/^[+-][QM]$/.test(flag.trim()));
    if (wrong !== undefined) return misread(`has the flag ${quote(wrong)}, and knows +Q and -Q`);
    const isQuoted: boolean = flags.includes("+Q") || (areQuoted && !flags.includes("-Q"));
    if (text[at] === "[") {
      const end = text.indexOf("]", at);
      if (end === -1) return misread(`has no closing ] after ${quote(text.slice(at))}`);
      const part = bracketed(text.slice(at + 1, end), isQuoted);
      if (typeof part === "string") return misread(part);
      add(part);
      at = end + 1;
      continue;
    }
    const name = /^[A-Za-z]+/.exec(text.slice(at))?.[0] ?? "";
    if (name === "") return misread("has a lone %: %% stands for itself");
    at += name.length;
    if (name === "o") areQuoted = isQuoted;
    else if (aliasNames.has(name)) add({ kind: "alias", name, isQuoted: isQuoted && texts.has(name) });
    else if (!captures.has(name))
      return misread(
        `has %${name}, which is not known here${didYouMean(name, logAliases)}; %% stands for a percent sign`,
      );
  }
  if (plain !== "") parts.push({ kind: "text", text: plain });
  return parts.length > partsMax ? misread(`must have at most ${partsMax} parts`) : read(parts);
}

function bracketed(inside: string, isQuoted: boolean): LogPart | string {
  const named = /^(header|var)(\??):([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64})(?::(\d{1,4}))?$/.exec(inside);
  if (named !== null) {
    const [, kind, bare, name, length] = named;
    const common = { bytesMax: Number(length ?? 1024), isQuoted, isBare: bare !== "" };
    return kind === "var"
      ? { kind: "var", name: name!, ...common }
      : { kind: "header", name: name!.toLowerCase(), ...common };
  }
  // It is one of these.
  if (fieldNames.has(inside)) return { kind: "field", field: inside as LogField | "tls_resumed", isQuoted };
  return `has %[${inside}], which is no field that docs/ACCESSLOG.md names, no header:NAME and no var:NAME${didYouMean(inside, logFields)}`;
}

/** Of a text that has been read before, or a name. */
export function layoutOf(text: string): LogLayoutPlan {
  const { exchange, session } = namedLayouts[text] ?? { exchange: text, session: text };
  return { exchange: partsOf(exchange), session: partsOf(session) };
}

function partsOf(text: string): readonly LogPart[] {
  const reading = readLogParts(text);
  return reading.ok ? reading.value : [];
}
