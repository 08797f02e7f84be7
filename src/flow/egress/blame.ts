// Whose fault it was that no answer came: the member's own, somewhere on the way between it and the target, or nobody's of whom
// anything could be learnt. Where a connection leads to the member itself (a gateway, somebody else's proxy), what goes wrong before it
// stands is the member's; from an address of ours all that goes wrong is on the way. Where a connection to the target itself stood, what
// comes of it is about the two: clients may name hosts of their own, and those must not speak for others.

import type { Fault } from "../../base/fault.ts";
import type { EgressBlame } from "../../egress/words.ts";

/** The detail of a dial that was never made: as many hang already as may. */
export const tooManyHang = "too many connects hang already";

/** The detail of a dial from an address that can be bound to, and has no port left for that server. */
export const portsTaken = "all ports towards it are in use";

/**
 * What the system says when this machine has no room for another connection; EADDRINUSE: all ports of an address are taken, by
 * whoever opened so many: others are asked meanwhile, and it may be used as soon as one is free.
 */
const ownReasons: ReadonlySet<string> = new Set([
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
  "EADDRINUSE",
  portsTaken,
  tooManyHang,
]);

/** Whether this machine had no room for another connection: of whom it was for nothing is to be learnt. */
export function isOurs({ code, detail }: Fault): boolean {
  return (code === "connect_refused" || code === "source_unusable") && ownReasons.has(detail);
}

/** Whom we connect to: the target, the member that is asked for it, or the target by a tunnel of the member's. */
export type Road = "direct" | "member" | "hop";

/** Null: nothing is to be learnt of it. */
export function blameOf({ code, detail }: Fault, road: Road): EgressBlame | null {
  switch (code) {
    case "source_unusable":
      if (ownReasons.has(detail)) return null;
      // It was bound to a second time, without a connection (data/sourcecheck.ts).
      return detail === "EADDRNOTAVAIL" ? "source" : "member";
    case "hop_refused":
      return "member";
    case "hop_unreachable":
      return "way";
    case "server_closed":
    case "response_timeout":
      return road === "member" ? "way" : "target";
    case "connect_refused":
    case "connect_timeout":
      if (ownReasons.has(detail)) return null;
      return road === "direct" ? "way" : "member";
    // Through a tunnel it is with the target.
    case "tls_refused":
      return road === "member" ? "member" : "target";
    // What is no answer may be the proxy's word, or what it makes of the target's; the target's own is like a 5xx: nothing of who asked.
    case "bad_response":
      if (road === "direct") return "nobody";
      return road === "member" ? "way" : "target";
    // It has spoken: that is no fault of the transport.
    case "truncated_response":
    case "read_timeout":
    case "bad_coding":
      return "nobody";
    default:
      return null;
  }
}
