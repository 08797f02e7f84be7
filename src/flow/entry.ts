// What is asked of a client before the handshake of its TLS: whether it is banned, then the listener's rules on connections, up to the
// first that asks for what TLS has shown; that one and those behind it are played when the handshake is done, for they are played in
// order. A handshake costs us more than the client, and takes a place until it is done or too slow. The guest (guest.ts) is handed
// on to the flow, which plays nothing twice; whoever makes an entry lets go of it where no flow comes about.

import { listenerCell } from "../memory/tally.ts";
import type { Outcome } from "../rules/outcome.ts";
import type { RuleSet } from "../rules/ruleset.ts";
import type { Context } from "./context.ts";
import { standing } from "./forwarding.ts";
import { Guest } from "./guest.ts";
import type { Client } from "./port.ts";
import type { ListenerSite, RouteSite } from "./site.ts";

export class Entry {
  readonly guest: Guest;
  isBanned = false;
  /** The listener's rules have been played, those for which a handshake is needed as far as that is done. */
  isPlayed = false;
  outcome: Outcome | null = null;
  /** Whose rules they were. */
  readonly #listener: ListenerSite;

  /** `client`: as it is known without TLS. */
  constructor(context: Context, listener: ListenerSite, client: Client) {
    this.#listener = listener;
    this.guest = new Guest(context, listener, client, true);
  }

  judge(context: Context): void {
    this.isBanned = isShutOut(context, this.guest);
    const { connection } = this.#listener.rules;
    if (this.isBanned || connection?.has("early") !== true) return;
    this.isPlayed = true;
    this.outcome = connection.run(this.guest, "early");
  }

  /** The flow that it is handed to ends the connection. */
  get isRefused(): boolean {
    const { outcome } = this;
    return this.isBanned || (outcome !== null && outcome.kind !== "accept" && outcome.kind !== "use");
  }

  /** On the way to its flow: `client` has what a handshake has shown. The rules that have waited for that are those of the listener as it was. */
  meet(listener: ListenerSite, client: Client): void {
    const { connection } = this.#listener.rules;
    this.guest.meet(client);
    if (this.isPlayed && this.outcome === null) this.outcome = connection!.run(this.guest, "late");
    this.guest.listener = listener;
  }

  /** The way to a pool that its outcome names, on the listener as a plan has it that may have come meanwhile. */
  routeOn(listener: ListenerSite, pool: number): RouteSite | undefined {
    if (listener === this.#listener) return listener.routeTo(pool);
    const name = this.#listener.routeTo(pool)?.pool?.plan.name;
    return name === undefined ? undefined : listener.routeNamed(name);
  }

  release(): void {
    this.guest.release();
  }
}

/** Whether anything is to be asked before a handshake. */
export function isAskedEarly(context: Context, listener: ListenerSite): boolean {
  return context.site.bans.list.size > 0 || listener.rules.connection?.has("early") === true;
}

export function playRules({ inquiry }: Context, rules: RuleSet | null, guest: Guest): Outcome | null {
  if (rules === null) return null;
  return inquiry === null ? rules.run(guest) : inquiry.run(rules, guest);
}

/** How bans or rules end a connection before anything is said, and why is counted; null lets it in. `entry`: what was asked before. */
export function endOf(
  context: Context,
  { rules, row }: ListenerSite,
  guest: Guest,
  entry: Entry | null,
): "close" | "reset" | "drop" | null {
  const { cells } = context.tally;
  if (entry === null ? isShutOut(context, guest) : entry.isBanned) {
    cells[row + listenerCell.banned]!++;
    return "close";
  }
  const outcome = entry?.isPlayed === true ? entry.outcome : playRules(context, rules.connection, guest);
  if (outcome === null || outcome.kind === "accept") {
    guest.countSession();
    return null;
  }
  cells[row + listenerCell.refusedRules]!++;
  return outcome.kind === "drop" || outcome.kind === "reset" ? outcome.kind : "close";
}

/** Banned, and not even an answer is due. One who has an answer coming gets it at each request; behind a trusted proxy only those tell who it is. */
export function isShutOut(context: Context, guest: Guest): boolean {
  const { bans } = context.site;
  if (bans.list.size === 0) return false;
  const { banned, forwarding, plan } = guest.listener;
  const isBehind = (forwarding.standingOf(guest.client.address) & standing.trusted) !== 0;
  if (plan.mode === "http" && (banned !== null || isBehind)) return false;
  return guest.isBanned(bans);
}
