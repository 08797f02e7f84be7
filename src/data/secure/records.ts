// Whether a TLS connection that has ended ended as its peer meant it. Bun tells the end of a TLS stream in one way, be it by
// close_notify or by a bare FIN, which anybody on the path can send to cut a message short (RFC 8446 6.1). Raw sockets that were
// upgraded still tell the bytes as they came, and records are framed in the open: type, version, length. So the last record is
// looked at: an alert, or in TLS 1.3, where types are hidden, a record of the size of an alert that told no content. Others that tell
// none are messages of handshakes (session tickets), which come before all content of a read.
// Told by the raw side of the connection as its flow; the ClientHello passes here too, and is kept for who wants it.

import type { LineFlow, Port } from "../../flow/port.ts";

const headerBytes = 5;
const type = { alert: 21, content: 23 } as const;
/** TLS 1.3: the inner type and the tag of each of its ciphers. */
const hiddenBytes = 17;
const alertBytes = 2;
/** A message of a handshake: its type and length. */
const messageBytesMin = 4;
/** A read begins with so many of them at most: a flight of certificates, two tickets. */
const messagesMax = 16;

export class Records implements LineFlow {
  readonly #port: Pick<Port, "spent">;
  /** Told of all bytes as they come, until it is taken away. */
  listener: ((bytes: Uint8Array) => void) | null = null;
  #headerSeen = 0;
  #type = 0;
  #size = 0;
  /** Of the record under way. */
  #left = 0;
  /** What the records that became whole in the last read can have carried, and what was told since. */
  #carried = 0;
  #told = 0;
  /** What had been carried behind each of the first records of the read, as long as all may have been messages. */
  readonly #front: number[] = [];
  #isFront = true;

  constructor(port: Pick<Port, "spent">) {
    this.#port = port;
  }

  received(bytes: Uint8Array): void {
    // It may keep them.
    if (this.listener === null) this.#port.spent = bytes;
    else this.listener(bytes);
    this.#carried = this.#told = this.#front.length = 0;
    this.#isFront = true;
    let at = 0;
    while (at < bytes.length) {
      if (this.#left > 0) {
        const count = Math.min(this.#left, bytes.length - at);
        at += count;
        this.#left -= count;
        if (this.#left === 0) this.#completed();
      } else this.#header(bytes[at++]!);
    }
  }

  /** Content was told. */
  told(size: number): void {
    this.#told += size;
  }

  /** All records are whole, and the last one is an alert. */
  get isClosed(): boolean {
    if (this.#left > 0 || this.#headerSeen > 0) return false;
    if (this.#type === type.alert) return true;
    const isOfSize = this.#type === type.content && this.#size === alertBytes + hiddenBytes;
    if (!isOfSize) return false;
    const untold = this.#carried - this.#told;
    if (untold <= 0) return false;
    // Messages alone were not told: the last record was.
    return this.#told === 0 || !this.#front.includes(untold);
  }

  drained(): void {}
  ended(): void {}
  closed(): void {}

  #header(value: number): void {
    if (this.#headerSeen === 0) this.#type = value;
    else if (this.#headerSeen === 3) this.#size = value << 8;
    else if (this.#headerSeen === 4) this.#size |= value;
    if (++this.#headerSeen < headerBytes) return;
    this.#headerSeen = 0;
    this.#left = this.#size;
    if (this.#left === 0) this.#completed();
  }

  #completed(): void {
    if (this.#type !== type.content) return;
    const size = Math.max(this.#size - hiddenBytes, 0);
    this.#carried += size;
    this.#isFront &&= size >= messageBytesMin && this.#front.length < messagesMax;
    if (this.#isFront) this.#front.push(this.#carried);
  }
}
