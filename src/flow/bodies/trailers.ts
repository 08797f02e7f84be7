// Trailers of a content that goes on in another coding, or with other text in it. They come with the server's last chunk, and wait here
// until the filters have said all. Those that tell of the bytes that came (digests, ETag) do not go on, as in the head. There are no
// more than a body may bring: body.ts has counted them.

import { isName } from "../../wire/http1/fields.ts";
import { byte } from "../../wire/http1/grammar.ts";
import { Output } from "../../wire/http1/writer.ts";

/** Of bytes or content that are not those that go on. */
const ofBytes: readonly string[] = [
  ...["content-length", "content-encoding", "content-range", "content-md5", "content-digest", "repr-digest", "digest"],
  ...["accept-ranges", "etag", "last-modified"],
];
const ofBytesNames: readonly Uint8Array[] = ofBytes.map((name) => new TextEncoder().encode(name));
const usualBytes = 256;

export class Trailers {
  /** Null: there are none. */
  #section: Output | null = null;

  /** A byte of the section that follows the last chunk, the empty line behind it included. */
  add(value: number): void {
    // Nearly always it is the empty line alone.
    if (this.#section === null) {
      if (value === byte.cr || value === byte.lf) return;
      this.#section = new Output(usualBytes);
    }
    this.#section.byte(value);
  }

  /** All lines that go on, without the empty line. Only when the section has ended. */
  put(output: Output): void {
    if (this.#section === null) return;
    const { bytes, length } = this.#section;
    let start = 0;
    for (let index = 0; index < length; index++) {
      if (bytes[index] !== byte.lf) continue;
      // The last is the empty line.
      if (index - start > 1 && !isOfBytes(bytes, start)) output.copy(bytes, start, index + 1);
      start = index + 1;
    }
  }
}

function isOfBytes(bytes: Uint8Array, start: number): boolean {
  const end = bytes.indexOf(byte.colon, start);
  for (const name of ofBytesNames) if (isName(bytes, start, end, name)) return true;
  return false;
}

/** What is left of a `Trailer` field; null: it announces none of those that go on. */
export function announcedOf(value: string | null): string | null {
  if (value === null) return null;
  const names = value.split(",").map((name) => name.trim());
  const kept = names.filter((name) => name !== "" && !ofBytes.includes(name.toLowerCase()));
  return kept.length === 0 ? null : kept.join(", ");
}
