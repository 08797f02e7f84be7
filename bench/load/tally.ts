// What came of the requests of one run: counted, never listed, so that its size does not grow with the run. An answer has a
// status; what has none has failed, with the reason told. Its time runs from the request's write to the answer's last byte on a
// connection that stands, as k6's http_req_duration; that of connecting is apart.

import { expectedStatuses } from "../../deploy/k6/scenarios.js";
import { Histogram } from "./histogram.ts";

/** Different reasons; a bound against texts that are never the same. */
const reasonsMax = 50;

export class Tally {
  readonly statuses: Map<number, number> = new Map();
  readonly reasons: Map<string, number> = new Map();
  /** Answers, by whether they were served (200). */
  readonly all: Histogram = new Histogram();
  readonly served: Histogram = new Histogram();
  readonly rounds: Histogram = new Histogram();
  readonly connecting: Histogram = new Histogram();
  /** How much later than planned users went on: what the generator itself was late. */
  readonly late: Histogram = new Histogram();
  requests = 0;
  /** 200 without a body. */
  empty = 0;
  sentBytes = 0;
  receivedBytes = 0;
  /** Connections opened anew because the peer had closed one that was kept. */
  renewed = 0;
  /** While all users of the scenario were there. */
  fullMs = 0;
  fullRequests = 0;

  answered(status: number, us: number, bodyBytes: number): void {
    this.requests++;
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    this.all.record(us);
    if (status !== 200) return;
    this.served.record(us);
    if (bodyBytes === 0) this.empty++;
  }

  failed(reason: string): void {
    this.requests++;
    const known = this.reasons.has(reason) || this.reasons.size < reasonsMax ? reason : "other";
    this.reasons.set(known, (this.reasons.get(known) ?? 0) + 1);
  }

  of(status: number): number {
    return this.statuses.get(status) ?? 0;
  }

  /** Neither 200 nor 429: k6 counts so with the statuses that its script expects. */
  get failures(): number {
    return this.requests - expectedStatuses.reduce((sum, status) => sum + this.of(status), 0);
  }
}
