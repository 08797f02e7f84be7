// The talk with somebody else's proxy over a connection that stands (wire/hop.ts): it stands in the place of the flow until there is a
// tunnel, or none. What came through the tunnel behind the proxy's last word is handed on with it. The dial keeps the time.

import { type Fault, faultWith } from "../base/fault.ts";
import type { HopPlan } from "../config/plan.ts";
import type { LineFlow } from "../flow/port.ts";
import { type Hop, type HopStep, hopTo } from "../wire/hop.ts";
import type { PlainLine } from "./plain.ts";

export interface HopOwner {
  /** The tunnel stands. */
  tunneled(rest: Uint8Array | null): void;
  /** There is none; the connection is gone. */
  untunneled(what: Fault): void;
}

export class Hopping implements LineFlow {
  readonly #line: PlainLine;
  readonly #owner: HopOwner;
  readonly #hop: Hop;
  #isOver = false;
  #isGone = false;

  constructor(line: PlainLine, plan: HopPlan, owner: HopOwner) {
    this.#line = line;
    this.#owner = owner;
    this.#hop = hopTo(plan);
  }

  begin(): void {
    this.#line.flow = this;
    this.#take(this.#hop.begin());
  }

  received(bytes: Uint8Array): void {
    if (!this.#isOver) this.#take(this.#hop.received(bytes));
  }

  drained(): void {}

  ended(): void {
    this.#break();
  }

  closed(): void {
    this.#isGone = true;
    this.#break();
  }

  /** The time of the dial is over. Answers what to say. */
  late(): Fault {
    this.#isOver = true;
    this.#line.reset();
    const step = this.#hop.broke(true);
    return step.kind === "failed" ? faultOf(step) : faultWith("hop_unreachable", "");
  }

  #break(): void {
    if (!this.#isOver) this.#take(this.#hop.broke(false));
  }

  #take(step: HopStep): void {
    if (step.kind === "more") {
      if (step.say !== null) this.#line.send(step.say, 0, step.say.length);
      return;
    }
    this.#isOver = true;
    if (step.kind === "open") return this.#owner.tunneled(step.rest);
    if (!this.#isGone) this.#line.reset();
    this.#owner.untunneled(faultOf(step));
  }
}

function faultOf({ blame, detail }: Extract<HopStep, { kind: "failed" }>): Fault {
  return faultWith(blame === "member" ? "hop_refused" : "hop_unreachable", detail);
}
