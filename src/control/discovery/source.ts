// The contract of whoever knows servers: a file, a name server, an orchestrator, the registry. A source is started once, and tells from
// then on; it asks as often as its plan says, and at once when something tells it of a change. It neither judges nor compares what it
// tells: whether an answer is news, what is kept when there is none, and which pools it is for is discovery.ts' business.
// All sources pass one suite of tests (sources.test.ts).

import type { FoundServer } from "../../config/found.ts";

export type Answer =
  /** All servers that there are now. `remarks`: what was passed over, a sentence each. */
  | {
      readonly ok: true;
      readonly servers: readonly FoundServer[];
      readonly remarks: readonly string[];
      /** Those among them that it does not find now, by address, and why they count all the same. Absent: none. */
      readonly kept?: { readonly servers: readonly string[]; readonly why: string };
    }
  /** Continues "the source ...": "does not answer: connection refused". Nothing secret, nothing raw. */
  | { readonly ok: false; readonly problem: string };

export interface Source {
  /** As an operator would name it: "file servers.txt", "dns app.local (SRV)". No secrets. */
  readonly name: string;
  /** The first answer comes within the plan's timeout, good or bad. Never called twice. */
  start(tell: (answer: Answer) => void): void;
  /** Nothing is told after this, and nothing is left running. */
  stop(): void;
}
