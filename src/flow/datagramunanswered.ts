// The datagrams that a server was sent last and has not answered: those that another server is sent when the first one turns
// out to be gone. An ICMP error comes within a round trip, so only what was sent a moment ago was refused; older ones may have
// arrived at a server that simply does not answer, such as a log's. Bounded in number and bytes: a session is cheap.

/** A first flight of QUIC or DTLS fits; anything longer is lost with the server, as UDP may lose it. */
const countMax = 4;
const bytesMax = 4096;
/** The round trip to a server, and then some. */
const recentMs = 1_000;

export class Unanswered {
  #datagrams: { readonly bytes: Uint8Array; readonly sentMs: number }[] = [];
  #bytes = 0;

  add(bytes: Uint8Array, nowMs: number): void {
    this.#datagrams.push({ bytes, sentMs: nowMs });
    this.#bytes += bytes.length;
    while (this.#datagrams.length > countMax || this.#bytes > bytesMax)
      this.#bytes -= this.#datagrams.shift()!.bytes.length;
  }

  /** In the order that they were sent. */
  recent(nowMs: number): Uint8Array[] {
    return this.#datagrams.filter(({ sentMs }) => nowMs - sentMs <= recentMs).map(({ bytes }) => bytes);
  }

  clear(): void {
    this.#datagrams = [];
    this.#bytes = 0;
  }
}
