// The worker's access log: one line for each exchange, and for each connection that was carried, formatted straight into a buffer (accesslog/format.ts,
// accesslog/layout.ts) and written out behind traffic's back (accesslog/sink.ts), to a file and to targets of syslog (syslog/). The driver fills the one `record` and calls `write`; nothing of the record
// is kept. Lines are never waited for: what a target does not take is dropped, and counted in the worker's tally.

import type { AccessLogPlan, ListenerLogPlan, LogLayoutPlan, SyslogPlan } from "../config/plan.ts";
import { formatSyslogPlace } from "../config/syslogwords.ts";
import { type Tally, type Totals, workerCell } from "../memory/tally.ts";
import { LogDetails } from "./accesslog/details.ts";
import { exchangeFields, fieldsBytesMax, sessionFields } from "./accesslog/fields.ts";
import { type LogOpener, systemOpener } from "./accesslog/file.ts";
import { type LineFormat, lineBytesMax, lineFormat } from "./accesslog/format.ts";
import { type Layout, layout } from "./accesslog/layout.ts";
import { AccessRecord } from "./accesslog/record.ts";
import { type SessionFormat, SessionRecord, sessionFormat } from "./accesslog/session.ts";
import { Sink } from "./accesslog/sink.ts";
import { SyslogHeader, sentAs } from "./syslog/header.ts";
import { syslogOpener } from "./syslog/opener.ts";

/** How long a worker that ends waits for its last lines to be written. */
const closeMs = 2000;
const newline = 0x0a;

/** A target of syslog. */
interface Target {
  readonly sink: Sink;
  readonly plan: SyslogPlan;
  readonly header: SyslogHeader;
}

export interface LogSurroundings {
  readonly opener?: LogOpener;
  /** A file that cannot be opened is tried again. */
  readonly isPatient?: boolean;
  /** What lines say of connections; null: nothing. */
  readonly totals?: Totals;
}

export class AccessLog {
  /** To be filled, all of it, before each `write`. */
  readonly record: AccessRecord = new AccessRecord();
  /** The same for `writeSession`. */
  readonly session: SessionRecord = new SessionRecord();
  /** To be filled too where `needsDetails` says so. */
  readonly details: LogDetails = new LogDetails();
  readonly totals: Totals | null;
  readonly #plan: AccessLogPlan;
  readonly #format: LineFormat;
  readonly #sessionFormat: SessionFormat;
  readonly #layout: Layout | null;
  /** Of listeners, by what they say; those of a plan that is gone go with it. */
  readonly #layouts = new WeakMap<LogLayoutPlan, Layout>();
  readonly #file: Sink | null;
  readonly #targets: readonly Target[];
  /** A line that goes to several places, or is cut; the one that is longest has room. */
  #line: Uint8Array = new Uint8Array(0);

