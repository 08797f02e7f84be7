// What was said of a request to its server, as it was said, until the server has answered: it may have to be said again, over another
// connection or to another server. Of long ones nothing is kept: their memory would be as long.

import type { Head } from "../../../wire/http1/head.ts";
import { parseRequest } from "../../../wire/http1/reader.ts";
import { Output } from "../../../wire/http1/writer.ts";

export const saidBytesMax: number = 64 * 1024;
/** Of more the memory is given back. */
const keptBytesMax = 4096;

export class Said extends Output {
  constructor() {
    super(0);
  }

  get isTooLong(): boolean {
    return this.length > saidBytesMax;
  }

  hasRoomFor(bytes: number): boolean {
    return this.length + bytes <= saidBytesMax;
  }

  forget(): void {
    this.clear();
    if (this.bytes.length > keptBytesMax) this.bytes = noBytes;
  }

  /** A copy of what was said behind the head, with its framing. `head` is written over. */
  bodyBehind(head: Head): Uint8Array {
    return this.bytes.slice(parseRequest(head, this.bytes, 0, this.length, Number.MAX_SAFE_INTEGER), this.length);
  }
}

const noBytes = new Uint8Array(0);
