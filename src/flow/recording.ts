// What the flight recorder keeps of an exchange, or of a session that was carried, when a flow says `report`: a record of fixed size
// (memory/recorderlayout.ts), filled from what the flow holds anyway. It makes no string and no object, waits for nobody and asks
// nobody: names are slots of the plan, texts are copied as the bytes that came. What they mean, and what of them may be shown, is for
// whoever reads the record. Texts stand in the order of their lengths; the path comes last and has what room is left.

import { faultCodes } from "../base/fault.ts";
import type { RulePlan } from "../config/plan.ts";
import type { RecorderRing } from "../memory/recorder.ts";
import {
  cacheWords,
  hitsMax,
  noSlot,
  recordBytes,
  recordCell,
  recordFlag,
  recordHalf,
  recordKinds,
  recordWord,
  textAt,
  textLength,
} from "../memory/recorderlayout.ts";
import { authorityEnd, authorityStart } from "../wire/http1/framing.ts";
import { type Head, method } from "../wire/http1/head.ts";
import type { DatagramSession } from "./datagramsession.ts";
import type { Exchange } from "./exchange.ts";
import { pathStart } from "./headvalues.ts";
import type { RuleHits } from "./rulehits.ts";
import type { PoolSite } from "./site.ts";
import type { Stream } from "./stream.ts";

/** Of a text; all together leave the path a hundred bytes at least. */
const textMax = {
  client: 46,
  user: 32,
  method: 16,
  requestId: 48,
  egress: 46,
  server: 48,
  host: 64,
  path: 384,
} as const;
const slash = 0x2f;
const question = 0x3f;
/** No byte. */
const never = -1;

const kind = { http: recordKinds.indexOf("http"), tcp: recordKinds.indexOf("tcp"), udp: recordKinds.indexOf("udp") };
const faultNumbers: ReadonlyMap<string, number> = new Map(faultCodes.map((code, index) => [code, index + 1]));
const cacheNumbers: ReadonlyMap<string, number> = new Map(cacheWords.map((word, index) => [word, index]));

export class Recording {
  readonly #ring: RecorderRing;
  readonly #hasQuery: boolean;
  /** Of this worker's own request ids; -1: not read yet. */
  #prefixHigh = -1;
  #prefixLow = 0;

  /** `hasQuery`: queries of targets are kept too. */
  constructor(ring: RecorderRing, hasQuery: boolean) {
    this.#ring = ring;
    this.#hasQuery = hasQuery;
  }

  exchange(exchange: Exchange, nowMs: number, wallMs: number): void {
    const ring = this.#ring;
    const word = ring.begin();
    const { words, floats } = ring;
    const { startedMs, attempt, upload, caching, route, lease } = exchange;
    const durationMs = nowMs - startedMs;
    this.#begin(word, wallMs - durationMs, durationMs, exchange.requestBytes, exchange.responseBytesSent);
    // What did not happen is 0, and so far below.
    floats[word + recordWord.soughtMs] = attempt.soughtMs - startedMs;
    floats[word + recordWord.chosenMs] = attempt.chosenMs - startedMs;
    floats[word + recordWord.sentMs] = exchange.sentMs - startedMs;
    floats[word + recordWord.uploadedMs] = upload.doneMs - startedMs;
    // Where something stored was shown, nothing came of a server that was asked, if one was.
    const isShown = caching !== null && caching.shownMs !== 0;
    // The target of a tunnel has answered by accepting.
    const isTunnel = exchange.upgrade !== null && exchange.respondedMs === 0;
    const respondedMs = isTunnel ? exchange.sentMs : exchange.respondedMs;
    floats[word + recordWord.respondedMs] = (isShown ? caching.shownMs : respondedMs) - startedMs;
    words[word + recordWord.generation] = route.generation;
    words[word + recordWord.owners] = route.owners;
    words[word + recordWord.status] = exchange.status | (exchange.serverStatus << 16);
    const cache = caching === null ? 0 : cacheNumbers.get(caching.word)!;
    words[word + recordWord.tries] = attempt.count | (faultOf(exchange.fault) << 16) | (cache << 24);
    const server = exchange.target === null ? slotOf(route.pool, attempt.index) : noSlot;
    words[word + recordWord.doors] = server | ((lease === null ? noSlot : lease.site.plan.slot) << 16);
    let flags = kind.http | (exchange.asked.method << recordFlag.methodShift);
    if (exchange.isSecure) flags |= recordFlag.isTls;
    if (upload.isReused) flags |= recordFlag.isReused;
    if (upload.isHttp2) flags |= recordFlag.isHttp2Up;
    this.#exchangeTexts(word, exchange, flags);
    ring.end(word);
  }

