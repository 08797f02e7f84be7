// The client of a connection, as rules see it from accept to close: who it is, what TLS has shown, which entries it holds, and
// what rules have set. Made for connections that rules, bans or a pool's memory ask about, and for no others. It is the stage of
// the connection phase; an exchange's stage asks it for all that is not the request's own.

import type { BanHolder } from "../memory/bans.ts";
import type { Table, TableEvent } from "../memory/table.ts";
import { field } from "../rules/fields.ts";
import type { Stage, Tracked, Value, World } from "../rules/scene.ts";
import { readAddress } from "../wire/ipaddress.ts";
import type { Context } from "./context.ts";
import type { Client } from "./port.ts";
import { RuleHits } from "./rulehits.ts";
import type { ListenerSite } from "./site.ts";
import { Trackers } from "./trackers.ts";

export class Guest implements Stage {
  isDry = false;
  readonly trackers: Trackers = new Trackers();
  /** Before its handshake it has shown no TLS yet. */
  client: Client;
  readonly #isSecure: boolean;
  /** Whose rules are played. */
  listener: ListenerSite;
  /** What it has asked for by SNI, "" without; in mode tcp it is known once the ClientHello has come. */
  serverName: string;
  ja4: string;
  /** What rules have logged, "" without. */
  notes = "";
  /** Rules on the connection itself whose conditions held; null until one has. */
  hits: RuleHits | null = null;
  readonly #context: Context;
  /** Null where the client has no address (unix sockets); made when first asked for. */
  #octets: Uint8Array | null | undefined;
  #variables: Map<string, Value> | null = null;
  #isCounted = false;

  /** `isSecure`: whether the listener ends TLS on the connection. */
  constructor(context: Context, listener: ListenerSite, client: Client, isSecure: boolean = client.tls !== null) {
    this.#context = context;
    this.listener = listener;
    this.client = client;
    this.#isSecure = isSecure;
    this.serverName = client.tls === null ? "" : client.tls.serverName;
    this.ja4 = client.ja4;
  }

  /** The same client, of whom more is known. */
  meet(client: Client): void {
    this.client = client;
    this.serverName = client.tls === null ? "" : client.tls.serverName;
    this.ja4 = client.ja4;
  }

  /** The client's address. */
  get octets(): Uint8Array | null {
    if (this.#octets === undefined) this.#octets = octetsOf(this.client.address);
    return this.#octets;
  }

  isBanned(bans: BanHolder): boolean {
    const { octets } = this;
    return octets !== null && bans.endOf(octets, 0, this.wallMs) !== -1;
  }

  get sharedMs(): number {
    return this.#context.port.sharedMs;
  }

  get wallMs(): number {
    return this.#context.port.wallMs;
  }

  get world(): World {
    const { inquiry } = this.#context;
    return inquiry === null ? this.listener.world : inquiry.world;
  }

  random(): number {
    return this.#context.port.random();
  }

  field(number: number): Value {
    const { client } = this;
    switch (number) {
      case field.src:
        return this.octets;
      case field.srcPort:
        return client.port === 0 ? null : client.port;
      case field.peer:
        return client.peerAddress === client.address ? this.octets : octetsOf(client.peerAddress);
      case field.dst:
        return octetsOf(client.localAddress);
      case field.dstPort:
        return client.localPort === 0 ? null : client.localPort;
      case field.listener:
        return this.listener.plan.name;
      case field.secure:
        return this.#isSecure;
      case field.tlsSni:
        return orAbsent(bytesOf(this.serverName));
      case field.tlsHello:
        // Of each ClientHello that was read in mode tcp there is a fingerprint.
        return client.tls !== null || this.ja4 !== "";
      case field.tlsJa4:
        return orAbsent(this.ja4);
      default:
        return client.tls === null ? null : shownBy(client.tls, number);
    }
  }

  variable(name: string): Value {
    return this.#variables?.get(name) ?? null;
  }

  tracked(slot: number): Tracked | null {
    return this.trackers.find(slot);
  }

  hit(slot: number): void {
    this.hits ??= new RuleHits();
    this.hits.note(slot);
    this.countHit(slot);
  }

  countHit(slot: number): void {
    const { tally } = this.#context;
    tally.cells[tally.ruleCell(slot)]!++;
  }

  track(slot: number, table: Table): void {
    const { inquiry } = this.#context;
    const held = inquiry === null ? table : inquiry.held(table, this.sharedMs);
    this.trackers.track(slot, held, this.sharedMs);
  }

  /** What rules have set for another, in whose name it asks. */
  takeVariables(from: Guest): void {
    this.#variables = from.#variables;
  }

  setVariable(name: string, value: Value): void {
    this.#variables ??= new Map();
    this.#variables.set(name, value);
  }

  /** Once, by a rule or behind them all. */
  countSession(): void {
    if (this.#isCounted) return;
    this.#isCounted = true;
    this.note("session", 1);
  }

  // There is no head yet, and no response: what is checked when a plan is made says so.
  editField(): void {}
  replaceField(): void {}
  rewrite(): void {}
  slow(): void {}

  limitBody(): void {}

  log(_rule: string, text: string): void {
    this.notes = joined(this.notes, text);
  }

  /** Tell the entries that the connection holds of something. */
  note(event: TableEvent, amount: number): void {
    if (this.trackers.count > 0) this.trackers.note(event, amount, this.sharedMs);
  }

  release(): void {
    if (this.trackers.count > 0) this.trackers.release(this.sharedMs);
  }
}

/** What a rule logs on one connection or request; more says nothing more. */
const notesLengthMax = 1024;

/** What was logged so far, and one more. */
export function joined(notes: string, text: string): string {
  return (notes === "" ? text : `${notes}; ${text}`).slice(0, notesLengthMax);
}

/** 16 octets, IPv4 as IPv4-mapped; null where `address` is none. */
export function octetsOf(address: string): Uint8Array | null {
  const octets = new Uint8Array(16);
  return readAddress(address, octets) ? octets : null;
}

const isAscii = /^[\0-\x7f]*$/;

export function orAbsent(text: string): string | null {
  return text === "" ? null : text;
}

/** As expressions have text: its UTF-8, a character a byte. What TLS has shown comes as characters. */
function bytesOf(text: string): string {
  return isAscii.test(text) ? text : Buffer.from(text).toString("latin1");
}

function shownBy(tls: NonNullable<Client["tls"]>, number: number): Value {
  switch (number) {
    case field.tlsVersion:
      return tls.version;
    case field.tlsCipher:
      return orAbsent(tls.cipher);
    case field.tlsAlpn:
      return orAbsent(tls.alpn);
    case field.tlsSubject:
      return orAbsent(bytesOf(tls.subject));
    case field.tlsFingerprint:
      return orAbsent(tls.fingerprint);
    case field.tlsResumed:
      return tls.isResumed;
    default:
      return null;
  }
}
