// Lines as datagrams, by UDP or to a unix socket such as /dev/log: one message a line, without its end, many of them in one system call
// (sendmmsg). The socket is the C library's, for Bun has no datagrams on unix sockets; nothing blocks. What is told of a receiver that is
// gone: of a unix socket at once, of UDP by what comes back for a datagram that was lost. That one is not counted as written, and is
// sent again; those that were under way to another machine meanwhile are lost unseen, as UDP is.

import { ptr } from "bun:ffi";
import { lookup } from "node:dns/promises";
import { constants } from "node:os";
import type { SyslogPlace } from "../../config/plan.ts";
import { addressBytes, readAddress } from "../../wire/ipaddress.ts";
import type { LogFile } from "../accesslog/file.ts";
import { libc, type SocketCalls } from "../libc.ts";

type Place = Exclude<SyslogPlace, { readonly kind: "tcp" }>;
type Done = (error: Error | null, written: number) => void;

const newline = 0x0a;
/** Messages of one system call. */
const batchMax = 64;
/** struct mmsghdr and struct iovec of 64 bits: where their words are, in words of four bytes. */
const header = { bytes: 64, words: 16, iov: 4, iovLength: 6 } as const;
const vector = { bytes: 16, words: 4, length: 2 } as const;
const family = { unix: 1, four: 2, six: 10 } as const;
const { EAGAIN, ECONNREFUSED, ENOBUFS } = constants.errno;
/** Of a message: no datagram of UDP holds more than 65,507, and one that is refused for it would keep all others from being sent. */
const messageBytesMax = 61_440;

export class DatagramFile implements LogFile {
  readonly #place: Place;
  readonly #messages = new Uint8Array(header.bytes * batchMax);
  readonly #messageWords = new Uint32Array(this.#messages.buffer);
  readonly #vectors = new Uint32Array(vector.words * batchMax);
  /** Of each message, where the next line begins. */
  readonly #nexts = new Float64Array(batchMax);
  #descriptor = -1;
  /** Nothing has gone by it yet: the receiver of an older one may have begun anew since. */
  #isNew = false;

  constructor(place: Place) {
    this.#place = place;
    const start = ptr(this.#vectors);
    for (let index = 0; index < batchMax; index++) {
      const word = index * header.words;
      putPointer(this.#messageWords, word + header.iov, start + index * vector.bytes);
      this.#messageWords[word + header.iovLength] = 1;
    }
  }

  write(bytes: Uint8Array, start: number, end: number, done: Done): void {
    const calls = libc()?.sockets ?? null;
    if (calls === null) return done(failure("ENOSYS"), 0);
    if (this.#descriptor !== -1) return this.#send(calls, bytes, start, end, done);
    const place = this.#place;
    if (place.kind === "unix")
      return this.#open(calls, unixAddress(place.path), () => this.write(bytes, start, end, done), done);
    const ready = internetAddress(place.host, place.port);
    const opened = (): void => this.#send(calls, bytes, start, end, done);
    if (ready !== null) return this.#open(calls, ready, opened, done);
    lookup(place.host).then(
      ({ address }) => this.#open(calls, internetAddress(address, place.port)!, opened, done),
      (error: NodeJS.ErrnoException) => done(failure(error.code ?? "ENOTFOUND"), 0),
    );
  }

  readEnd(): null {
    return null;
  }

  close(): void {
    if (this.#descriptor !== -1) libc()?.sockets?.close(this.#descriptor);
    this.#descriptor = -1;
  }

  #open(calls: SocketCalls, address: Uint8Array, opened: () => void, done: Done): void {
    const descriptor = calls.openDatagrams(address[0]!);
    if (descriptor < 0) return done(failure(nameOf(-descriptor)), 0);
    const connected = calls.connect(descriptor, address);
    if (connected < 0) {
      calls.close(descriptor);
      return done(failure(nameOf(-connected)), 0);
    }
    this.close();
    this.#descriptor = descriptor;
    this.#isNew = true;
    opened();
  }

  #send(calls: SocketCalls, bytes: Uint8Array, start: number, end: number, done: Done): void {
    let at = start;
    while (at < end) {
      const count = this.#lay(bytes, at, end);
      const sent = calls.sendMany(this.#descriptor, this.#messages, count);
      if (sent < 0) {
        // To a receiver that has begun anew another socket of that name leads; whether there is one is known at once.
        if (this.#isNew || this.#place.kind !== "unix" || at > start || isFull(-sent))
          return this.#failed(-sent, at - start, done);
        this.close();
        return this.write(bytes, start, end, done);
      }
      this.#isNew = false;
      // What came back at once is about the last of them; where it has kept the next from being sent, the system tells no more of it.
      const isRefused = sent < count && this.#place.kind === "udp";
      // Or there was no room for the next, which its second try tells.
      const next = isRefused ? calls.sendMany(this.#descriptor, this.#messages.subarray(sent * header.bytes), 1) : 0;
      if (isFull(-next)) return this.#failed(-next, this.#nexts[sent - 1]! - start, done);
      const error = isRefused ? ECONNREFUSED : calls.takeError(this.#descriptor);
      const whole = error === 0 ? sent : sent - 1;
      if (whole > 0) at = this.#nexts[whole - 1]!;
      if (error !== 0) return this.#failed(error, at - start, done);
    }
    done(null, at - start);
  }

  #failed(errno: number, written: number, done: Done): void {
    const isLate = isFull(errno);
    // A receiver that has begun anew has another socket of that name.
    if (!isLate) this.close();
    if (written > 0) return done(null, written);
    done(failure(isLate ? "EAGAIN" : nameOf(errno)), 0);
  }

  /** Answers of how many messages. */
  #lay(bytes: Uint8Array, start: number, end: number): number {
    const base = ptr(bytes);
    let count = 0;
    for (let from = start; from < end && count < batchMax; count++) {
      const found = bytes.indexOf(newline, from);
      const stop = found === -1 || found >= end ? end : found;
      const word = count * vector.words;
      putPointer(this.#vectors, word, base + from);
      this.#vectors[word + vector.length] = Math.min(stop - from, messageBytesMax);
      from = Math.min(stop + 1, end);
      this.#nexts[count] = from;
    }
    return count;
  }
}

function isFull(errno: number): boolean {
  return errno === EAGAIN || errno === ENOBUFS;
}

function putPointer(words: Uint32Array, at: number, pointer: number): void {
  words[at] = pointer >>> 0;
  words[at + 1] = pointer / 2 ** 32;
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** struct sockaddr_un. */
function unixAddress(path: string): Uint8Array {
  const text = new TextEncoder().encode(path);
  const address = new Uint8Array(2 + text.length + 1);
  address[0] = family.unix;
  address.set(text, 2);
  return address;
}

/** struct sockaddr_in or sockaddr_in6; null for a name. */
function internetAddress(host: string, port: number): Uint8Array | null {
  const octets = new Uint8Array(addressBytes);
  if (!readAddress(host, octets)) return null;
  const isSix = host.includes(":");
  const address = new Uint8Array(isSix ? 28 : 16);
  address[0] = isSix ? family.six : family.four;
  address[2] = port >> 8;
  address[3] = port & 0xff;
  if (isSix) address.set(octets, 8);
  else address.set(octets.subarray(addressBytes - 4), 4);
  return address;
}

const names = new Map<number, string>(Object.entries(constants.errno).map(([name, value]) => [value, name]));

function nameOf(errno: number): string {
  return names.get(errno) ?? `errno ${errno}`;
}
