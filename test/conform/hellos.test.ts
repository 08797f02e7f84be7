import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { clientHelloBytesMax, parseClientHello } from "../../src/wire/clienthello.ts";
import { helloVectors } from "./hellos.ts";
import { chromeParts, helloMessage, inRecords } from "./madehello.ts";

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 12);
const sha12 = (text: string): string => (text === "" ? "000000000000" : digest(text));

/** The message of a hello, without its records. */
function messageOf(bytes: Uint8Array): number[] {
  const message: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at + 3]! * 256 + bytes[at + 4]!;
    message.push(...bytes.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return message;
}

describe("captured hellos", () => {
  for (const { name, hex, serverName, alpn, fingerprint, ciphers, extensions, ja4 } of helloVectors) {
    const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
    const expected = { kind: "hello", serverName, alpn, ja4 } as const;

    test(`${name}: name, protocols and fingerprint`, () => {
      expect(`${fingerprint}_${sha12(ciphers)}_${sha12(extensions)}`).toBe(ja4);
      expect(parseClientHello(bytes, 0, bytes.length)).toEqual(expected);
      expect(parseClientHello(bytes, 0, bytes.length, false)).toEqual({ ...expected, ja4: "" });
    });

    test(`${name}: needs more until it is whole`, () => {
      for (let length = 0; length < bytes.length; length++)
        expect(parseClientHello(bytes, 0, length)).toEqual({ kind: "more" });
    });

    test(`${name}: reads the same in other records`, () => {
      const message = messageOf(bytes);
      for (const sizes of [[], [1], [3, 1], [4], [5, 30], Array.from({ length: message.length }, () => 1)]) {
        const cut = inRecords(message, sizes);
        expect(parseClientHello(cut, 0, cut.length)).toEqual(expected);
        expect(parseClientHello(cut, 0, cut.length - 1)).toEqual({ kind: "more" });
        expect(cut.length).toBeLessThan(clientHelloBytesMax);
      }
    });
  }
});

test("Chrome's hello has the published fingerprint", () => {
  const bytes = inRecords(helloMessage(chromeParts));
  expect(parseClientHello(bytes, 0, bytes.length)).toEqual({
    kind: "hello",
    serverName: "www.example.com",
    alpn: ["h2", "http/1.1"],
    ja4: "t13d1516h2_8daaf6152771_e5627efa2ab1",
  });
});
