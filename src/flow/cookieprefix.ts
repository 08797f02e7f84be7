// The sticky cookie that is the application's own: the server's name and a tilde stand in front of its value, for the client alone
// (HAProxy: cookie NAME prefix). They are put there where a server sets the cookie, and taken off where it is sent back; a session
// that another server is given keeps its value, and so does one that came with another proxy's prefix.

import type { PoolPlan } from "../config/plan.ts";
import type { Head } from "../wire/http1/head.ts";
import type { Edits } from "./edits.ts";
import { fieldOf } from "./headvalues.ts";
import type { Visit } from "./visit.ts";

type Make = (value: string) => string;

/** Between the name and the value. */
export const tilde = "~";

export class CookiePrefix {
  readonly #cookie: string;
  readonly #without: Make;
  /** By server. */
  readonly #with: readonly Make[];

  constructor({ servers, balance }: Pick<PoolPlan, "servers" | "balance">) {
    this.#cookie = balance.sticky!.cookie; // Asked by `prefixOf`.
    const opening = `${this.#cookie}=`;
    const named = new RegExp(`(^|;)([ \\t]*${opening.replaceAll(/[^\w]/g, "\\$&")})[^;${tilde}]*${tilde}`, "g");
    this.#without = (value) => value.replaceAll(named, "$1$2");
    this.#with = servers.map(
      ({ cookie }): Make =>
        (value) =>
          value.startsWith(opening) ? opening + cookie + tilde + value.slice(opening.length) : value,
    );
  }

  /** Off the cookies of a request, once: a hook may send it on to another pool with such a cookie, and what stands there then is the application's. */
  takeOff({ edits, bareCookies }: Visit, head: Head): void {
    if (bareCookies.includes(this.#cookie)) return;
    bareCookies.push(this.#cookie);
    if (fieldOf(head, "cookie")?.includes(tilde)) edits.replaceField("cookie", this.#without);
  }

  /** In front of what a response sets. */
  putOn(edits: Edits, head: Head, server: number): void {
    const make = this.#with[server];
    if (make !== undefined && fieldOf(head, "set-cookie") !== null) edits.replaceField("set-cookie", make);
  }
}

/** Null where the pool has none. */
export function prefixOf(plan: PoolPlan): CookiePrefix | null {
  return plan.balance.sticky?.isPrefix === true ? new CookiePrefix(plan) : null;
}
