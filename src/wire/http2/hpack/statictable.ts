// The static table of HPACK (RFC 7541, appendix A): 61 fields that everybody knows. They are packed into one array of bytes, each
// name with its value behind it, as the dynamic table has them. Names are found by their length, then byte for byte without
// case, so that a response's field is looked up without making a string of it.

const fields: readonly (readonly [name: string, value: string])[] = [
  [":authority", ""],
  [":method", "GET"],
  [":method", "POST"],
  [":path", "/"],
  [":path", "/index.html"],
  [":scheme", "http"],
  [":scheme", "https"],
  [":status", "200"],
  [":status", "204"],
  [":status", "206"],
  [":status", "304"],
  [":status", "400"],
  [":status", "404"],
  [":status", "500"],
  ["accept-charset", ""],
  ["accept-encoding", "gzip, deflate"],
  ["accept-language", ""],
  ["accept-ranges", ""],
  ["accept", ""],
  ["access-control-allow-origin", ""],
  ["age", ""],
  ["allow", ""],
  ["authorization", ""],
  ["cache-control", ""],
  ["content-disposition", ""],
  ["content-encoding", ""],
  ["content-language", ""],
  ["content-length", ""],
  ["content-location", ""],
  ["content-range", ""],
  ["content-type", ""],
  ["cookie", ""],
  ["date", ""],
  ["etag", ""],
  ["expect", ""],
  ["expires", ""],
  ["from", ""],
  ["host", ""],
  ["if-match", ""],
  ["if-modified-since", ""],
  ["if-none-match", ""],
  ["if-range", ""],
  ["if-unmodified-since", ""],
  ["last-modified", ""],
  ["link", ""],
  ["location", ""],
  ["max-forwards", ""],
  ["proxy-authenticate", ""],
  ["proxy-authorization", ""],
  ["range", ""],
  ["referer", ""],
  ["refresh", ""],
  ["retry-after", ""],
  ["server", ""],
  ["set-cookie", ""],
  ["strict-transport-security", ""],
  ["transfer-encoding", ""],
  ["user-agent", ""],
  ["vary", ""],
  ["via", ""],
  ["www-authenticate", ""],
];

/** The dynamic table begins behind it. */
export const staticCount: number = fields.length;

/** Names and values, one behind the other. */
export const staticBytes: Uint8Array = new TextEncoder().encode(fields.flat().join(""));

// By index, which counts from 1.
export const staticStart: Uint16Array = new Uint16Array(staticCount + 1);
export const staticNameBytes: Uint8Array = new Uint8Array(staticCount + 1);
export const staticValueBytes: Uint8Array = new Uint8Array(staticCount + 1);
for (let index = 1, place = 0; index <= staticCount; index++) {
  const [name, value] = fields[index - 1]!;
  staticStart[index] = place;
  staticNameBytes[index] = name.length;
  staticValueBytes[index] = value.length;
  place += name.length + value.length;
}

/** Names by length. Pseudo-header fields are not looked up; no other name stands there twice. */
const named = fields
  .map(([name], at): readonly [string, number] => [name, at + 1])
  .filter(([name]) => !name.startsWith(":"))
  .sort(([one], [other]) => one.length - other.length);

const longest = Math.max(...named.map(([name]) => name.length));
const indexes = Uint8Array.from(named, ([, index]) => index);
/** Names of `length` have the places from firstOf[length] up to firstOf[length + 1] in `indexes`. */
const firstOf = new Uint8Array(longest + 2);
const lettersOf = new Int32Array(longest + 1);
for (const [name] of named) lettersOf[name.length]! |= 1 << (name.charCodeAt(0) & 31);
for (let length = 0; length <= longest; length++)
  firstOf[length + 1] = firstOf[length]! + named.filter(([name]) => name.length === length).length;

/** Every byte as it stands in a field name of HTTP/2: capital letters as small ones, and nothing else is changed. */
export const lowerCase: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte,
);

/** The index of the first entry whose name is bytes[start, end), without regard to case; 0 if there is none. */
export function staticIndexOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > longest || (lettersOf[length]! & (1 << (bytes[start]! & 31))) === 0) return 0;
  for (let place = firstOf[length]!; place < firstOf[length + 1]!; place++) {
    const index = indexes[place]!;
    const from = staticStart[index]!;
    let at = 0;
    while (at < length && lowerCase[bytes[start + at]!] === staticBytes[from + at]!) at++;
    if (at === length) return index;
  }
  return 0;
}
