// The worker's access log: one line for each exchange, and for each connection that was carried, formatted straight into a buffer (accesslog/format.ts) and written
// out behind traffic's back (accesslog/sink.ts). The driver fills the one `record` and calls `write`; nothing of the record
// is kept. Lines are never waited for: what the log does not take is dropped, and counted in the worker's tally.

import type { AccessLogPlan } from "../config/plan.ts";
import { type Tally, workerCell } from "../memory/tally.ts";
import { exchangeFields, fieldsBytesMax, sessionFields } from "./accesslog/fields.ts";
import { type LogOpener, systemOpener } from "./accesslog/file.ts";
import { type LineFormat, lineBytesMax, lineFormat } from "./accesslog/format.ts";
import { AccessRecord } from "./accesslog/record.ts";
import { type SessionFormat, SessionRecord, sessionFormat } from "./accesslog/session.ts";
import { Sink } from "./accesslog/sink.ts";

/** How long a worker that ends waits for its last lines to be written. */
const closeMs = 2000;

export class AccessLog {
  /** To be filled, all of it, before each `write`. */
  readonly record: AccessRecord = new AccessRecord();
  /** The same for `writeSession`. */
  readonly session: SessionRecord = new SessionRecord();
  readonly #format: LineFormat;
  readonly #sessionFormat: SessionFormat;
  readonly #sink: Sink;

  /** Throws when the log cannot be opened, unless it `isPatient`: then it is tried again. `warn` is called at most once a minute. */
  constructor(
    plan: AccessLogPlan,
    tally: Tally,
    warn: (message: string) => void,
    opener: LogOpener = systemOpener,
    isPatient = false,
  ) {
    const { cells } = tally;
    const row = tally.workerRow();
    const { fields } = plan;
    this.#format = fields === null ? lineFormat(plan.format) : exchangeFields(fields);
    this.#sessionFormat = fields === null ? sessionFormat(plan.format) : sessionFields(fields);
    this.#sink = new Sink({
      path: plan.path,
      lineBytesMax: fields === null ? lineBytesMax : fieldsBytesMax(fields),
      bufferBytesMax: plan.bufferBytesMax,
      flushMs: plan.flushMs,
      opener,
      isPatient,
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
  }

  /** One line for what `record` holds. */
  write(): void {
    const bytes = this.#sink.room();
    if (bytes !== null) this.#sink.took(this.#format(this.record, bytes, this.#sink.at));
  }

  /** One line for what `session` holds. */
  writeSession(): void {
    const bytes = this.#sink.room();
    if (bytes !== null) this.#sink.took(this.#sessionFormat(this.session, bytes, this.#sink.at));
  }

  /** On SIGUSR1, after the file was moved away: go on in a new one. */
  reopen(): void {
    this.#sink.reopen();
  }

  /** Resolves when everything is written, or when that took too long; takes no lines after it was called. */
  close(): Promise<void> {
    return this.#sink.close(closeMs);
  }
}