  stream(stream: Stream, wallMs: number): void {
    const ring = this.#ring;
    const word = ring.begin();
    const { words, floats } = ring;
    const { client, startedMs, connectedMs, attempt, route, guest, ruled } = stream;
    const durationMs = stream.endedMs - startedMs;
    this.#begin(word, wallMs - durationMs, durationMs, stream.bytesUp, stream.bytesDown);
    floats[word + recordWord.soughtMs] = attempt.soughtMs - startedMs;
    floats[word + recordWord.chosenMs] = attempt.chosenMs - startedMs;
    floats[word + recordWord.sentMs] = connectedMs - startedMs;
    floats[word + recordWord.uploadedMs] = -1;
    floats[word + recordWord.respondedMs] = connectedMs - startedMs;
    words[word + recordWord.generation] = route.generation;
    words[word + recordWord.owners] = route.owners;
    words[word + recordWord.status] = 0;
    words[word + recordWord.tries] = stream.attempts | (faultOf(stream.fault) << 16);
    words[word + recordWord.doors] = slotOf(route.pool, stream.server) | (noSlot << 16);
    const flags =
      kind.tcp | (client.tls === null ? 0 : recordFlag.isTls) | this.#rules(word, ruled, guest?.hits ?? null);
    this.#sessionTexts(word, client.address, stream.serverName, flags);
    ring.end(word);
  }

  datagrams(session: DatagramSession, nowMs: number, wallMs: number): void {
    const ring = this.#ring;
    const word = ring.begin();
    const { words, floats } = ring;
    const { route } = session.listener;
    const durationMs = nowMs - session.startedMs;
    this.#begin(word, wallMs - durationMs, durationMs, session.bytesUp, session.bytesDown);
    floats[word + recordWord.soughtMs] = 0;
    floats[word + recordWord.chosenMs] = 0;
    floats[word + recordWord.sentMs] = 0;
    floats[word + recordWord.uploadedMs] = -1;
    floats[word + recordWord.respondedMs] = 0;
    words[word + recordWord.generation] = route.generation;
    words[word + recordWord.owners] = route.owners;
    words[word + recordWord.status] = 0;
    words[word + recordWord.tries] = session.attempts | (faultOf(session.fault) << 16);
    words[word + recordWord.doors] = session.server.slot | (noSlot << 16);
    this.#sessionTexts(word, session.address, "", kind.udp | this.#rules(word, null, null));
    ring.end(word);
  }

