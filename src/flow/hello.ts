// The first words of a TLS client that asks for a name (RFC 8446 section 4.1.2, RFC 6066 section 3): enough of a ClientHello for a
// connection that is carried as it is to be sent its way by. For explanations; no TLS is ever spoken with it.

const version10 = 0x0301;
const version12 = 0x0303;
const aesGcm = 0x1301;
const handshakeRecord = 0x16;
const clientHello = 1;
const randomBytes = 32;

/** `name`: "" asks for none. */
export function helloOf(name: string): Uint8Array {
  const entry = [0, ...vector(2, [...Buffer.from(name, "latin1")])];
  const extensions = name === "" ? [] : [...word(0), ...vector(2, vector(2, entry))];
  const body = [
    ...word(version12),
    ...new Array<number>(randomBytes).fill(0),
    ...vector(1, []),
    ...vector(2, word(aesGcm)),
    ...vector(1, [0]),
    ...vector(2, extensions),
  ];
  return Uint8Array.from([handshakeRecord, ...word(version10), ...vector(2, [clientHello, ...vector(3, body)])]);
}

/** With its length in front, in so many bytes. */
function vector(lengthBytes: number, bytes: readonly number[]): number[] {
  const length = Array.from({ length: lengthBytes }, (_, index) => bytes.length >> ((lengthBytes - 1 - index) * 8));
  return [...length.map((part) => part & 0xff), ...bytes];
}

function word(value: number): number[] {
  return [value >> 8, value & 0xff];
}
