// The flight recorder of this worker: the file that came with the plan, mapped, and the pen that writes into this worker's ring of it
// (flow/recording.ts). Traffic goes on without one: a file that cannot be mapped is told of, and nothing is recorded.

import { statSync } from "node:fs";
import type { RecorderPlan } from "../config/plan.ts";
import type { DatagramSession } from "../flow/datagramsession.ts";
import type { Exchange } from "../flow/exchange.ts";
import { Recording } from "../flow/recording.ts";
import type { Stream } from "../flow/stream.ts";
import { RecorderRing } from "../memory/recorder.ts";
import { isRecorder } from "../memory/recorderlayout.ts";

/** What times are told by. */
interface Clock {
  readonly nowMs: number;
  readonly wallMs: number;
}

export class Recorder {
  readonly #worker: number;
  readonly #clock: Clock;
  readonly #warn: (message: string) => void;
  /** The path, which file that is, and what is kept. */
  #identity = "";
  #recording: Recording | null = null;

  constructor(worker: number, clock: Clock, warn: (message: string) => void) {
    this.#worker = worker;
    this.#clock = clock;
    this.#warn = warn;
  }

  /** One whose file stays goes on in it. */
  adopt(plan: RecorderPlan | null, path: string | null): void {
    if (plan === null || path === null) {
      this.#identity = "";
      this.#recording = null;
      return;
    }
    try {
      const identity = `${statSync(path).ino} ${plan.hasQuery} ${path}`;
      if (identity === this.#identity) return;
      const bytes = Bun.mmap(path, { shared: true });
      if (!isRecorder(bytes)) throw new Error("it is no file of a flight recorder");
      this.#recording = new Recording(new RecorderRing(bytes, this.#worker), plan.hasQuery);
      this.#identity = identity;
    } catch (error) {
      this.#identity = "";
      this.#recording = null;
      this.#warn(`worker ${this.#worker} records no requests: ${(error as Error).message}`);
    }
  }

  exchange(exchange: Exchange): void {
    this.#recording?.exchange(exchange, this.#clock.nowMs, this.#clock.wallMs);
  }

  stream(stream: Stream): void {
    this.#recording?.stream(stream, this.#clock.wallMs);
  }

  datagrams(session: DatagramSession): void {
    this.#recording?.datagrams(session, this.#clock.nowMs, this.#clock.wallMs);
  }
}