  #begin(word: number, startedMs: number, durationMs: number, received: number, sent: number): void {
    const { cells, floats } = this.#ring;
    const cell = word >> 1;
    cells[cell + recordCell.startedMs] = startedMs;
    cells[cell + recordCell.bytesReceived] = received;
    cells[cell + recordCell.bytesSent] = sent;
    floats[word + recordWord.durationMs] = durationMs;
  }

  /** Answers the flag that says that there were more. */
  #rules(word: number, ruled: RulePlan | null, hits: RuleHits | null): number {
    const { halves, words } = this.#ring;
    words[word + recordWord.rules] = ruled === null ? noSlot : ruled.slot;
    words[word + recordWord.lengths + 2] = 0;
    if (hits === null || hits.count === 0) return 0;
    const half = (word << 1) + recordHalf.hits;
    const count = Math.min(hits.count, hitsMax);
    for (let index = 0; index < count; index++) halves[half + index] = hits.slots[index]!;
    words[word + recordWord.lengths + 2] = count << 16;
    return hits.count > hitsMax ? recordFlag.hasMoreHits : 0;
  }

  /** In the order in which they stand. */
  #exchangeTexts(word: number, exchange: Exchange, given: number): void {
    const ring = this.#ring;
    const { words } = ring;
    const { asked, visit } = exchange;
    const from = (word << 2) + textAt;
    const client = ring.text(from, exchange.clientAddress, textMax.client);
    let at = from + client;
    words[word + recordWord.lengths] = client;
    words[word + recordWord.lengths + 1] = 0;
    let flags = given | this.#requestId(word, exchange);
    flags |= this.#rules(word, visit === null ? null : visit.ruled, visit === null ? null : visit.hits);
    const isKnown = asked.bytes.length > 0;
    // What it names in fields (egress/asked.ts) stands in the head that was made of them.
    if (isKnown)
      at += this.#host(word, at, exchange.ask === null || exchange.ask.form === null ? asked : exchange.head);
    // Nothing of these is what most exchanges have.
    const isPlain = exchange.user === null && exchange.target === null && asked.method !== method.other;
    if (!isPlain || exchange.requestIdIndex !== -1) at = this.#rareTexts(word, at, exchange, flags);
    if (isKnown) words[word + recordWord.lengths + 2]! |= this.#path(at, (word << 2) + recordBytes - at, asked);
    words[word + recordWord.facts] = ring.isCut ? flags | recordFlag.isCut : flags;
  }

  /** Answers where the next one goes. */
  #rareTexts(word: number, from: number, exchange: Exchange, flags: number): number {
    const ring = this.#ring;
    const { bytes } = ring;
    const { user, lease, target, asked, head, requestIdIndex } = exchange;
    const record = word << 2;
    let at = from;
    if (user !== null) at += bytes[record + textLength.user] = ring.text(at, user, textMax.user);
    if (asked.method === method.other && asked.bytes.length > 0)
      at += bytes[record + textLength.method] = ring.put(at, asked.bytes, asked.start, asked.methodEnd, textMax.method);
    if ((flags & recordFlag.isOwnId) === 0 && requestIdIndex !== -1) {
      const [start, end] = [head.spans[requestIdIndex * 4 + 2]!, head.spans[requestIdIndex * 4 + 3]!];
      at += bytes[record + textLength.requestId] = ring.put(at, head.bytes, start, end, textMax.requestId);
    }
    if (lease !== null && lease.index !== -1) {
      const { cards } = lease.site;
      const address = cards.addressOf(lease.index);
      const start = address === 0 ? cards.idAt(lease.index) : 0;
      at += bytes[record + textLength.egress] =
        address === 0
          ? ring.put(at, cards.bytes, start, start + cards.idLength(lease.index), textMax.egress)
          : ring.ipv4(at, address);
    }
    if (target !== null) at += bytes[record + textLength.server] = ring.text(at, target.name, textMax.server);
    return at;
  }

  #sessionTexts(word: number, address: string, host: string, flags: number): void {
    const ring = this.#ring;
    const { words } = ring;
    const from = (word << 2) + textAt;
    const client = ring.text(from, address, textMax.client);
    words[word + recordWord.lengths] = client | (ring.text(from + client, host, textMax.host) << 8);
    words[word + recordWord.lengths + 1] = 0;
    words[word + recordWord.facts] = ring.isCut ? flags | recordFlag.isCut : flags;
  }

  /** Answers the flag that says that it is one of ours (requestid.ts). */
  #requestId(word: number, exchange: Exchange): number {
    const { requestId } = exchange.listener.forwarding;
    if (requestId === null || exchange.requestIdCount === 0) return 0;
    if (exchange.requestIdIndex !== -1 && exchange.isTrusted && requestId.keep) return 0;
    if (this.#prefixHigh === -1) this.#readPrefix(exchange.requestIdPrefix);
    const { words } = this.#ring;
    words[word + recordWord.requestIdHigh] = this.#prefixHigh;
    words[word + recordWord.requestIdLow] = this.#prefixLow;
    words[word + recordWord.requestIdCount] = exchange.requestIdCount;
    return recordFlag.isOwnId;
  }

  /** 24 bits each. */
  #readPrefix(prefix: string): void {
    this.#prefixHigh = Number.parseInt(prefix.slice(0, 6), 16);
    this.#prefixLow = Number.parseInt(prefix.slice(6), 16);
  }

  /** Of the target where it names one, else of the Host field. */
  #host(word: number, at: number, head: Head): number {
    const { bytes, spans, hostIndex, targetStart } = head;
    const ring = this.#ring;
    let start = 0;
    let end = 0;
    if (hostIndex !== -1) {
      start = spans[hostIndex * 4 + 2]!;
      end = spans[hostIndex * 4 + 3]!;
    }
    if (bytes[targetStart] !== slash) {
      const authority = authorityStart(head);
      if (head.method === method.connect) {
        start = targetStart;
        end = head.targetEnd;
      } else if (authority !== -1) {
        start = authority;
        end = authorityEnd(head, authority);
      }
    }
    const size = ring.put(at, bytes, start, end, textMax.host);
    ring.bytes[(word << 2) + textLength.host] = size;
    return size;
  }

  /** Looked through for its end and copied at once. */
  #path(at: number, room: number, head: Head): number {
    const ring = this.#ring;
    const { bytes, targetEnd } = head;
    let start = head.targetStart;
    if (bytes[start] !== slash) {
      if (head.method === method.connect) return 0;
      start = pathStart(head);
      if (start === targetEnd) return ring.text(at, "/", room);
    }
    const mark = this.#hasQuery ? never : question;
    const target = ring.bytes;
    // A head that was refused in the middle of a line may tell of one that ends before it starts.
    const end = Math.min(targetEnd, start + room);
    let to = at;
    for (let from = start; from < end; from++) {
      const byte = bytes[from]!;
      if (byte === mark) return to - at;
      target[to++] = byte;
    }
    if (end < targetEnd && bytes[end] !== mark) ring.isCut = true;
    return to - at;
  }
}

function slotOf(pool: PoolSite | null, server: number): number {
  if (pool === null || server === -1) return noSlot;
  return pool.servers[server]?.slot ?? noSlot;
}

function faultOf(fault: Exchange["fault"]): number {
  return fault === null ? 0 : faultNumbers.get(fault.code)!;
}
