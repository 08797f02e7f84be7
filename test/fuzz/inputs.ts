// Inputs for fuzzing: messages made by the grammar, near it, and from the vectors of test/conform by cutting, doubling and
// swapping pieces. Most should be nearly right, for what is far off is refused in its first bytes.

import type { Prng } from "../../src/base/prng.ts";
import { writeProxyHeader } from "../../src/wire/proxyprotocol.ts";
import {
  chromeParts,
  type Extension,
  helloMessage,
  inRecords,
  protocols,
  serverNames,
  signatureAlgorithms,
  supportedVersions,
  vector16,
} from "../conform/madehello.ts";
import { requestVectors } from "../conform/requests.ts";
import { responseVectors } from "../conform/responses.ts";
import {
  addresses,
  helloPieces,
  helloShapes,
  helloTexts,
  ipv4,
  ipv6,
  names,
  protocolLists,
  proxyLines,
  proxyPieces,
} from "./preambletexts.ts";

const inputBytesMax = 3_000;

export class Inputs {
  readonly #prng: Prng;

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  request(): string {
    const text = this.#chance(0.5) ? this.#madeRequest() : this.#pick(requestTexts);
    return this.#mutated(text, requestTexts).slice(0, inputBytesMax);
  }

  response(): string {
    const text = this.#chance(0.5) ? this.#madeResponse() : this.#pick(responseTexts);
    return this.#mutated(text, responseTexts).slice(0, inputBytesMax);
  }

  chunked(): string {
    return this.#mutated(this.#madeChunks(), chunkTexts).slice(0, inputBytesMax);
  }

