// `option httplog` and its kin, and `log-format`: what a frontend's lines look like, as a format of our own access log, which has HAProxy's
// aliases. Captures are written out: a field of the request is read when the line is written, all else is a variable that a rule has set
// (capture.ts). What cannot be had is told, and the usual line is written.
// HAProxy's manual, 8.2.

import { clfLine, httpLine, httpsLine, readLogParts } from "../../logformat.ts";
import type { Ledger } from "../ledger.ts";
import { pathOf, type Statement, type Word } from "./scene.ts";
import type { Settings } from "./settings.ts";

/** How HAProxy puts it in words where no format is asked for. */
const connectLine = "Connect from %ci:%cp to %fi:%fp";

/** Samples that are there when a line is written. */
const samples: Readonly<Record<string, string>> = {
  src: "%ci",
  src_port: "%cp",
  dst: "%fi",
  dst_port: "%fp",
  method: "%HM",
  path: "%HP",
  query: "%HQ",
  status: "%ST",
  pid: "%pid",
  hostname: "%H",
  fe_name: "%f",
  be_name: "%b",
  srv_name: "%s",
  "unique-id": "%ID",
  ssl_fc_sni: "%[server_name]",
  ssl_fc_protocol: "%sslv",
  ssl_fc_cipher: "%sslc",
  ssl_fc_is_resumed: "%[tls_resumed]",
  ssl_c_s_dn: "%[client_subject]",
  "capture.req.method": "%HM",
  "capture.req.uri": "%HU",
  "capture.req.ver": "%HV",
  fc_conn_err: "0",
  fc_err: "0",
  "ssl_fc_err,hex": "0",
  ssl_fc_err: "0",
  ssl_c_err: "0",
  ssl_c_ca_err: "0",
};

/** What stands in a slot, as a format of ours writes it. */
interface Slots {
  readonly req: readonly string[];
  readonly res: readonly string[];
}

/** The name of a format, or its text. */
export function lineOf(ledger: Ledger, settings: Settings): string {
  const { mode } = settings.proxy;
  const usual = mode === "http" ? usualHttp(settings) : usualTcp(settings);
  const written = formatWritten(settings);
  if (written === null) return usual;
  const slots = slotsOf(settings);
  const told = translated(written.text, slots);
  const reading = readLogParts(told.text);
  const problem = told.problem ?? (reading.ok ? null : reading.message);
  if (problem === null) return told.text.includes("%") ? told.text : `${told.text}%[note]`;
  ledger.approximate(
    pathOf(written),
    `it ${problem}; lines are those of option ${mode === "http" ? "httplog" : "tcplog"}`,
  );
  return mode === "http" ? named("httplog", httpLine, slots) : "tcplog";
}

/** Whether lines say what was captured. */
export function isCaptureLogged(settings: Settings): boolean {
  const written = formatWritten(settings);
  if (written !== null) return /%(?:\{[^}]*\})?(?:hr|hs)|capture\.re[qs]\.hdr/.test(written.text);
  return settings.proxy.mode === "http" && settings.lastOption(["httplog", "httpslog"]) !== undefined;
}

/** The last of them holds. */
function formatWritten(settings: Settings): Word | null {
  const format = settings.last("log-format");
  const option = settings.lastOption(["httplog", "httpslog", "tcplog"]);
  if (format === undefined || (option !== undefined && isBefore(settings, format, option))) return null;
  return format.words[1] ?? null;
}

function isBefore({ proxy: { statements } }: Settings, a: Statement, b: Statement): boolean {
  return statements.indexOf(a) < statements.indexOf(b);
}

function usualHttp(settings: Settings): string {
  const option = settings.lastOption(["httplog", "httpslog", "tcplog"]);
  const slots = slotsOf(settings);
  switch (option?.words[1]?.text) {
    case "httplog":
      return option.words[2]?.text === "clf" ? expanded(clfLine, slots) : named("httplog", httpLine, slots);
    case "httpslog":
      return named("httpslog", httpsLine, slots);
    case "tcplog":
      return "tcplog";
    default:
      return `${connectLine} (%f/HTTP)`;
  }
}

