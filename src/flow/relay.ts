// How a response's body goes on to the client: as it is (nearly always), with its chunks opened for a client that speaks
// HTTP/1.0, or put into chunks when its end is the server's FIN, so that the client can tell the end from an accident, or into
// other chunks than its server's, where those were left in between (passage.ts). Where a
// filter makes another body of it (sieve.ts), nothing of its framing goes on. Content can be looked on as it passes.

import type { Body, Plain } from "../wire/http1/body.ts";
import { type BodyKind, bodyKind } from "../wire/http1/head.ts";
import { Output } from "../wire/http1/writer.ts";

const mode = { asIs: 0, opened: 1, chunked: 2, filteredChunked: 3, filteredOpen: 4, remade: 5 } as const;
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const crlf = encode("\r\n");
/** Ends a body that we put into chunks. */
export const lastChunk: Uint8Array = encode("0\r\n\r\n");

export class Relay implements Plain {
  #mode: number = mode.asIs;
  #output: Output = noOutput;
  #onlooker: Plain | null = null;

  /** `isOld`: the client speaks HTTP/1.0. `onlooker` sees the content. */
  begin(kind: BodyKind, isOld: boolean, isFiltered = false, onlooker: Plain | null = null): void {
    this.#onlooker = onlooker;
    if (isFiltered) this.#mode = isOld ? mode.filteredOpen : mode.filteredChunked;
    else if (kind === bodyKind.chunked && isOld) this.#mode = mode.opened;
    else this.#mode = kind === bodyKind.close && !isOld ? mode.chunked : mode.asIs;
  }

  get isAsIs(): boolean {
    return this.#mode === mode.asIs;
  }

  /** The server's chunks are opened: its Transfer-Encoding does not go on, and the end is told by FIN. */
  get isOpened(): boolean {
    return this.#mode === mode.opened || this.#mode === mode.filteredOpen;
  }

  /** We make chunks: Transfer-Encoding is to be added, and `lastChunk` at the end. */
  get isChunked(): boolean {
    return this.#mode === mode.chunked || this.#mode === mode.filteredChunked;
  }

  /** It becomes another body: nothing that its server says of its framing goes on. */
  get isFiltered(): boolean {
    return this.#mode === mode.filteredChunked || this.#mode === mode.filteredOpen;
  }

  /** Said while the body goes on as it is, in its server's chunks: from here on the client, which is between two chunks, gets others. */
  remake(): void {
    this.#mode = mode.remade;
  }

  /** Follow the body as `Body.advance` does, writing to `output` what the client is to see; nothing when it goes on as it is. */
  advance(body: Body, output: Output, bytes: Uint8Array, start: number, end: number): number {
    if (this.#mode === mode.asIs) return body.advance(bytes, start, end, this.#onlooker ?? undefined);
    return this.#advanceOther(body, output, bytes, start, end);
  }

  #advanceOther(body: Body, output: Output, bytes: Uint8Array, start: number, end: number): number {
    this.#output = output;
    const next = body.advance(bytes, start, end, this.#mode === mode.chunked ? undefined : this);
    if (this.#mode === mode.remade && body.isDone) output.put(lastChunk);
    if (this.#mode === mode.chunked && next > start) {
      this.#onlooker?.add(bytes, start, next);
      writeChunk(output, bytes, start, next);
    }
    return next;
  }

  /** Plain: chunk data, out of its framing. */
  add(bytes: Uint8Array, start: number, end: number): void {
    this.#onlooker?.add(bytes, start, end);
    if (this.#mode === mode.remade) writeChunk(this.#output, bytes, start, end);
    else this.#output.copy(bytes, start, end);
  }
}

/** One chunk of bytes[start, end), which are some. */
export function writeChunk(output: Output, bytes: Uint8Array, start: number, end: number): void {
  output.latin1((end - start).toString(16));
  output.put(crlf);
  output.copy(bytes, start, end);
  output.put(crlf);
}

const noOutput = new Output(0);
