// `log`: where lines of the access log go, and those of the application log, which is what HAProxy says of itself and its servers. Targets of
// all frontends are those of one log here; what a frontend's lines look like, and which of them are left out, is said by its listeners.
// HAProxy's manual, 3.1 and 4.2 (log).

import type { AccessLogInput, AccessSyslogInput, ConfigInput, ListenerLogInput, LogSyslogInput } from "../../input.ts";
import { severities } from "../../syslogwords.ts";
import type { Ledger } from "../ledger.ts";
import type { Ground } from "./ground.ts";
import { lineOf } from "./loglayout.ts";
import { linePath, pathOf, type Statement, type Word } from "./scene.ts";
import type { Settings } from "./settings.ts";

type Facility = NonNullable<AccessSyslogInput["facility"]>;
type Severity = NonNullable<AccessSyslogInput["level"]>;

/** Of a message with what stands before its line, where `len` says nothing. */
const lengthUsual = 1024;
const lengthBounds = { min: 128, max: 61_440 } as const;
const portUsual = 514;
/** What HAProxy takes in them and readers of lines do not: to these a tag ends at a bracket or a colon, and both end at a space. */
const oddInTag = /[^!-9;-Z\\^-~]/gu;
const oddInHostname = /[^!-~]/gu;
const tagMax = 48;
const tagUsual = "haproxy";
/** Of lines of requests; at a level before it they are left out. */
const lineLevel = severities.indexOf("info");
const hostnameMax = 255;
/** HAProxy sends each line by itself, at once. */
const flushUsual = "100ms";

interface Target {
  /** "-" or a path; null for syslog. */
  readonly path: string | null;
  readonly syslog: LogSyslogInput | null;
}

/** A frontend whose lines are written, with the listeners that it has become. */
export interface Logged {
  readonly settings: Settings;
  readonly listeners: readonly string[];
}

export class Logging {
  readonly #ledger: Ledger;
  readonly #ground: Ground;
  readonly #targets = new Map<Statement, Target | null>();

  constructor(ledger: Ledger, ground: Ground) {
    this.#ledger = ledger;
    this.#ground = ground;
  }

