// What happens now, for whoever looks on: live figures, the stream of events, and the changes that the log has told of. Wiring only; while
// nobody looks all it does is to remember the last hour, in steps of ten seconds.

import { eventsOperations } from "./api/events.ts";
import { figuresOperations } from "./api/figures.ts";
import type { Operation } from "./api/operation.ts";
import { requestOperations } from "./api/requests.ts";
import type { AuditRecord } from "./api/shape/audit.ts";
import type { Chronicle } from "./events/chronicle.ts";
import { EventHub } from "./events/hub.ts";
import { Past, pastSeconds } from "./figures/past.ts";
import { Sampling } from "./figures/sampling.ts";
import type { FiguresSource } from "./figures/source.ts";
import { usageOf } from "./processfigures.ts";
import { RecorderFeed, requestFilter } from "./recorder/feed.ts";
import type { Recorder } from "./recorder.ts";

export interface LiveParts {
  readonly chronicle: Chronicle;
  readonly recorder: Recorder;
  readonly source: Omit<FiguresSource, "usageOf" | "nowMs" | "monotonicMs">;
}

export class Live {
  readonly #sampling: Sampling;
  readonly #hub: EventHub;
  readonly #chronicle: Chronicle;

  readonly #recorder: Recorder;
  readonly #past: Past;
  readonly #timer: Timer;

  constructor({ chronicle, recorder, source }: LiveParts) {
    this.#chronicle = chronicle;
    this.#recorder = recorder;
    const clocks = { nowMs: Date.now, monotonicMs: () => performance.now() };
    this.#sampling = new Sampling({ source: { ...source, ...clocks, usageOf } });
    this.#past = new Past({ ...source, ...clocks, usageOf });
    this.#timer = setInterval(() => this.#past.look(), pastSeconds * 1000);
    const requests = new RecorderFeed(recorder);
    this.#hub = new EventHub({ sampling: this.#sampling, chronicle, requests, nowMs: clocks.monotonicMs });
  }

  operations(): readonly Operation[] {
    return [
      ...figuresOperations({ sampling: this.#sampling, chronicle: this.#chronicle, past: this.#past }),
      ...eventsOperations({ hub: this.#hub, filter: requestFilter }),
      ...requestOperations(this.#recorder),
    ];
  }

  /** Somebody asked for a change. */
  audited(record: AuditRecord): void {
    this.#hub.audited(record);
  }

  /** Streams end: nobody is kept waiting by them. */
  close(): void {
    clearInterval(this.#timer);
    this.#hub.close();
    this.#sampling.close();
  }
}
