// One dial under way: whom it is for, and how far it has come. While TLS is shaken hands on, it stands in the place of the flow,
// so that a connection that ends there is told to it.

import type { Socket } from "bun";
import { fault, faultWith } from "../base/fault.ts";
import type { WheelNode } from "../base/timerwheel.ts";
import type { ServerPlan } from "../config/plan.ts";
import type { DialFlow, LineFlow } from "../flow/port.ts";
import { handshakeProblem } from "../health/probe/handshake.ts";
import type { Driver } from "./driver.ts";
import type { Hopping } from "./hopping.ts";
import type { PlainLine } from "./plain.ts";
import type { SecureLine } from "./secure/line.ts";
import type { Records } from "./secure/records.ts";
import type { ServerTerms } from "./secure/terms.ts";

/**
 * Dials that have run out of time and that the kernel has not given up, by address and by the server's row, which all targets of a
 * forward proxy have in common; of those without any nothing is kept.
 */
export class Strays {
  readonly #counts = new Map<string | number, number>();

  of(key: string | number): number {
    return this.#counts.get(key) ?? 0;
  }

  add(address: string, slot: number): void {
    for (const key of [address, slot]) this.#counts.set(key, this.of(key) + 1);
  }

  remove(address: string, slot: number): void {
    for (const key of [address, slot]) {
      const left = this.of(key) - 1;
      if (left > 0) this.#counts.set(key, left);
      else this.#counts.delete(key);
    }
  }
}

export class Dial implements WheelNode, LineFlow {
  deadlineMs = 0;
  wheelNext: WheelNode | null = null;
  wheelPrev: WheelNode | null = null;
  wheelSlot = -1;
  readonly server: ServerPlan;
  readonly preface: Uint8Array | null;
  /** Nothing but HTTP/1.1 is offered. */
  isHttp1 = false;
  /** Null once it was answered. */
  flow: DialFlow | null;
  /** From here on for TLS: null until the connection stands. */
  line: SecureLine | null = null;
  socket: Socket<PlainLine> | null = null;
  terms: ServerTerms | null = null;
  records: Records | null = null;
  /** While it connects, where that can be given up. */
  connecting: Socket<PlainLine> | null = null;
  /** While a proxy is asked for a tunnel. */
  hopping: Hopping | null = null;
  /** It has failed, and it is being found out whether an address or a port of ours was missing. */
  isChecked = false;
  readonly #driver: Driver;
  readonly #strays: Strays;
  readonly #strayKey: string;
  #isStray = false;

  constructor(
    driver: Driver,
    server: ServerPlan,
    flow: DialFlow,
    preface: Uint8Array | null,
    strays: Strays,
    strayKey: string,
  ) {
    this.#driver = driver;
    this.server = server;
    this.flow = flow;
    this.#strays = strays;
    this.#strayKey = strayKey;
    this.preface = preface;
  }

  ticked(): void {
    const flow = this.flow;
    this.flow = null;
    if (this.hopping !== null) return void flow?.refused(this.hopping.late());
    if (this.connecting !== null) {
      this.connecting.close();
      flow?.refused(fault("connect_timeout"));
      return;
    }
    if (this.line === null) {
      this.#isStray = true;
      this.#strays.add(this.#strayKey, this.server.slot);
      flow?.refused(fault("connect_timeout"));
      return;
    }
    this.line.reset();
    const { hop } = this.server;
    const code = this.#isWithProxy ? "hop_refused" : hop === undefined ? "connect_timeout" : "hop_unreachable";
    flow?.refused(faultWith(code, "the TLS handshake took too long"));
  }

  /** TLS is shaken hands on with the proxy, not with the server. */
  get #isWithProxy(): boolean {
    return this.server.hop?.tls !== undefined;
  }

  /** The kernel has come to an end with it. */
  settle(): void {
    if (this.#isStray) this.#strays.remove(this.#strayKey, this.server.slot);
    this.#isStray = false;
  }

  /** TLS does not come about. */
  fail(problem: string): void {
    const { flow } = this;
    if (flow === null) return;
    this.flow = null;
    this.#driver.wheel.remove(this);
    complain(this.#driver, this.server, problem);
    flow.refused(faultWith(this.#isWithProxy ? "hop_refused" : "tls_refused", problem));
  }

  closed(): void {
    this.fail(handshakeProblem(""));
  }

  ended(): void {
    this.line?.reset();
    this.fail(handshakeProblem(""));
  }

  received(): void {}
  drained(): void {}
}

/**
 * TLS with a server has failed, and the operator is the one to mend it. Who is refused for it counts it. Of targets that clients name there is
 * one line a minute: no config can give a pool the name that theirs has.
 */
export function complain(driver: Driver, server: ServerPlan, problem: string): void {
  const [listener, target] = server.id.split(":targets/", 2);
  if (target !== undefined)
    return driver.complaints.tell(
      `listener ${listener}: TLS with a target failed`,
      `: ${server.name}: ${problem}`,
      driver.nowMs,
    );
  driver.complaints.tell(`server ${server.id}: ${problem}`, "", driver.nowMs);
}