  /** Those that a proxy logs to: its own and, by `log global`, those of global; `no log` takes back what came before. */
  targetsOf(settings: Settings): readonly Statement[] {
    let found: Statement[] = [];
    for (const statement of settings.all("log")) {
      if (statement.prefix !== null) found = [];
      else if (statement.words[1]?.text === "global") found.push(...this.#ground.logs);
      else found.push(statement);
    }
    return [...new Set(found)];
  }

  /** What the fronts say becomes the config's logs. `said` takes what a listener says of its lines; null: it has none. */
  build(
    all: readonly Logged[],
    said: (listener: string, log: ListenerLogInput | false) => void,
  ): Pick<ConfigInput, "accessLog" | "log"> {
    for (const statement of this.#ground.logs) this.#targetOf(statement);
    const logging = all.filter(({ settings }) => this.targetsOf(settings).length > 0);
    const application = this.#syslogOf(this.#ground.logs, this.#ground.logTag);
    const log = application.length === 0 ? {} : { log: { syslog: one(application) } };
    if (logging.length === 0) return log;
    const statements = [...new Set(logging.flatMap(({ settings }) => this.targetsOf(settings)))];
    for (const { settings } of logging) this.#tellOthers(settings, statements);
    const tag = this.#tagOf(logging[0]!.settings);
    const paths = [...new Set(statements.flatMap((each) => this.#targetOf(each)?.path ?? []))];
    const syslog = this.#syslogOf(statements, tag);
    if (paths.length === 0 && syslog.length === 0) return log;
    if (syslog.length > 0) this.#tellTags(logging, tag);
    for (const each of statements)
      if ((this.#targetOf(each)?.path ?? paths[0]) !== paths[0])
        this.#ledger.approximate(linePath(each), "nothing is written there: lines go to one of stdout and stderr");
    const lines = new Map(logging.map((each) => [each, lineOf(this.#ledger, each.settings)]));
    const format = lines.get(logging[0]!)!;
    for (const each of all)
      for (const listener of each.listeners) {
        const line = lines.get(each);
        if (line === undefined) said(listener, false);
        else {
          const own = this.#ownOf(each.settings, listener, line === format ? null : line);
          if (Object.keys(own).length > 0) said(listener, own);
        }
      }
    return { ...log, accessLog: { ...(paths[0] === undefined ? {} : { path: paths[0] }), format, ...more(syslog) } };
  }

  #ownOf(settings: Settings, listener: string, format: string | null): ListenerLogInput {
    const { name } = settings.proxy;
    return {
      ...(name === listener ? {} : { name }),
      ...(format === null ? {} : { format }),
      ...(settings.option("dontlog-normal") === undefined ? {} : { normal: false }),
      ...(settings.option("log-separate-errors") === undefined ? {} : { failures: "err" as const }),
    };
  }

  #tellOthers(settings: Settings, statements: readonly Statement[]): void {
    const own = this.targetsOf(settings);
    const log = settings.last("log");
    if (log !== undefined && statements.some((each) => this.#targetOf(each) !== null && !own.includes(each)))
      this.#ledger.approximate(
        linePath(log),
        "there is one access log: lines go to the targets of other frontends too",
      );
  }

  #tagOf(settings: Settings): Word | null {
    return settings.last("log-tag")?.words[1] ?? this.#ground.logTag;
  }

  /** Targets have one tag, the first frontend's: told where another's is written, and where others have none of their own, at that one. */
  #tellTags(logging: readonly Logged[], tag: Word | null): void {
    const name = tag?.text ?? tagUsual;
    for (const { settings } of logging) {
      const own = this.#tagOf(settings);
      if ((own?.text ?? tagUsual) === name) continue;
      const at = own !== null && own !== this.#ground.logTag ? own : tag;
      if (at !== null) this.#ledger.approximate(pathOf(at), `there is one tag: all lines of requests have ${name}`);
    }
  }

  #syslogOf(statements: readonly Statement[], tag: Word | null): AccessSyslogInput[] {
    const found = statements.flatMap((each) => this.#targetOf(each)?.syslog ?? []);
    if (found.length === 0) return found;
    const { hostname: said } = this.#ground;
    const hostname = said === null || said === true ? said : this.#fitting(said, oddInHostname, hostnameMax);
    const name = tag === null ? tagUsual : this.#fitting(tag, oddInTag, tagMax);
    const named = { ...(hostname === null ? {} : { hostname }), tag: name };
    return found.map((target) => ({ ...target, ...named }));
  }

  #fitting(word: Word, odd: RegExp, most: number): string {
    const name = word.text.replaceAll(odd, "_").slice(0, most);
    if (name !== word.text) this.#ledger.approximate(pathOf(word), `messages have ${name}`);
    return name;
  }

  #targetOf(statement: Statement): Target | null {
    const known = this.#targets.get(statement);
    if (known !== undefined) return known;
    const target = this.#read(statement);
    this.#targets.set(statement, target);
    return target;
  }

  /** What is wrong with it has been told (review.ts). */
  #read(statement: Statement): Target | null {
    const [, to, ...rest] = statement.words;
    if (to === undefined) return null;
    const options = new Map<string, string>();
    while (["len", "format", "sample"].includes(rest[0]?.text ?? "")) {
      const [name, value] = rest.splice(0, 2);
      options.set(name!.text, value?.text ?? "");
    }
    const [facility, level, minLevel] = rest.map(({ text }) => text);
    if (options.has("sample"))
      this.#ledger.approximate(linePath(statement), "each line is sent: none are left out by sample");
    const path = { stdout: "-", "fd@1": "-", stderr: "/dev/stderr", "fd@2": "/dev/stderr" }[to.text];
    if (path !== undefined) {
      const least = severities.indexOf(level as Severity);
      if (least !== -1 && least < lineLevel)
        this.#ledger.approximate(linePath(statement), `each line is written, also those less severe than ${level}`);
      return { path, syslog: null };
    }
    const address = this.#addressOf(to.text);
    if (address === null) {
      this.#ledger.approximate(pathOf(to), "nothing is sent there: targets are addresses, unix sockets and stdout");
      return null;
    }
    const length = Number(options.get("len") ?? lengthUsual);
    return {
      path: null,
      syslog: {
        to: address,
        facility: facility as Facility, // Both have been looked at.
        ...(level === undefined ? {} : { level: level as Severity }),
        ...(minLevel === undefined ? {} : { minLevel: minLevel as Severity }),
        ...this.#formatOf(statement, options.get("format") ?? "local"),
        length: `${Math.min(lengthBounds.max, Math.max(lengthBounds.min, length || lengthUsual))}b`,
      },
    };
  }

  #formatOf(statement: Statement, format: string): Pick<LogSyslogInput, "format" | "hostname"> {
    if (format === "rfc5424") return { format };
    if (format === "rfc3164") return { hostname: true };
    if (format !== "local")
      this.#ledger.approximate(
        linePath(statement),
        `messages have the form of local: ${format} is for rings and pipes`,
      );
    return {};
  }

  #addressOf(written: string): string | null {
    const [, kind = "", rest = ""] = /^(?:(ipv4|ipv6|udp|udp4|udp6|unix)@)?(.*)$/.exec(written)!;
    if (/^[a-z]+@/.test(rest)) return null;
    if (kind === "unix" || rest.startsWith("/")) return rest.startsWith("/") ? `unix:${rest}` : null;
    // What follows the last colon is a port, unless it is an address without one.
    const six = /^\[?([0-9a-f:.]*:[0-9a-f:.]*)\]?(?::(\d+))?$/i.exec(rest);
    if (six !== null && (rest.match(/:/g) ?? []).length > 1) {
      const [host, port] = rest.startsWith("[") ? [six[1]!, six[2]] : portOf(rest);
      return `udp://[${host}]:${port ?? portUsual}`;
    }
    const [host = "", port = ""] = rest.split(":");
    const named = host === "" || host === "*" ? "127.0.0.1" : host;
    return `udp://${named}:${port === "" ? portUsual : port}`;
  }
}

/** `::1:514` is ::1 with a port, as HAProxy reads it. */
function portOf(text: string): readonly [string, string | undefined] {
  const at = text.lastIndexOf(":");
  const [host, port] = [text.slice(0, at), text.slice(at + 1)];
  return /^\d{1,5}$/.test(port) && host !== ":" && host.includes(":") ? [host, port] : [text, undefined];
}

function one<T>(all: readonly T[]): T | T[] {
  return all.length === 1 ? all[0]! : [...all];
}

function more(syslog: readonly AccessSyslogInput[]): Pick<AccessLogInput, "flush" | "syslog"> {
  return syslog.length === 0 ? {} : { flush: flushUsual, syslog: one(syslog) };
}
