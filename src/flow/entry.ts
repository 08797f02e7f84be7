// What is asked of a client before the handshake of its TLS: whether it is banned. A handshake costs us more than the client,
// and takes a place until it is done or too slow. The one that is made for rules (guest.ts) is handed on to the flow, which asks
// nothing twice; whoever makes an entry lets go of it where no flow comes about.

import type { Context } from "./context.ts";
import { Guest } from "./guest.ts";
import type { Client } from "./port.ts";
import type { ListenerSite } from "./site.ts";

export class Entry {
  readonly guest: Guest;
  isBanned = false;

  /** `client`: as it is known without TLS. */
  constructor(context: Context, listener: ListenerSite, client: Client) {
    this.guest = new Guest(context, listener, client, true);
  }

  /** Null where nothing is to be asked. */
  static of(context: Context, listener: ListenerSite, client: () => Client): Entry | null {
    return context.site.bans.list.size === 0 ? null : new Entry(context, listener, client());
  }

  judge(context: Context): void {
    this.isBanned = isShutOut(context, this.guest);
  }

  /** The flow that it is handed to ends the connection. */
  get isRefused(): boolean {
    return this.isBanned;
  }

  /** On the way to its flow: `client` has what a handshake has shown. */
  meet(listener: ListenerSite, client: Client): void {
    this.guest.listener = listener;
    this.guest.meet(client);
  }

  release(): void {
    this.guest.release();
  }
}

/** Banned, and not even an answer is due. One who has an answer coming gets it at each request; behind a trusted proxy only those tell who it is. */
export function isShutOut(context: Context, guest: Guest): boolean {
  const { bans } = context.site;
  if (bans.list.size === 0) return false;
  const { banned, forwarding, plan } = guest.listener;
  if (plan.mode === "http" && (banned !== null || forwarding.trust.isTrusted(guest.client.address))) return false;
  return guest.isBanned(bans);
}
