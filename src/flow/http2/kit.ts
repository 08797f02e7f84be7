// What all HTTP/2 connections of one worker share, used again and again, since flows are told one at a time: the frames that are on
// their way out, the fields of the header block being read, and the heads that stand between this wire and that of HTTP/1.1.

import type { LimitsPlan } from "../../config/plan.ts";
import { Head } from "../../wire/http1/head.ts";
import { Output } from "../../wire/http1/writer.ts";
import { FieldSection } from "../../wire/http2/hpack/fieldsection.ts";

/** Whose frames stand in the output. */
export interface FrameOwner {
  /** Send them. */
  flush(): void;
}

/** Heads of requests are written behind one another in pieces of memory of so much: one by itself would have to be made for each. */
const requestBytes = 32 * 1024;

/** What a head has besides what the fields say. */
const headFramingBytes = 1024;

/** A head may have so many more than was said: what forwarding and rules add. */
const addedFieldsMax = 512;

export class Http2Kit {
  readonly fields: FieldSection;
  /** Content of one stream that has come in several frames of one read, and a chunk of it. */
  readonly content: Output = new Output();
  readonly chunk: Output = new Output();
  /** A response's head, as it is about to go on. */
  readonly responseHead: Head;
  /** A request's head, as it is about to go on to a server. */
  readonly requestHead: Head;
  /** What a server's stream has said in one read, as HTTP/1.1 has it. */
  told: Output = new Output();
  #requests: Output = new Output(requestBytes);
  readonly #frames: Output = new Output();
  #owner: FrameOwner | null = null;
  /** Where the last frame begins in the frames, and whose it is, if it is DATA that may still be made its stream's last. */
  lastAt = 0;
  lastStream = 0;

  constructor({ fieldsMax, headBytesMax }: LimitsPlan) {
    // Cookies come in crumbs, which are one field in the end.
    this.fields = new FieldSection(fieldsMax * 2, headBytesMax);
    this.responseHead = new Head(fieldsMax + addedFieldsMax);
    this.requestHead = new Head(fieldsMax + addedFieldsMax);
  }

  /** Where the head of a request is written, as HTTP/1.1 has it, behind those before it. They stay as they are for as long as anybody looks at them. */
  requests(): Output {
    // What a field section may have, twice: its host is written twice, and each line has four bytes more.
    if (this.#requests.bytes.length - this.#requests.length < this.fields.end * 2 + headFramingBytes)
      this.#requests = new Output(Math.max(requestBytes, this.fields.end * 2 + headFramingBytes));
    return this.#requests;
  }

  /** The frames of one connection: those of another leave first. */
  framesOf(owner: FrameOwner): Output {
    if (this.#owner !== owner) {
      this.#owner?.flush();
      this.#owner = owner;
    }
    return this.#frames;
  }

  /** What stands there for that connection; null: nothing. */
  framesFor(owner: FrameOwner): Output | null {
    return this.#owner === owner && this.#frames.length > 0 ? this.#frames : null;
  }

  /** Nobody is to see them. */
  discard(owner: FrameOwner): void {
    if (this.#owner === owner) this.clear();
  }

  /** They have left. */
  clear(): void {
    this.#frames.clear();
    this.#owner = null;
    this.lastStream = 0;
  }
}
