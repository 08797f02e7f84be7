// ClientHellos made from their parts, right ones and wrong ones: for tests, fuzzing and measuring. Nothing here judges.

export type Extension = readonly [type: number, body: readonly number[]];

export interface HelloParts {
  readonly version: number;
  readonly sessionId: readonly number[];
  readonly ciphers: readonly number[];
  readonly compressions: readonly number[];
  /** Null: the message ends before them. */
  readonly extensions: readonly Extension[] | null;
}

export function helloMessage(parts: HelloParts): number[] {
  const { version, sessionId, ciphers, compressions, extensions } = parts;
  const random = Array.from({ length: 32 }, (_, index) => index * 7);
  const body = [...word(version), ...random, ...vector8(sessionId), ...words(ciphers), ...vector8(compressions)];
  if (extensions !== null)
    body.push(...vector16(extensions.flatMap(([type, inside]) => [...word(type), ...vector16(inside)])));
  return [1, body.length >> 16, ...word(body.length & 0xffff), ...body];
}

/** A message in records of those sizes; the last takes what is left. */
export function inRecords(message: readonly number[], sizes: readonly number[] = []): Uint8Array {
  const bytes: number[] = [];
  let at = 0;
  for (const size of [...sizes, message.length]) {
    const payload = message.slice(at, at + size);
    if (payload.length > 0) bytes.push(22, 3, 1, ...vector16(payload));
    at += size;
  }
  return Uint8Array.from(bytes);
}

export function serverNames(...names: readonly string[]): Extension {
  return [0, vector16(names.flatMap((name) => [0, ...vector16(latin1(name))]))];
}

export function protocols(...names: readonly string[]): Extension {
  return [16, vector16(names.flatMap((name) => vector8(latin1(name))))];
}

export function supportedVersions(...versions: readonly number[]): Extension {
  return [43, vector8(versions.flatMap(word))];
}

export function signatureAlgorithms(...algorithms: readonly number[]): Extension {
  return [13, words(algorithms)];
}

/** Chrome of 2023, whose fingerprint JA4.md of FoxIO works out: t13d1516h2_8daaf6152771_e5627efa2ab1. */
export const chromeParts: HelloParts = {
  version: 0x0303,
  sessionId: Array.from({ length: 32 }, (_, index) => index),
  ciphers: [
    0xdada, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d,
    0x002f, 0x0035,
  ],
  compressions: [0],
  extensions: [
    [0x6a6a, []],
    [0x001b, [2, 0, 2]],
    serverNames("www.example.com"),
    [0x0033, vector16([...word(0x1a1a), 0, 1, 0, ...word(0x001d), ...vector16(Array.from({ length: 32 }, () => 9))])],
    protocols("h2", "http/1.1"),
    [0x4469, [0, 3, 2, 0x68, 0x32]],
    [0x0017, []],
    [0x002d, [1, 1]],
    signatureAlgorithms(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601),
    [0x0005, [1, 0, 0, 0, 0]],
    [0x0023, []],
    [0x0012, []],
    supportedVersions(0x3a3a, 0x0304, 0x0303),
    [0xff01, [0]],
    [0x000b, [1, 0]],
    [0x000a, words([0x1a1a, 0x001d, 0x0017, 0x0018])],
    [0x0015, Array.from({ length: 190 }, () => 0)],
    [0xeaea, [0]],
  ],
};

export function word(value: number): number[] {
  return [value >> 8, value & 0xff];
}

export function vector8(inside: readonly number[]): number[] {
  return [inside.length, ...inside];
}

export function vector16(inside: readonly number[]): number[] {
  return [...word(inside.length), ...inside];
}

function words(values: readonly number[]): number[] {
  return vector16(values.flatMap(word));
}

function latin1(text: string): number[] {
  return [...Buffer.from(text, "latin1")];
}
