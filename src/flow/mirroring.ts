// Copies of a pool's requests for another pool: as they go on, rules and all, by errands (errand.ts) whose answers are thrown away. A
// copy is made when all of the request is there; a body is kept for it as it passes, up to its bound. The original is not
// kept waiting and knows nothing of it: what becomes of a copy is counted at the other pool, and here only that it was made.

import type { MirrorPlan } from "../config/plan.ts";
import { poolCell } from "../memory/tally.ts";
import { method } from "../wire/http1/head.ts";
import type { Context } from "./context.ts";
import { Errand } from "./errand.ts";
import type { Exchange } from "./exchange.ts";
import type { Onlooker } from "./filter.ts";
import { isCounted } from "./maxforwards.ts";
import type { RouteSite } from "./site.ts";

const nothing = new Uint8Array(0);

/** Of one pool in this worker. */
export class Mirroring {
  readonly plan: MirrorPlan;
  /** Copies under way. */
  active = 0;

  constructor(plan: MirrorPlan) {
    this.plan = plan;
  }
}

/** A step up, the last before a server is sought; always goes on. */
export function mirrorRequest(exchange: Exchange, context: Context): boolean {
  const { mirroring } = exchange.pool;
  if (mirroring === null || !exchange.downstream!.isOfClient) return true;
  const { head, requestBody, upload } = exchange;
  // What becomes a tunnel has no copy, nor has what may be answered here.
  if (head.upgradeIndex !== -1 || head.method === method.connect || isCounted(head)) return true;
  const { plan } = mirroring;
  if (plan.share < 1 && context.port.random() >= plan.share) return true;
  const route = exchange.listener.routeTo(plan.pool);
  if (route === undefined) return true;
  const copy = new Copy(exchange, context, mirroring, route);
  if (head.contentLength > plan.bodyBytesMax) copy.skip();
  else {
    copy.add(head.bytes, exchange.bodyStart, exchange.bodyEnd);
    if (requestBody.isDone) copy.over(true);
    else upload.onlooker = copy;
  }
  return true;
}

/** Looks on while the request's body goes up. Framing is copied with it, as it came. */
class Copy implements Onlooker {
  readonly #exchange: Exchange;
  readonly #context: Context;
  readonly #mirroring: Mirroring;
  readonly #route: RouteSite;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #isSkipped = false;

  constructor(exchange: Exchange, context: Context, mirroring: Mirroring, route: RouteSite) {
    this.#exchange = exchange;
    this.#context = context;
    this.#mirroring = mirroring;
    this.#route = route;
  }

  add(bytes: Uint8Array, start: number, end: number): void {
    if (this.#isSkipped || end === start) return;
    this.#bytes += end - start;
    if (this.#bytes > this.#mirroring.plan.bodyBytesMax) this.skip();
    else this.#pieces.push(bytes.slice(start, end));
  }

  over(isWhole: boolean): void {
    if (this.#isSkipped || !isWhole) return;
    const mirroring = this.#mirroring;
    if (mirroring.active >= mirroring.plan.concurrencyMax) return this.skip();
    const body = this.#bytes === 0 ? null : new Uint8Array(Buffer.concat(this.#pieces));
    const made = Errand.prepare(this.#context, this.#exchange, this.#route, nothing, body);
    if (made === null) return this.skip();
    this.#count(poolCell.mirrored);
    mirroring.active++;
    const errand = made.downstream as Errand; // What `prepare` makes it for.
    errand.isForNobody = true;
    errand.onEnd = () => {
      mirroring.active--;
    };
    made.seekServer();
  }

  skip(): void {
    this.#isSkipped = true;
    this.#pieces = [];
    this.#count(poolCell.mirrorSkipped);
  }

  #count(cell: number): void {
    this.#context.tally.cells[this.#exchange.pool.row + cell]!++;
  }
}
