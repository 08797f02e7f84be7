// The application log's way to targets of syslog: a text with its severity, of which there are few, so that each is sent at once. What a
// target does not take is kept as far as there is room, like lines of the access log, and told once a minute to whoever reads the other log;
// what is still kept at the end has a moment to leave, and how many lines are lost is told then.

import type { SyslogPlan } from "../../config/plan.ts";
import { formatSyslogPlace } from "../../config/syslogwords.ts";
import { Sink } from "../accesslog/sink.ts";
import { SyslogHeader, sentAs } from "./header.ts";
import { syslogOpener } from "./opener.ts";

const bufferBytesMax = 256 * 1024;
const flushMs = 50;
/** How long a process that ends waits for its last lines to leave. */
const closeMs = 2000;
const newline = 0x0a;
/** Ends of lines and what terminals obey: a message is one line. */
const unwanted = /[\0-\x1f\x7f-\x9f]/g;

interface Target {
  readonly plan: SyslogPlan;
  readonly header: SyslogHeader;
  readonly sink: Sink;
}

export class Speaker {
  readonly #targets: readonly Target[];
  readonly #encoder = new TextEncoder();
  #closing: Promise<void> | null = null;

  constructor(plans: readonly SyslogPlan[], warn: (message: string) => void) {
    this.#targets = plans.map((plan) => {
      const header = new SyslogHeader(plan, process.pid);
      const sink = new Sink({
        path: formatSyslogPlace(plan.to),
        log: "log",
        lineBytesMax: header.lineBytesMax,
        ...{ bufferBytesMax, flushMs, opener: syslogOpener(plan.to), isPatient: true, warn },
        written: () => {},
        dropped: () => {},
        nowMs: () => performance.now(),
        after: (ms, then) => void setTimeout(then, ms).unref(),
      });
      return { plan, header, sink };
    });
  }

  say(severity: number, text: string, wallMs: number): void {
    // How many lines are lost is said in the other log alone.
    if (this.#closing !== null) return;
    const bytes = this.#encoder.encode(text.replaceAll(unwanted, " "));
    for (const { plan, header, sink } of this.#targets) {
      const sent = sentAs(plan, severity);
      const out = sent === -1 ? null : sink.room();
      if (out === null) continue;
      const start = sink.at;
      const at = header.append(out, start, sent, wallMs);
      const length = Math.min(bytes.length, plan.bytesMax - (at - start));
      out.set(bytes.subarray(0, length), at);
      out[at + length] = newline;
      sink.took(at + length + 1);
      sink.flush();
    }
  }

  /** Resolves when all is gone; what is not by then is lost. Takes nothing after it was called. */
  close(withinMs: number = closeMs): Promise<void> {
    // Said to be closing first: a sink that tells of its lost lines tells the log, and that comes here.
    this.#closing ??= Promise.resolve().then(() => this.#end(withinMs));
    return this.#closing;
  }

  async #end(withinMs: number): Promise<void> {
    // The timers of sinks keep no process alive, and a process that did not start has nothing else.
    const holding = setTimeout(() => {}, withinMs);
    await Promise.all(this.#targets.map(({ sink }) => sink.close(withinMs)));
    clearTimeout(holding);
  }
}
