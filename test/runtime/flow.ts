// A flow that does nothing but write down what it is told, and a server's plan to dial it to: what the tests of src/data
// put in the place of the real ones.

import type { Fault } from "../../src/base/fault.ts";
import type { Address, ServerPlan } from "../../src/config/plan.ts";
import type { DialFlow, Line } from "../../src/flow/port.ts";
import { makePlan } from "../playbook/plan.ts";
import { Journal } from "./journal.ts";

export class RecordingFlow extends Journal implements DialFlow {
  fault: Fault | null = null;
  /** Called first thing by every word, to see what a flow may do meanwhile. */
  doing: ((word: string) => void) | null = null;
  #line: Line | null = null;

  get line(): Line {
    if (this.#line === null) throw new Error("the flow has no line");
    return this.#line;
  }

  connected(line: Line): void {
    this.#line = line;
    this.tell("connected");
    this.doing?.("connected");
  }

  refused(fault: Fault): void {
    this.fault = fault;
    this.tell(`refused ${fault.code}`);
    this.doing?.("refused");
  }

  received(bytes: Uint8Array): void {
    this.count(bytes);
    this.doing?.("received");
  }

  drained(): void {
    this.tell("drained");
    this.doing?.("drained");
  }

  ended(): void {
    this.tell("ended");
    this.doing?.("ended");
  }

  closed(isReset: boolean): void {
    this.tell(isReset ? "closed by reset" : "closed");
    this.doing?.("closed");
  }
}

export function serverAt(address: Address): ServerPlan {
  return { ...makePlan().pools[0]!.servers[0]!, address };
}

export function localServer(port: number): ServerPlan {
  return serverAt({ kind: "tcp", host: "127.0.0.1", port });
}
