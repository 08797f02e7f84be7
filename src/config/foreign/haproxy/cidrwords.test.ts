import { expect, test } from "bun:test";
import { readBlock } from "./cidrwords.ts";
import { Objection } from "./objection.ts";
import type { Word } from "./scene.ts";

const word: Word = { text: "", line: 1, column: 1, at: 0, index: 0, isQuoted: false };

test("addresses and blocks are whole, and without the bits behind their mask", () => {
  const blocks: Record<string, string> = {
    "1.2.3.4": "1.2.3.4",
    "1.2.3.4/32": "1.2.3.4",
    "10.12": "10.0.0.12",
    "10": "0.0.0.10",
    "192.168.1/24": "192.168.0.0/24",
    "10.0.0.12/8": "10.0.0.0/8",
    "10.0.0.0/255.0.0.0": "10.0.0.0/8",
    localhost: "127.0.0.1",
    "::1": "::1",
    "fd00::5/8": "fd00::/8",
    "::ffff:1.2.3.4/128": "::ffff:102:304",
  };
  for (const [written, expected] of Object.entries(blocks))
    expect([written, readBlock(word, written)]).toEqual([written, expected]);
});

test("what is none is an objection", () => {
  for (const written of [
    "",
    "1.2.3.256",
    "1.2.3.4.5",
    "1.2.3.4/33",
    "::1/129",
    "::g",
    "1.2.3.4/8/8",
    "10.0.0.0/255.0.255.0",
    "host.example",
  ])
    expect(() => readBlock(word, written)).toThrow(Objection);
});
