// Lines over a connection of TCP, each with its length in front (RFC 6587, 3.4.1), so that nothing in a line can end it. A connection that is lost
// is made anew with the next write: what the kernel had taken of whole lines counts as written, and a line that it had not is sent again,
// whole. Nobody waits for a receiver: while one is slow this write is under way, and lines gather in front of it up to their bound. One that
// says nothing of what was sent, or reads nothing, for a minute is left: a firewall may have forgotten the connection.

import type { Socket } from "bun";
import type { LogFile } from "../accesslog/file.ts";
import { libc } from "../libc.ts";

type Done = (error: Error | null, written: number) => void;

interface Write {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly done: Done;
}

const newline = 0x0a;
/** A write's lines with their lengths, of which there are at most this many bytes at once. */
const packedBytesMax = 256 * 1024;
const connectMs = 5000;
/**
 * How long bytes may be unacknowledged, or unwanted by a receiver that reads nothing, until the connection is lost. The kernel would go on
 * for some 15 min by itself. Not shorter, for with it goes what a receiver that stands still for a while had yet to read.
 */
const unheardMs = 60_000;
/** IPPROTO_TCP and TCP_USER_TIMEOUT of Linux. */
const tcp = { level: 6, userTimeout: 18 } as const;

export class OctetFile implements LogFile {
  readonly #host: string;
  readonly #port: number;
  readonly #unheardMs: number;
  #socket: Socket<undefined> | null = null;
  /** What is under way. */
  #write: Write | null = null;
  /** Packed, how much of it there is, and how much the kernel has. */
  readonly #packed = new Uint8Array(packedBytesMax);
  #end = 0;
  #sent = 0;
  #isClosed = false;

  constructor(host: string, port: number, limitMs: number = unheardMs) {
    this.#host = host;
    this.#port = port;
    this.#unheardMs = limitMs;
  }

  write(bytes: Uint8Array, start: number, end: number, done: Done): void {
    this.#write = { bytes, start, end, done };
    this.#pack();
    if (this.#socket !== null) return this.#send();
    this.#connect();
  }

  readEnd(): null {
    return null;
  }

  close(): void {
    this.#isClosed = true;
    this.#socket?.end();
    this.#socket = null;
  }

  /** A receiver that reads nothing would keep the connection open. */
  leave(): void {
    this.#isClosed = true;
    this.#socket?.terminate();
  }

  #connect(): void {
    const timer = setTimeout(() => this.#fail("ETIMEDOUT"), connectMs);
    const given = this.#write;
    Bun.connect({
      hostname: this.#host,
      port: this.#port,
      socket: {
        data: () => {},
        drain: (socket) => {
          if (socket === this.#socket) this.#send();
        },
        close: (socket) => this.#lost(socket, "ECONNRESET"),
        error: (socket, error) => this.#lost(socket, codeOf(error)),
      },
    }).then(
      (socket) => {
        clearTimeout(timer);
        if (this.#isClosed || this.#write !== given) return void socket.terminate();
        this.#socket = socket;
        this.#bound(socket);
        this.#send();
      },
      (error: unknown) => {
        clearTimeout(timer);
        if (this.#write === given) this.#fail(codeOf(error));
      },
    );
  }

  #bound(socket: Socket<undefined>): void {
    const descriptor = "fd" in socket && typeof socket.fd === "number" ? socket.fd : -1;
    if (process.platform === "linux" && descriptor !== -1)
      libc()?.setOption(descriptor, tcp.level, tcp.userTimeout, this.#unheardMs);
  }

  #lost(socket: Socket<undefined>, code: string): void {
    if (socket !== this.#socket) return;
    this.#socket = null;
    this.#fail(code);
  }

  #send(): void {
    if (this.#write === null) return;
    const taken = this.#socket!.write(this.#packed.subarray(this.#sent, this.#end));
    if (taken > 0) this.#sent += taken;
    if (this.#sent === this.#end) this.#conclude(null);
  }

  #fail(code: string): void {
    if (this.#write !== null) this.#conclude(Object.assign(new Error(code), { code }));
  }

  #conclude(error: Error | null): void {
    const { done, start } = this.#write!;
    const written = this.#takenTo() - start;
    this.#write = null;
    if (written > 0) done(null, written);
    else done(error, 0);
  }

  /** As many whole lines as there is room for. */
  #pack(): void {
    const { bytes, start, end } = this.#write!;
    this.#end = this.#sent = 0;
    for (let from = start; from < end; ) {
      const stop = lineEnd(bytes, from, end);
      const digits = String(stop - from);
      if (this.#end + digits.length + 1 + stop - from > packedBytesMax) return;
      for (let index = 0; index < digits.length; index++) this.#packed[this.#end++] = digits.charCodeAt(index);
      this.#packed[this.#end++] = 0x20;
      this.#packed.set(bytes.subarray(from, stop), this.#end);
      this.#end += stop - from;
      from = stop + 1;
    }
  }

  /** Where the line begins that the kernel has not got whole. */
  #takenTo(): number {
    const { bytes, start, end } = this.#write!;
    let from = start;
    for (let packed = 0; from < end; ) {
      const stop = lineEnd(bytes, from, end);
      packed += String(stop - from).length + 1 + stop - from;
      if (packed > this.#sent) break;
      from = Math.min(stop + 1, end);
    }
    return from;
  }
}

function lineEnd(bytes: Uint8Array, from: number, end: number): number {
  const found = bytes.indexOf(newline, from);
  return found === -1 || found >= end ? end : found;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | null)?.code ?? String(error);
}