/** What is of HTTP alone falls back, as in HAProxy. */
function usualTcp(settings: Settings): string {
  return settings.lastOption(["httplog", "httpslog", "tcplog"]) === undefined ? `${connectLine} (%f/TCP)` : "tcplog";
}

function named(name: string, line: string, slots: Slots): string {
  return slots.req.length + slots.res.length === 0 ? name : expanded(line, slots);
}

function expanded(line: string, slots: Slots): string {
  return line.replaceAll(/%(hr|hs)(l?)\b/g, (_, side: string, isList: string) => {
    const parts = side === "hr" ? slots.req : slots.res;
    if (parts.length === 0) return "";
    return isList === "" ? `{${parts.join("|")}}` : parts.map((part) => part.replace("%[", "%{+Q}[")).join(" ");
  });
}

function translated(written: string, slots: Slots): { readonly text: string; readonly problem: string | null } {
  let problem: string | null = null;
  const bracketed = written.replaceAll(
    /%(\{[^}]*\})?\[((?:[^\][]|\[[^\]]*\])*)\]/g,
    (_, flags = "", inside: string) => {
      const sample = sampleOf(inside.replaceAll(/\s/g, ""), slots);
      if (sample === null) problem ??= `asks for %[${inside}], which is not there when a line is written`;
      return sample === null ? "" : sample.replace(/^%/, `%${flags as string}`);
    },
  );
  return { text: expanded(bracketed, slots), problem };
}

function sampleOf(written: string, slots: Slots): string | null {
  const known = Object.hasOwn(samples, written) ? samples[written]! : null;
  if (known !== null) return known;
  const slot = /^capture\.(req|res)\.hdr\((\d+)\)$/.exec(written);
  if (slot !== null) return slots[slot[1] as "req" | "res"][Number(slot[2])]?.replace("?:", ":") ?? null;
  const header = /^(?:req\.)?f?hdr\(([A-Za-z0-9_-]+)\)$/.exec(written);
  if (header !== null) return `%[header:${header[1]}]`;
  const variable = /^var\(((?:txn|sess|req|res)\.[A-Za-z0-9_.]+)\)$/.exec(written);
  return variable === null ? null : `%[var:${variable[1]}]`;
}

/** In the order of the file, each side by itself. */
function slotsOf(settings: Settings): Slots {
  const slots: Record<"req" | "res", string[]> = { req: [], res: [] };
  for (const { words, prefix } of settings.proxy.statements) {
    const [first, second, third, fourth, ...rest] = words.map(({ text }) => text);
    const side = (first === "capture" ? second : third) === "request" ? "req" : "res";
    if (prefix !== null) continue;
    const all = slots[side];
    const length = rest[1] ?? "";
    if (first === "capture" && third === "header")
      all.push(
        side === "req"
          ? `%[header?:${fourth}:${boundOf(length)}]`
          : `%[var?:capture_res_${all.length}:${boundOf(length)}]`,
      );
    else if (first === "declare" && second === "capture") all.push(`%[var?:capture_${side}_${all.length}:1024]`);
  }
  for (const { words } of settings.proxy.statements) {
    const [first, ...rest] = words.map(({ text }) => text);
    const at = first === "tcp-request" ? 1 : 0;
    if (!/^(?:http-request|http-response|tcp-request)$/.test(first ?? "") || rest[at] !== "capture") continue;
    const made = rest.indexOf("len");
    const side = first === "http-response" ? "res" : "req";
    const own = slots[side];
    if (made !== -1) own.push(`%[var?:capture_${side}_${own.length}:${boundOf(rest[made + 1] ?? "")}]`);
  }
  return slots;
}

function boundOf(length: string): number {
  return Math.min(9999, Math.max(1, Number(length) || 1024));
}
