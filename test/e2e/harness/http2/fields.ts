// Header blocks (RFC 7541) for a test's client: written as literals without Huffman unless a test says otherwise, and read with
// everything that a peer may write. A reader of its own, beside that of the proxy: one that shares a mistake would not see it.

export type Field = readonly [name: string, value: string];

const staticText =
  ":authority|:method GET|:method POST|:path /|:path /index.html|:scheme http|:scheme https|:status 200|:status 204|:status 206|" +
  ":status 304|:status 400|:status 404|:status 500|accept-charset|accept-encoding gzip, deflate|accept-language|accept-ranges|accept|" +
  "access-control-allow-origin|age|allow|authorization|cache-control|content-disposition|content-encoding|content-language|" +
  "content-length|content-location|content-range|content-type|cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|" +
  "if-none-match|if-range|if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|" +
  "referer|refresh|retry-after|server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate";
/** Appendix A; what has a value has it behind the first space. */
export const staticTable: readonly Field[] = staticText.split("|").map((text) => {
  const space = text.indexOf(" ");
  return space === -1 ? [text, ""] : [text.slice(0, space), text.slice(space + 1)];
});

/** A number with a prefix of so many bits, behind `head`. */
export function integer(value: number, bits: number, head = 0): Buffer {
  const most = 2 ** bits - 1;
  if (value < most) return Buffer.from([head | value]);
  const bytes = [head | most];
  let left = value - most;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) | 128);
  return Buffer.from([...bytes, left]);
}

export function string(text: string | Uint8Array): Buffer {
  const bytes = typeof text === "string" ? Buffer.from(text, "latin1") : Buffer.from(text);
  return Buffer.concat([integer(bytes.length, 7), bytes]);
}

/** Without indexing, with a literal name. */
export function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0]), string(name), string(value)]);
}

/** With incremental indexing: it is in the dynamic table from then on. */
export function indexed(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0x40]), string(name), string(value)]);
}

/** A field of a table, from 1. */
export function index(number: number): Buffer {
  return integer(number, 7, 0x80);
}

export function tableSize(bytes: number): Buffer {
  return integer(bytes, 5, 0x20);
}

export function block(...fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.map(([name, value]) => literal(name, value)));
}

/** Bits of the code of each octet, and last of the end, as digits to the base of 36 (Appendix B). Codes of one length follow each other. */
const codeLengths =
  "dnsssssssoussussssssssusssssssss" +
  "6aacd68baa8b8666555666666678f6ca" +
  "d67777777777777777777777878djde6" +
  "f56565666577666567655677777fbeds" +
  "kmkkmmmnmnnnnnonoomnonnnnlmnmnno" +
  "mlkmmnnlnmmolmnnllmlnmnnkmmmnmmn" +
  "qqkjmnmpqqqrrqopjlqrrqrollqqsrrr" +
  "koklmllnmmppooqnqrqqrrrrrsrrrrrq" +
  "u";
const endSymbol = 256;
const eachTable = 32;

function codesOf(lengths: string): ReadonlyMap<string, number> {
  const symbols = Array.from(lengths, (digit, symbol) => ({ symbol, bits: Number.parseInt(digit, 36) }));
  symbols.sort((one, other) => one.bits - other.bits || one.symbol - other.symbol);
  const codes = new Map<string, number>();
  let [code, bits] = [0, symbols[0]!.bits];
  for (const entry of symbols) {
    code *= 2 ** (entry.bits - bits);
    bits = entry.bits;
    codes.set(code.toString(2).padStart(bits, "0"), entry.symbol);
    code++;
  }
  return codes;
}

const codes = codesOf(codeLengths);
const codeOf: ReadonlyMap<number, string> = new Map([...codes].map(([code, symbol]) => [symbol, code]));

/** A string in Huffman's code; `padding` is what fills the last octet, ones unless a test lies. */
export function huffman(text: string, padding = "1111111"): Buffer {
  const bits = Array.from(Buffer.from(text, "latin1"), (byte) => codeOf.get(byte)!).join("");
  const whole = bits + padding.slice(0, (8 - (bits.length % 8)) % 8);
  const bytes = Buffer.from((whole.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)));
  return Buffer.concat([integer(bytes.length, 7, 0x80), bytes]);
}

/** The code of the end of a string, which nobody may write. */
export const endCode: Buffer = Buffer.from([0xff, 0xff, 0xff, 0xff]);

function unhuffman(bytes: Uint8Array): string {
  let code = "";
  const text: number[] = [];
  for (const byte of bytes)
    for (const bit of byte.toString(2).padStart(8, "0")) {
      code += bit;
      const symbol = codes.get(code);
      if (symbol === undefined) continue;
      if (symbol === endSymbol) throw new Error("the end of a string is written out");
      text.push(symbol);
      code = "";
    }
  if (code.length > 7 || code.includes("0")) throw new Error(`a string is padded by ${code}`);
  return Buffer.from(text).toString("latin1");
}

/** What one side of a connection keeps to read header blocks. A mistake of the peer's is an Error. */
export class FieldReader {
  #table: Field[] = [];
  #tableBytesMax: number;
  /** What SETTINGS_HEADER_TABLE_SIZE has allowed. */
  tableBytesAllowed: number;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(tableBytes = 4096) {
    this.#tableBytesMax = tableBytes;
    this.tableBytesAllowed = tableBytes;
  }

  read(block: Buffer): Field[] {
    this.#bytes = block;
    this.#at = 0;
    const fields: Field[] = [];
    while (this.#at < block.length) {
      const first = block[this.#at]!;
      if (first >= 0x80) fields.push(this.#entry(this.#integer(7)));
      else if (first >= 0x40) {
        const field = this.#literal(6);
        fields.push(field);
        // One that was used to more must say that it has shrunk before it writes into it.
        if (this.#tableBytesMax > this.tableBytesAllowed) throw new Error("a table was not shrunk as it had to be");
        this.#table.unshift(field);
        this.#evict();
      } else if (first >= 0x20) {
        const size = this.#integer(5);
        if (fields.length > 0) throw new Error("a table changes its size behind fields");
        if (size > this.tableBytesAllowed) throw new Error(`a table of ${size} bytes is more than was allowed`);
        this.#tableBytesMax = size;
        this.#evict();
      } else fields.push(this.#literal(4));
    }
    return fields;
  }

  #literal(bits: number): Field {
    const number = this.#integer(bits);
    const name = number === 0 ? this.#string() : this.#entry(number)[0];
    return [name, this.#string()];
  }

  #entry(number: number): Field {
    const field = number <= staticTable.length ? staticTable[number - 1] : this.#table[number - staticTable.length - 1];
    if (field === undefined) throw new Error(`there is no field ${number}`);
    return field;
  }

  #integer(bits: number): number {
    const most = 2 ** bits - 1;
    let value = this.#byte() & most;
    if (value < most) return value;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  #string(): string {
    const isCoded = (this.#bytes[this.#at] ?? 0) >= 0x80;
    const length = this.#integer(7);
    if (this.#at + length > this.#bytes.length) throw new Error("a string ends behind its block");
    const bytes = this.#bytes.subarray(this.#at, (this.#at += length));
    return isCoded ? unhuffman(bytes) : bytes.toString("latin1");
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new Error("a block ends in the middle of a field");
    return byte;
  }

  #evict(): void {
    const bytes = (): number =>
      this.#table.reduce((sum, [name, value]) => sum + name.length + value.length + eachTable, 0);
    while (this.#table.length > 0 && bytes() > this.#tableBytesMax) this.#table.pop();
  }
}
