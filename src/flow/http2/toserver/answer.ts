// What a server says on one stream, put into the words of HTTP/1.1: field sections become heads and trailers, content is put into chunks,
// or goes by the length that was told. It all stands in the kit, until whose it is is told. The last of it is held back until the
// stream has ended, for only then is the message whole: nobody behind would know that something of it is still to come.

import type { Output } from "../../../wire/http1/writer.ts";
import type { FieldSection } from "../../../wire/http2/hpack/fieldsection.ts";
import { writeTrailers } from "../../../wire/http2/requesthead.ts";
import { badLength, lengthOf, noLength, statusOf, writeResponseFields } from "../../../wire/http2/responsefields.ts";
import type { Context } from "../../context.ts";
import { lastChunk, writeChunk } from "../../relay.ts";
import { reasonOf } from "../../reply.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const ok = encode("HTTP/1.1 200 OK\r\n");
const crlf = encode("\r\n");
const noContent = encode("content-length: 0\r\n");
const inChunks = encode("transfer-encoding: chunked\r\n");
const zero = encode("0\r\n");

const framing = { none: 0, length: 1, chunks: 2 } as const;

export class Answer {
  /** The final head has come. */
  isAnswering = false;
  /** The stream has ended. */
  isWhole = false;
  /** What has come is not told before more does. */
  isWithheld = false;
  readonly #context: Context;
  #isHeadAsked = false;
  #areTrailersWanted = false;
  #framing: number = framing.none;
  /** By the length that was told, or -1. */
  #contentLeft = -1;
  #isHeadThere = false;

  constructor(context: Context) {
    this.#context = context;
  }

  reset(): void {
    this.isAnswering = false;
    this.isWhole = false;
    this.isWithheld = false;
    this.#isHeadThere = false;
  }

  /** A request was sent. */
  begin(isHeadAsked: boolean, areTrailersWanted: boolean): void {
    this.reset();
    this.#isHeadAsked = isHeadAsked;
    this.#areTrailersWanted = areTrailersWanted;
  }

  /** A head stands among what is told: whoever gets it may look at it for long. Asked once. */
  takeHeadTold(): boolean {
    const isThere = this.#isHeadThere;
    this.#isHeadThere = false;
    return isThere;
  }

  get #told(): Output {
    return this.#context.http2.told;
  }

  /** A field section. False: it is malformed. */
  head(fields: FieldSection, isEndStream: boolean): boolean {
    if (fields.isTooLarge) return false;
    if (this.isAnswering) return isEndStream && this.#endWith(fields);
    const status = statusOf(fields);
    const length = lengthOf(fields);
    const isInterim = status < 200;
    if (status === -1 || length === badLength || (isInterim && isEndStream)) return false;
    const told = this.#told;
    this.#isHeadThere = true;
    if (status === 200) told.put(ok);
    else told.latin1(`HTTP/1.1 ${status} ${reasonOf(status)}\r\n`);
    if (!isInterim && !this.#frame(status, length, isEndStream)) return false;
    const isChunked = !isInterim && this.#framing === framing.chunks;
    if (!writeResponseFields(told, fields, isChunked || isInterim)) return false;
    if (isChunked) told.put(inChunks);
    else if (!isInterim && isEndStream && length === noLength && !this.#isBodiless(status)) told.put(noContent);
    told.put(crlf);
    this.isAnswering = !isInterim;
    this.isWhole = isEndStream;
    this.isWithheld = !isInterim && !isEndStream && !isChunked && this.#contentLeft <= 0;
    return true;
  }

  #isBodiless(status: number): boolean {
    return this.#isHeadAsked || status === 204 || status === 304;
  }

  #frame(status: number, length: number, isEndStream: boolean): boolean {
    this.#contentLeft = -1;
    if (this.#isBodiless(status)) this.#framing = framing.none;
    else if (isEndStream) {
      this.#framing = framing.none;
      return length <= 0;
    } else {
      // What has a length has no place for trailers in HTTP/1.1: who asks for these gets chunks.
      this.#framing = length === noLength || this.#areTrailersWanted ? framing.chunks : framing.length;
      this.#contentLeft = length;
    }
    return true;
  }

  /** False: there is more than there may be. */
  content(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#framing === framing.none) return false;
    if (this.#contentLeft !== -1) {
      this.#contentLeft -= end - start;
      if (this.#contentLeft < 0) return false;
    }
    if (this.#framing === framing.chunks) writeChunk(this.#told, bytes, start, end);
    else {
      this.#told.copy(bytes, start, end);
      this.isWithheld = this.#contentLeft === 0;
    }
    return true;
  }

  /** The stream has ended. False: it is not whole. */
  end(): boolean {
    if (this.#contentLeft > 0) return false;
    if (this.#framing === framing.chunks) this.#told.put(lastChunk);
    this.#over();
    return true;
  }

  /** With trailers. */
  #endWith(fields: FieldSection): boolean {
    if (this.#contentLeft > 0) return false;
    if (this.#framing === framing.chunks) {
      const told = this.#told;
      told.put(zero);
      if (!writeTrailers(told, fields)) return false;
      told.put(crlf);
    }
    this.#over();
    return true;
  }

  #over(): void {
    this.isWhole = true;
    this.isWithheld = false;
  }
}
