// A client, its stream, and the servers that were tried for it: it knows what each side may be told, and judges that it was.
// Every byte comes from the other side, in order, once. A FIN is told only when the other side has made one and all of
// its bytes have come: whatever was lost on the way must show as a RST. How the stream is counted and reported is judged too.

import type { ServerSite } from "../../../src/flow/site.ts";
import type { Stream } from "../../../src/flow/stream.ts";
import type { SimLine } from "../driver.ts";
import type { End } from "../network.ts";
import { Violation, type World } from "../world.ts";
import type { Conduct } from "./conduct.ts";
import type { Content } from "./content.ts";
import { type Judge, Peer } from "./peer.ts";
import { checkIdleFault } from "./silence.ts";

const alert = Uint8Array.of(21, 3, 1, 0, 2, 2, 112);

/** What must become of a client by what it begins with. `refused`: a RST, nothing else. */
export type Destiny = { kind: "refused" } | { kind: "alert" } | { kind: "carried"; slots: ReadonlySet<number> };

/** What a pair asks of the run it belongs to. */
export interface House {
  nextOrder(): number;
  /** Its stream goes to that server. */
  connects(pair: Pair, server: ServerSite): void;
  /** Whether something exists that excuses the failure of a stream whose sides do nothing wrong. */
  isExcused(code: string): boolean;
}

export class Pair implements Judge {
  readonly name: string;
  readonly destiny: Destiny;
  /** By which worker. */
  readonly worker: number;
  readonly line: SimLine;
  readonly #house: House;
  readonly #world: World;
  client: Peer | null = null;
  stream: Stream | null = null;
  /** Those that have accepted. A stray has done so too late. */
  readonly tries: Peer[] = [];
  readonly strays: Set<Peer> = new Set();
  /** The one that has it. */
  server: Peer | null = null;
  up: SimLine | null = null;
  queuedMs = 0;
  /** Its place in the order of all that have waited untried; 0 when it has not. */
  queuedOrder = 0;
  isReported = false;
  /** It was queued or tried, or was to be. */
  isSought = false;
  /** Somebody has made it end: the operator. */
  isCut = false;

  constructor(world: World, name: string, destiny: Destiny, worker: number, line: SimLine, house: House) {
    this.#world = world;
    this.name = name;
    this.destiny = destiny;
    this.worker = worker;
    this.line = line;
    this.#house = house;
  }

  // ---- what the stream does ----

  /** A server has accepted. */
  tried(end: End, content: Content, conduct: Conduct, header: Uint8Array): Peer {
    const peer = new Peer(this.#world, end, conduct.isEcho ? this.client!.content : content, conduct, this, header);
    this.tries.push(peer);
    peer.begin();
    return peer;
  }

  queued(stream: Stream): void {
    this.stream = stream;
    this.isSought = true;
    this.queuedMs = this.#world.nowMs;
    if (stream.attempt.count === 0) this.queuedOrder = this.#house.nextOrder();
  }

  connects(stream: Stream, server: ServerSite): void {
    this.stream = stream;
    this.isSought = true;
    if (this.destiny.kind !== "carried") return this.#complain(`is brought to server ${server.plan.slot}, not refused`);
    if (!this.destiny.slots.has(server.plan.slot)) this.#complain(`is brought to server ${server.plan.slot}`);
    if (this.up !== null) this.#complain("is brought to a second server");
    this.#house.connects(this, server);
  }

  connected(line: SimLine): void {
    this.up = line;
    this.server = this.tries.find((peer) => peer.end === line.socket.peer) ?? null;
    if (this.server === null) this.#complain("is connected to somebody else's server");
  }

  // ---- what the sides see ----

  received(peer: Peer, bytes: Uint8Array): void {
    if (peer === this.client) return this.#clientReceived(peer, bytes);
    const client = this.client!;
    const expected = client.content.behind(peer.header);
    const end = peer.received + bytes.length;
    const isServer = peer === this.server || end <= peer.header.length;
    if (!isServer) this.#complain(`sends to ${peer.name}, which does not have it`);
    if (end - peer.header.length > client.sent) this.#complain(`sends ${end} bytes to ${peer.name} of ${client.sent}`);
    if (!expected.matches(peer.received, bytes))
      this.#complain(`sends other bytes to ${peer.name} behind ${peer.received}`);
  }

  #clientReceived(client: Peer, bytes: Uint8Array): void {
    const end = client.received + bytes.length;
    if (this.destiny.kind === "alert") {
      if (!Buffer.from(alert.subarray(client.received, end)).equals(bytes)) this.#complain("is sent no alert");
      return;
    }
    const { server } = this;
    if (server === null) return this.#complain("is sent bytes of nobody");
    if (end > server.sent) this.#complain(`is sent ${end} bytes of ${server.sent}`);
    if (!server.content.matches(client.received, bytes))
      this.#complain(`is sent other bytes behind ${client.received}`);
  }

