// The application log: what Sluice says about itself, on stderr, through pino. Either JSON lines for machines, or one
// readable line for people. It knows no other part of Sluice; the access log is the workers' and stands elsewhere.
// The readable form is written here in a few lines rather than by pino-pretty, which needs a thread and cannot be
// bundled into a single executable.

import { type DestinationStream, type Logger, pino } from "pino";

export type Log = Logger;
export type LogFormat = "json" | "text";
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly isColored: boolean;
  /** Where lines go, newline included; stderr unless told otherwise. */
  readonly write?: (line: string) => void;
  /** Each line again, by itself: its severity as syslog has it, and its text without time and level. */
  readonly speak?: (severity: number, text: string, wallMs: number) => void;
}

export function openLog(options: LogOptions): Log {
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const { speak } = options;
  const shown = options.format === "json" ? write : (line: string) => write(readable(line, options.isColored));
  const destination: DestinationStream = {
    write: (line) => {
      shown(line);
      if (speak !== undefined) speakOf(line, speak);
    },
  };
  const formatters = options.format === "json" ? { level: (label: string) => ({ level: label }) } : {};
  return pino(
    {
      level: options.level,
      base: null,
      formatters,
      timestamp: options.format === "json" ? pino.stdTimeFunctions.isoTime : pino.stdTimeFunctions.epochTime,
    },
    destination,
  );
}

/** A log that says nothing, for tests. */
export function silentLog(): Log {
  return openLog({ level: "silent", format: "json", isColored: false });
}

const names: Record<number, readonly [name: string, color: number]> = {
  20: ["debug", 90],
  30: ["info ", 36],
  40: ["warn ", 33],
  50: ["error", 31],
  60: ["fatal", 31],
};

/** Of pino's levels, by name and by number. What starts and changes is notice: info is what lines of requests are. */
const severityOf: Readonly<Record<string, number>> = { debug: 7, info: 5, warn: 4, error: 3, fatal: 2 };

function speakOf(line: string, speak: NonNullable<LogOptions["speak"]>): void {
  const { level, time, msg, ...fields } = JSON.parse(line) as Told;
  const name = typeof level === "number" ? (names[level]?.[0].trim() ?? "info") : level;
  const rest = fieldsOf(fields);
  speak(severityOf[name] ?? 5, rest === "" ? (msg ?? "") : `${msg ?? ""}  ${rest}`, new Date(time).getTime());
}

interface Told {
  readonly [field: string]: unknown;
  readonly level: number | string;
  readonly time: number | string;
  readonly msg?: string;
}

function fieldsOf(fields: Readonly<Record<string, unknown>>): string {
  const shown = fields["event"] === undefined ? Object.entries(fields) : [];
  return shown.map(([key, value]) => `${key}=${quoted(value)}`).join(" ");
}

/** `12:03:04.567 warn  the message  key=value other="two words"`. What is told as an event has it all in its message. */
export function readable(line: string, isColored: boolean): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as {
    [field: string]: unknown;
    level: number;
    time: number;
    msg?: string;
  };
  const paint = (color: number, text: string) => (isColored ? `\x1b[${color}m${text}\x1b[0m` : text);
  const [name, color] = names[level] ?? [String(level), 0];
  const rest = fieldsOf(fields);
  const clock = clockOf(new Date(time));
  return `${paint(90, clock)} ${paint(color, name)} ${msg ?? ""}${rest === "" ? "" : `  ${paint(90, rest)}`}\n`;
}

function quoted(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return typeof value === "string" && /[\s"=]/.test(text) ? JSON.stringify(text) : text;
}

function clockOf(date: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const ms = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}
