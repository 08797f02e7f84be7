// The answer to an authority that wants to know whether a name leads here before it gives a certificate for it (ACME's HTTP-01, RFC 8555
// 8.3). The first step of the stair, before rules, credentials and redirects, and one that is not there at all while nothing is
// asked for. Only tokens of orders under way are known here: all else under that path goes on, for a server behind may have orders
// of its own. What is answered is no secret: it proves something only to who has the account's key.

import type { ChallengePlan } from "../config/plan.ts";
import { type Head, method } from "../wire/http1/head.ts";
import type { Exchange } from "./exchange.ts";

const prefix: Uint8Array = new TextEncoder().encode("/.well-known/acme-challenge/");
/** Authorities write 43 characters. */
const tokenBytesMax = 512;

export class Challenges {
  readonly #answers: ReadonlyMap<string, string>;

  constructor(plans: readonly ChallengePlan[]) {
    this.#answers = new Map(plans.map(({ token, answer }) => [token, answer]));
  }

  /** Null for a request that is none of ours. */
  answerTo(head: Head): string | null {
    if (head.method !== method.get && head.method !== method.head) return null;
    const { bytes, targetStart, targetEnd } = head;
    const start = targetStart + prefix.length;
    if (targetEnd <= start || targetEnd - start > tokenBytesMax) return null;
    for (let index = 0; index < prefix.length; index++) if (bytes[targetStart + index] !== prefix[index]) return null;
    return this.#answers.get(Buffer.from(bytes.subarray(start, targetEnd)).toString("latin1")) ?? null;
  }
}

/** True: go on. */
export function answerChallenge(exchange: Exchange): boolean {
  const answer = exchange.listener.challenges?.answerTo(exchange.head) ?? null;
  if (answer === null) return true;
  const fields = [{ name: "content-type", value: "text/plain" }];
  exchange.give({ status: 200, reason: "", fields, body: answer, retryAfterS: 0 }, null);
  return false;
}