  finTold(peer: Peer): void {
    if (this.strays.has(peer)) return;
    const client = this.client!;
    if (peer === client) {
      if (this.destiny.kind === "alert") {
        if (client.received !== alert.length) this.#complain("is told FIN before the alert");
        return;
      }
      if (this.server === null) {
        // Where its first bytes are waited for: who begins with its end only looks whether we are there.
        if (client.isShut && client.sent === 0 && this.stream?.fault?.code === "client_closed") return;
        return this.#complain("is told FIN though no server had it");
      }
      return this.#judgeFin(client, client.received, this.server);
    }
    this.#judgeFin(peer, peer.received - peer.header.length, client);
  }

  #judgeFin(peer: Peer, received: number, other: Peer): void {
    if (!other.isShut) this.#complain(`${peer.name} is told FIN, and ${other.name} has made none`);
    if (received !== other.sent)
      this.#complain(`${peer.name} is told FIN after ${received} bytes of ${other.sent} that ${other.name} sent`);
  }

  resetTold(peer: Peer): void {
    // A RST comes when somebody has left, or we had a reason, which the report must name.
    const { stream } = this;
    if (this.strays.has(peer) || (peer !== this.client && peer !== this.server)) return;
    const hasOtherLeft = peer === this.client ? this.server?.hasLeft === true : this.client!.hasLeft;
    if (this.isReported && stream!.fault === null && !hasOtherLeft && !peer.hasLeft)
      this.#complain(`${peer.name} is reset, and nothing is wrong`);
  }

  // ---- the report ----

  reported(stream: Stream): void {
    if (this.isReported) this.#complain("is reported twice");
    this.isReported = true;
    this.stream = stream;
    const { client, server, up, line } = this;
    const sentDown = line.sentBytes - (this.destiny.kind === "alert" ? line.sentBytes : 0);
    if (stream.bytesUp !== (up?.sentBytes ?? 0) || stream.bytesDown !== sentDown)
      this.#complain(
        `is reported with ${stream.bytesUp} up and ${stream.bytesDown} down, not ${up?.sentBytes} and ${sentDown}`,
      );
    if (stream.fault === null) {
      if (client === null || server === null) return this.#complain("is reported as ended well, and had no server");
      if (!client.isShut || !server.isShut) this.#complain("is reported as ended well before both sides have ended");
      if (stream.bytesUp !== client.sent || stream.bytesDown !== server.sent)
        this.#complain(
          `ended well with ${stream.bytesUp} of ${client.sent} up, ${stream.bytesDown} of ${server.sent} down`,
        );
      return;
    }
    const { code } = stream.fault;
    this.isSought ||= stream.listener.names === null || ["no_server", "queue_full"].includes(code);
    this.#judgeFault(stream, code);
  }

  #judgeFault(stream: Stream, code: string): void {
    const now = this.#world.nowMs;
    const { destiny, client, server } = this;
    const isRefusal = code === "bad_client_hello" || code === "handshake_timeout" || code === "unknown_name";
    if (isRefusal && destiny.kind === "carried" && (client?.conduct.isGood ?? true) && !client?.hasLeft)
      this.#complain(`is refused with ${code}`);
    if (this.isGood && !this.#house.isExcused(code)) this.#complain(`fails with ${code}, and nothing is wrong`);
    switch (code) {
      case "handshake_timeout":
        if (now - stream.startedMs < stream.listener.plan.timeouts.handshakeMs) this.#complain(`${code} too early`);
        return;
      case "queue_timeout":
        if (now - this.queuedMs < stream.pool.plan.queue.timeoutMs) this.#complain(`${code} too early`);
        return;
      case "client_idle":
      case "server_idle": {
        const problem = checkIdleFault(stream, this.line, this.up!, code, now);
        if (problem !== null) this.#complain(problem);
        return;
      }
      case "server_reset":
        if (!server!.hasLeft) this.#complain(`${code}, and ${server!.name} has not left`);
        return;
      case "client_closed": {
        // One that ends before its first byte was only looking.
        const hasLooked = client!.isShut && client!.sent === 0 && stream.listener.names !== null;
        if (!client!.hasLeft && !hasLooked) this.#complain(`${code}, and it has not left`);
        return;
      }
      case "draining":
        if (!this.isCut) this.#complain(`${code}, and nobody drains`);
        return;
    }
  }

  /** Everything is over: what must have come of two good sides. */
  judgeEnd(): void {
    const { stream, client, server } = this;
    if (!this.isReported) this.#complain("was never reported");
    if (!this.isGood || stream!.fault !== null || client === null || server === null) return;
    if (!client.isFinTold || client.received !== server.sent)
      this.#complain(`was sent ${client.received} bytes of ${server.sent}`);
    if (!server.isFinTold || server.received - server.header.length !== client.sent)
      this.#complain(`sent ${client.sent} bytes, of which ${server.received} came`);
  }

  /** A server was sought for it. */
  get isRouted(): boolean {
    const code = this.stream?.fault?.code;
    return code !== "bad_client_hello" && code !== "handshake_timeout" && code !== "unknown_name" && this.isSought;
  }

  /** Both sides do nothing that could break a stream. */
  get isGood(): boolean {
    return this.destiny.kind === "carried" && this.client!.conduct.isGood && (this.server?.conduct.isGood ?? true);
  }

  #complain(what: string): void {
    throw new Violation(`${this.name} ${what}`);
  }
}