  /** Throws when the log's file cannot be opened, unless it `isPatient`: then it is tried again. `warn` is called at most once a minute for each target. */
  constructor(plan: AccessLogPlan, tally: Tally, warn: (message: string) => void, surroundings: LogSurroundings = {}) {
    const { opener = systemOpener, isPatient = false, totals = null } = surroundings;
    const { cells } = tally;
    const row = tally.workerRow();
    const { fields } = plan;
    this.#plan = plan;
    this.totals = totals;
    this.#format = fields === null ? lineFormat(plan.format) : exchangeFields(fields);
    this.#sessionFormat = fields === null ? sessionFormat(plan.format) : sessionFields(fields);
    this.#layout = plan.layout === null ? null : layout(plan.layout);
    const usualBytesMax = fields === null ? lineBytesMax : fieldsBytesMax(fields);
    const sink = (path: string, opened: LogOpener, bytesMax: number, isWaiting: boolean): Sink =>
      new Sink({
        path,
        lineBytesMax: bytesMax,
        bufferBytesMax: plan.bufferBytesMax,
        flushMs: plan.flushMs,
        opener: opened,
        isPatient: isWaiting,
        warn,
        written: (lines) => {
          cells[row + workerCell.logLines]! += lines;
        },
        dropped: (lines) => {
          cells[row + workerCell.logDropped]! += lines;
        },
        nowMs: () => performance.now(),
        after: (ms, then) => {
          setTimeout(then, ms).unref();
        },
      });
    // Lines of a listener's own layout go there too, which are cut at what the usual formats take.
    const fileBytesMax = Math.max(usualBytesMax, lineBytesMax);
    this.#file = plan.path === null ? null : sink(plan.path, opener, fileBytesMax, isPatient);
    this.#targets = plan.syslog.map((each) => {
      const header = new SyslogHeader(each, process.pid);
      const { lineBytesMax: bytesMax } = header;
      return { sink: sink(formatSyslogPlace(each.to), syslogOpener(each.to), bytesMax, true), plan: each, header };
    });
    if (this.#targets.length > 0) this.#line = new Uint8Array(usualBytesMax);
    if (this.#layout !== null) this.#widen(this.#layout);
  }

  /** Whether a line of a listener that says so wants `details`. */
  needsDetails(said: ListenerLogPlan | null): boolean {
    if (this.#layout !== null || !this.#plan.isNormalLogged) return true;
    return said !== null && (said.layout !== null || !said.isNormalLogged || said.failureSeverity !== null);
  }

  /** One line for what `record` holds. `isFailure`: of what did not go well. */
  write(said: ListenerLogPlan | null = null, isFailure = false): void {
    if (this.#isPassedOver(said, isFailure)) return;
    const { record } = this;
    const laid = this.#layoutOf(said);
    if (laid !== null) {
      const end = laid.exchange(record, this.details, this.#line, 0);
      return this.#deal(end, record.wallMs, said, isFailure, true);
    }
    if (this.#file !== null) {
      const bytes = this.#file.room();
      if (bytes !== null) this.#file.took(this.#format(record, bytes, this.#file.at));
    }
    if (this.#targets.length > 0)
      this.#deal(this.#format(record, this.#line, 0) - 1, record.wallMs, said, isFailure, false);
  }

  /** One line for what `session` holds. */
  writeSession(said: ListenerLogPlan | null = null, isFailure = false): void {
    if (this.#isPassedOver(said, isFailure)) return;
    const { session } = this;
    const laid = this.#layoutOf(said);
    if (laid !== null) {
      const end = laid.session(session, this.details, this.#line, 0);
      return this.#deal(end, session.wallMs, said, isFailure, true);
    }
    if (this.#file !== null) {
      const bytes = this.#file.room();
      if (bytes !== null) this.#file.took(this.#sessionFormat(session, bytes, this.#file.at));
    }
    if (this.#targets.length > 0)
      this.#deal(this.#sessionFormat(session, this.#line, 0) - 1, session.wallMs, said, isFailure, false);
  }

  /** On SIGUSR1, after the file was moved away: go on in a new one. */
  reopen(): void {
    this.#file?.reopen();
    for (const { sink } of this.#targets) sink.reopen();
  }

  /** Resolves when everything is written, or when that took too long; takes no lines after it was called. */
  async close(): Promise<void> {
    await Promise.all([this.#file?.close(closeMs), ...this.#targets.map(({ sink }) => sink.close(closeMs))]);
  }

  #isPassedOver(said: ListenerLogPlan | null, isFailure: boolean): boolean {
    if (said === null) return !isFailure && !this.#plan.isNormalLogged;
    return said.isOff || (!isFailure && !said.isNormalLogged);
  }

  /** #line[0, end) to where lines go: `toFile` too, and each target whose level it has. */
  #deal(end: number, wallMs: number, said: ListenerLogPlan | null, isFailure: boolean, toFile: boolean): void {
    if (toFile && this.#file !== null) {
      const bytes = this.#file.room();
      if (bytes !== null) this.#file.took(copyLine(this.#line, Math.min(end, lineBytesMax - 1), bytes, this.#file.at));
    }
    for (let index = 0; index < this.#targets.length; index++) {
      const { sink, plan, header } = this.#targets[index]!;
      const failure = isFailure && said !== null ? said.failureSeverity : null;
      const severity = sentAs(plan, failure ?? plan.severity);
      if (severity === -1) continue;
      const bytes = sink.room();
      if (bytes === null) continue;
      const start = sink.at;
      const at = header.append(bytes, start, severity, wallMs);
      const room = plan.bytesMax - (at - start);
      sink.took(copyLine(this.#line, Math.min(end, room), bytes, at));
    }
  }

  #layoutOf(said: ListenerLogPlan | null): Layout | null {
    if (said === null || said.layout === null) return this.#layout;
    const known = this.#layouts.get(said.layout);
    if (known !== undefined) return known;
    const made = layout(said.layout);
    this.#layouts.set(said.layout, made);
    this.#widen(made);
    return made;
  }

  #widen({ bytesMax }: Layout): void {
    if (this.#line.length < bytesMax) this.#line = new Uint8Array(bytesMax);
  }
}

/** line[0, end) to `at`, with an end behind it; answers the place after that. */
function copyLine(line: Uint8Array, end: number, bytes: Uint8Array, at: number): number {
  for (let index = 0; index < end; index++) bytes[at + index] = line[index]!;
  bytes[at + end] = newline;
  return at + end + 1;
}
