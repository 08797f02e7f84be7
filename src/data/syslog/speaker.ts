// The application log's way to targets of syslog: a text with its severity, of which there are few, so that each is sent at once. What a
// target does not take is kept as far as there is room, like lines of the access log, and told once a minute to whoever reads the other log.

import type { SyslogPlan } from "../../config/plan.ts";
import { formatSyslogPlace } from "../../config/syslogwords.ts";
import { Sink } from "../accesslog/sink.ts";
import { SyslogHeader, sentAs } from "./header.ts";
import { syslogOpener } from "./opener.ts";

const bufferBytesMax = 256 * 1024;
const flushMs = 50;
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

  /** What is not gone within that time is lost. */
  async close(withinMs: number): Promise<void> {
    await Promise.all(this.#targets.map(({ sink }) => sink.close(withinMs)));
  }
}
