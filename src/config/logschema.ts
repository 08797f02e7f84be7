// The keys of both logs: the application log, and the access log with its formats, its targets of syslog and what a listener says of
// its own lines. Which of them contradict each other is for reviewlog.ts to say.

import { z } from "zod";
import { didYouMean } from "../base/nearest.ts";
import { misread, quote, type Reading } from "../base/reading.ts";
import type { AccessLogInput, ListenerLogInput, LogInput } from "./input.ts";
import { logFields } from "./logfields.ts";
import { namedLayouts, readLogParts } from "./logformat.ts";
import { facilities, readSyslogPlace, severities, syslogExpected } from "./syslogwords.ts";
import { choice, duration, flag, list, says, section, show, size, text, words } from "./term.ts";
import type { AccessLog, ListenerLog, Log } from "./types.ts";

const byName = ["json", "common", "combined", ...Object.keys(namedLayouts)] as const;
const formatExpected = `one of ${byName.map((name) => `"${name}"`).join(", ")}, or a text with HAProxy's aliases such as "%ci %ST"`;

/** A text without a percent sign would be the same line each time: a name that is misspelt. */
function readLogFormat(format: string): Reading<unknown> {
  if (byName.includes(format)) return { ok: true, value: format };
  if (format.includes("%")) return readLogParts(format);
  const meant = didYouMean(format, byName);
  return misread(
    meant === "" ? `must be ${formatExpected}, not ${quote(format)}` : `is not known here: ${quote(format)}${meant}`,
  );
}

const syslogKeys = {
  to: text(syslogExpected, readSyslogPlace).describe(
    "Where it is: udp://, tcp:// (octet counting, RFC 6587) or unix: with a path that takes datagrams, as /dev/log does. Without a port it is 514.",
  ),
  facility: choice(facilities).default("local0").describe("Which facility the lines are of."),
  level: choice(severities).default("debug").describe("The least severe lines that are sent."),
  minLevel: choice(severities).default("emerg").describe("What is more severe is sent as this."),
  tag: words("a word without spaces, of at most 48 characters", /^[!-9;-Z\\^-~]{1,48}$/)
    .default("sluice")
    .describe("What stands before the process id in each line."),
  format: choice(["rfc3164", "rfc5424"])
    .default("rfc3164")
    .describe("What stands before a line: as BSD's syslog has it (RFC 3164), or RFC 5424."),
  hostname: z
    .union([words("a name without spaces", /^[!-~]{1,255}$/), z.literal(true)], {
      error: says("a name without spaces, or true for the machine's"),
    })
    .optional()
    .describe(
      "The machine's name in lines: true for its own, or another. Absent: none with rfc3164, as local programs do, its own with rfc5424.",
    ),
  length: size("128b", "60kb")
    .default("8000b")
    .describe(
      "A message at most, with what stands before its line; what is longer is cut. Not more than the receiver takes: of what is beyond its own limit (rsyslog: 8096 bytes) it may make further messages.",
    ),
} as const;

const accessSyslog = section({
  ...syslogKeys,
  severity: choice(severities).default("info").describe("How severe lines are."),
}).meta({ id: "AccessSyslog", description: "A target of syslog for lines of the access log." });

const logSyslog = section(syslogKeys).meta({
  id: "LogSyslog",
  description:
    "A target of syslog for the application log. Lines at level info are notice there, warn is warning, error is err.",
});

const syslogListExpected = says("a section with to, or a list of such sections");

export const log: z.ZodType<Log, LogInput> = section({
  level: choice(["debug", "info", "warn", "error"])
    .default("info")
    .describe("The least level of the application log that is written."),
  format: choice(["auto", "json", "text"])
    .default("auto")
    .describe("On stderr: json, text, or auto: text on a terminal, JSON lines elsewhere."),
  syslog: z
    .union([logSyslog, list(logSyslog, "targets")], { error: syslogListExpected })
    .optional()
    .describe("Targets of syslog that it goes to as well: a section, or a list of them. Read at the start."),
}).meta({
  id: "Log",
  description: "The application log, on stderr: what starts, changes and fails. Requests are in the access log.",
});

const logFieldExpected =
  'a field that docs/ACCESSLOG.md names, such as "status", or a constant such as "=INFO", 5 or true';

function logFieldFault(complaint: { readonly code: string; readonly input?: unknown }): string {
  const { input } = complaint;
  const meant = typeof input === "string" ? didYouMean(input, logFields) : "";
  return meant === "" ? says(logFieldExpected)(complaint) : `is not known here: ${show(input)}${meant}`;
}

const logConstant = z.string({ error: logFieldFault }).regex(/^=[^\0]{0,256}$/, { error: logFieldFault });
const logField = z.union([choice(logFields), logConstant, z.number(), z.boolean()], { error: logFieldFault });

export const accessLog: z.ZodType<AccessLog, AccessLogInput> = section({
  path: words('the path of a file, or "-" for stdout', /^[^\0]{1,4096}$/)
    .optional()
    .describe(
      "A file's path, which starts at this file's folder, or \"-\" for stdout. Absent: stdout, or none beside syslog.",
    ),
  format: text(formatExpected, readLogFormat)
    .default("json")
    .describe(
      "json: JSON lines; common or combined, as Apache and nginx write them; httplog, tcplog or httpslog, as HAProxy does; or a text with HAProxy's aliases.",
    ),
  fields: z
    .record(z.string().regex(/^[^\0-\x1f]{1,64}$/, { error: "must be a name of 1 to 64 characters" }), logField, {
      error: says("a section of fields, each with what it holds"),
    })
    .optional()
    .describe(
      'Of JSON lines: these fields, in this order, instead of the usual ones. Each names what the log knows, such as "status" (docs/ACCESSLOG.md), or is a constant: "=INFO", 5, true.',
    ),
  normal: flag()
    .default(true)
    .describe(
      "false: a line only for what failed, was refused by a rule, was tried again, or was answered 500 or more.",
    ),
  syslog: z
    .union([accessSyslog, list(accessSyslog, "targets")], { error: syslogListExpected })
    .optional()
    .describe("Targets of syslog that lines go to: a section, or a list of them."),
  buffer: size("4kb", "1gb")
    .default("1mb")
    .describe(
      "What each worker holds for a target that does not take it; beyond that lines are dropped and counted, and traffic goes on.",
    ),
  flush: duration("10ms", "1m").default("1s").describe("How long a line may wait to be written together with others."),
}).meta({
  id: "AccessLog",
  description: "The access log: one line for each exchange. Without the section none is written.",
});

export const listenerLog: z.ZodType<ListenerLog, ListenerLogInput> = section({
  name: words("a name of at most 256 characters without spaces", /^[!-~]{1,256}$/)
    .optional()
    .describe("What the listener is called in its lines. Absent: its own name."),
  format: text(formatExpected, readLogFormat)
    .optional()
    .describe("As HAProxy writes lines: httplog, tcplog, httpslog, or a text with its aliases. Absent: as all."),
  normal: flag().optional().describe("false: only what accessLog.normal says. Absent: as all."),
  failures: choice(severities)
    .optional()
    .describe("How severe lines are in syslog of what accessLog.normal would leave. Absent: as all."),
}).meta({ id: "ListenerLog", description: "What is different about this listener's lines in the access log." });