  /** What a proxy may begin a connection with: a header of the PROXY protocol and what follows. */
  proxyHeader(): string {
    const address = this.#pick([ipv4, ipv6, addresses]);
    const [source, destination] = [this.#pick(address), this.#pick(this.#chance(0.9) ? address : addresses)];
    const [sourcePort, port] = [this.#prng.below(65_536), this.#pick([0, 80, 65_535])];
    const bytes = writeProxyHeader(this.#pick([1, 2]), source, sourcePort, destination, port);
    const header = textOf(bytes[0] === 0x50 ? bytes : this.#withTlvs(bytes));
    const text = this.#chance(0.8) ? header : this.#pick(proxyLines);
    return this.#mutated(text + this.#pick(["", "GET / HTTP/1.1\r\n", "\r\n"]), proxyLines, proxyPieces);
  }

  #withTlvs(header: Uint8Array): Uint8Array {
    const tlvs: number[] = [];
    for (let count = this.#pick([0, 0, 1, 3]); count > 0; count--)
      tlvs.push(
        this.#pick([1, 2, 4, 5, 0x20, 0xee]),
        ...vector16(Array.from({ length: this.#prng.below(20) }, () => 3)),
      );
    const bytes = Uint8Array.from([...header, ...tlvs]);
    bytes[15] = bytes[15]! + tlvs.length;
    return bytes;
  }

  /** What a TLS client may begin with, in records of any size. */
  clientHello(): string {
    if (this.#chance(0.3)) return this.#mutated(this.#pick(helloTexts), helloTexts, helloPieces);
    const extensions: Extension[] = Array.from({ length: this.#prng.below(8) }, () => this.#extension());
    const message = helloMessage({ ...this.#pick(helloShapes), extensions: this.#chance(0.9) ? extensions : null });
    const inside = this.#mutated(textOf(Uint8Array.from(message)), helloTexts, helloPieces);
    const sizes = this.#chance(0.5) ? [] : this.cuts(inside.length).map((cut, at, cuts) => cut - (cuts[at - 1] ?? 0));
    const text = textOf(inRecords([...Buffer.from(inside, "latin1")], sizes));
    return this.#chance(0.7) ? text : this.#mutated(text, helloTexts, helloPieces);
  }

  #extension(): Extension {
    switch (this.#prng.below(6)) {
      case 0:
        return serverNames(this.#pick(names));
      case 1:
        return protocols(...this.#pick(protocolLists));
      case 2:
        return supportedVersions(0x0a0a, 0x0304, 0x0303);
      case 3:
        return signatureAlgorithms(0x0403, 0x0804);
      case 4:
        return this.#pick(chromeParts.extensions!);
      default:
        return [this.#prng.below(65_536), Array.from({ length: this.#prng.below(40) }, () => this.#prng.below(256))];
    }
  }

  /** One of so many possibilities, from 0 on. */
  choice(count: number): number {
    return this.#prng.below(count);
  }

  /** Ends of the pieces that an input is cut into. */
  cuts(length: number): number[] {
    const cuts: number[] = [];
    const step = this.#pick([1, 3, 20, 200]);
    for (let at = 0; at < length; ) {
      at = Math.min(length, at + 1 + this.#prng.below(step));
      cuts.push(at);
    }
    return cuts;
  }

  #madeRequest(): string {
    const count = this.#chance(0.2) ? 2 : 1;
    let text = "";
    for (let index = 0; index < count; index++) {
      const line = `${this.#pick(methods)} ${this.#pick(targets)} ${this.#pick(versions)}`;
      text += this.#message(line, [this.#chance(0.9) ? "Host: a" : "", ...this.#fields(requestFields)]);
    }
    return text;
  }

  #madeResponse(): string {
    const interim = this.#chance(0.1) ? "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" : "";
    return interim + this.#message(this.#pick(statusLines), this.#fields(responseFields));
  }

  #message(line: string, fields: string[]): string {
    const framing = this.#prng.below(4);
    const body = "body".repeat(this.#prng.below(20));
    if (framing === 1) fields.push(`Content-Length: ${body.length}`);
    if (framing === 2) fields.push("Transfer-Encoding: chunked");
    const lines = [line, ...fields.filter((field) => field !== "")];
    return `${lines.join("\r\n")}\r\n\r\n${framing === 2 ? this.#madeChunks() : framing === 1 ? body : ""}`;
  }

  #madeChunks(): string {
    let text = "";
    for (let count = this.#prng.below(5); count > 0; count--) {
      const data = "0\r\nx".repeat(this.#prng.below(12));
      if (data.length > 0)
        text += `${data.length.toString(16)}${this.#chance(0.2) ? this.#pick(extensions) : ""}\r\n${data}\r\n`;
    }
    return `${text}0\r\n${this.#chance(0.3) ? this.#pick(trailers) : ""}\r\n`;
  }

  #fields(choices: readonly string[]): string[] {
    return Array.from({ length: this.#prng.below(6) }, () => this.#pick(choices));
  }

  #mutated(text: string, others: readonly string[], pieces: readonly string[] = httpPieces): string {
    for (let times = this.#pick([0, 0, 1, 1, 2, 5]); times > 0; times--) text = this.#mutatedOnce(text, others, pieces);
    return text;
  }

  #mutatedOnce(text: string, others: readonly string[], pieces: readonly string[]): string {
    const at = this.#prng.below(text.length + 1);
    const end = Math.min(text.length, at + this.#prng.below(12));
    switch (this.#prng.below(7)) {
      case 0:
        return text.slice(0, at) + this.#pick(pieces) + text.slice(at);
      case 1:
        return text.slice(0, at) + text.slice(end);
      case 2:
        return text.slice(0, at) + this.#pick(pieces) + text.slice(at + 1);
      case 3:
        return text.slice(0, at) + text.slice(at, end).repeat(2) + text.slice(end);
      case 4: {
        const other = this.#pick(others);
        return text.slice(0, at) + other.slice(this.#prng.below(other.length + 1));
      }
      case 5:
        return text.slice(0, at) + String.fromCharCode(this.#prng.below(256)) + text.slice(at + 1);
      default:
        return text.slice(0, at);
    }
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#prng.below(choices.length)]!;
  }

  #chance(probability: number): boolean {
    return this.#prng.next() < probability;
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

const requestTexts = requestVectors.map(({ bytes }) => bytes).filter((bytes) => bytes.length <= inputBytesMax);
const responseTexts = responseVectors.map(({ bytes }) => bytes).filter((bytes) => bytes.length <= inputBytesMax);
const chunkTexts = requestTexts
  .filter((bytes) => bytes.includes("chunked"))
  .map((bytes) => bytes.slice(bytes.indexOf("\r\n\r\n") + 4));

const methods = ["GET", "GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "CONNECT", "PATCH", "X-Y"];
const targets = ["/", "/", "/a?b=c", "/%00", "*", "http://a/", "http://a", "http://b/", "a:80", "//x", "/#"];
const versions = ["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0"];
const statusLines = [
  "HTTP/1.1 200 OK",
  "HTTP/1.1 200 OK",
  "HTTP/1.0 200 OK",
  "HTTP/1.1 204 No",
  "HTTP/1.1 304 Not",
  "HTTP/1.1 404",
  "HTTP/1.1 101 Switching",
  "HTTP/1.1 503 \u00e9",
];
const common = [
  "X: 1",
  "X:",
  "Connection: close",
  "Connection: keep-alive, x",
  "Connection: upgrade",
  "Upgrade: websocket",
  "Via: 1.0 b",
  "Content-Length: 0",
  "Content-Length: 4",
  "Transfer-Encoding: chunked",
  "Keep-Alive: 5",
  "TE: trailers",
  "Set-Cookie: a=b; c",
];
const requestFields = [
  ...common,
  "Host: b",
  "Expect: 100-continue",
  "X-Forwarded-For: 1.2.3.4",
  "Cookie: a=1; b",
  "Referer: x",
];
const responseFields = [...common, "Server: x", "Location: /a"];
const extensions = [";a", ";a=b", '; a="b;c"', ";"];
const trailers = ["X: 1\r\n", "X-Y:\r\nZ: 2\r\n", "Content-Length: 1\r\n", "Trailer:x\r\n"];
const httpPieces = [
  "\r\n",
  "\n",
  "\r",
  "\u0000",
  " ",
  "\t",
  ":",
  ",",
  ";",
  "\r\n ",
  "\r\n\r\n",
  "0",
  "\u00ff",
  "Content-Length: 4\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Host: a\r\n",
  "HTTP/1.1",
  "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "0\r\n\r\n",
];
