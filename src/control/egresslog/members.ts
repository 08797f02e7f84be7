// Which member of a pool a line of a shared log is about: by the port that nginx listens on for it, or by its address. It knows plans
// and numbers. Gateways of several hosts may listen on one port: then the first is meant, unless an address says otherwise.

import type { EgressMemberPlan } from "../../config/plan.ts";
import type { LogLine } from "./line.ts";

const ports = 65_536;

export class Members {
  /** One more than the index; 0 is nobody's. */
  readonly #byPort: Int32Array = new Int32Array(ports);
  readonly #byAddress: Map<string, number> = new Map();

  constructor(members: readonly EgressMemberPlan[]) {
    for (const [index, { id, door }] of members.entries()) {
      const address = door.kind === "proxy" ? door.host : door.address;
      for (const name of [address.toLowerCase(), id.toLowerCase()])
        if (!this.#byAddress.has(name)) this.#byAddress.set(name, index);
      if (door.kind !== "source" && this.#byPort[door.port] === 0) this.#byPort[door.port] = index + 1;
    }
  }

  /** -1: nobody. */
  of({ address, port }: LogLine): number {
    const named =
      address === "" ? undefined : (this.#byAddress.get(address) ?? this.#byAddress.get(address.toLowerCase()));
    return named ?? (port === 0 ? -1 : this.ofPort(port));
  }

  ofPort(port: number): number {
    return (this.#byPort[port] ?? 0) - 1;
  }
}
