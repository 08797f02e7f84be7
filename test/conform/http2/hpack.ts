// RFC 7541: header blocks that nobody may send, and those that are unusual and in order.

import {
  block,
  endCode,
  type Field,
  huffman,
  index,
  indexed,
  integer,
  literal,
  string,
  tableSize,
} from "../../e2e/harness/http2/fields.ts";
import { Flag, headers, Setting, settings } from "../../e2e/harness/http2/frames.ts";
import { asked } from "../../e2e/harness/http2client.ts";
import type { Told } from "./stand.ts";
import { alive, compressionError, ok, type Vector } from "./vector.ts";

const both = Flag.endHeaders | Flag.endStream;
const get: Buffer = block(...asked());

/** Behind a request's fields. */
function wrong(name: string, ...parts: readonly Uint8Array[]): Vector {
  return {
    name: `7541 ${name}`,
    play: (client) => client.send(headers(1, Buffer.concat([get, ...parts]), both)),
    outcome: compressionError,
  };
}

/** A field of these bytes is x-a: b at the server: the second, and the first where it is the same. */
function right(name: string, first: Buffer, second: Buffer = first): Vector {
  const head = block(...asked({ path: "/request" }));
  return {
    name: `7541 ${name}`,
    play: async (client) => {
      for (const part of [first, second]) {
        const stream = client.stream();
        client.send(headers(stream.id, Buffer.concat([head, part]), both));
        const { body, end } = await client.over(stream, 2500);
        const told = JSON.parse(String(body) || "null") as Told | null;
        if (told?.fields["x-a"]?.join() !== "b" && (part === second || told === null))
          throw new Error(`${end}: ${body} ${client.told}`);
      }
    },
    outcome: ok,
  };
}

const name: Buffer = string("x-a");
const never: Buffer = Buffer.concat([Buffer.from([0x10]), name, string("b")]);
const coded: Buffer = Buffer.concat([Buffer.from([0]), huffman("x-a"), huffman("b")]);

const errors: readonly Vector[] = [
  wrong("2.3.3: the index 0", Buffer.from([0x80])),
  wrong("2.3.3: an index behind both tables", index(62)),
  wrong("2.3.3: an index far behind both tables", index(1_000_000)),
  wrong("2.3.3: a name behind both tables", integer(62, 6, 0x40), string("b")),
  wrong("4.2: a table that changes its size behind fields", tableSize(100)),
  {
    name: "7541 6.3: a table larger than SETTINGS_HEADER_TABLE_SIZE",
    play: (client) => {
      const most = client.peer.get(Setting.headerTableSize) ?? 4096;
      client.send(headers(1, Buffer.concat([tableSize(most + 1), get]), both));
    },
    outcome: compressionError,
  },
  wrong(
    "5.1: a number without an end",
    Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
  ),
  wrong("5.1: a number that breaks off", Buffer.from([0xff, 0x80])),
  wrong("5.2: a string beyond its block", Buffer.from([0]), name, Buffer.from([100]), Buffer.from("b")),
  wrong("5.2: a string of 4 GB", Buffer.from([0]), name, integer(0xffff_ffff, 7)),
  wrong("5.2: a field that breaks off behind its name", Buffer.from([0]), name),
  wrong("5.2: padding by more than seven bits", Buffer.from([0]), name, Buffer.from([0x82, 0x8f, 0xff])),
  wrong("5.2: padding by zeros", Buffer.from([0]), name, huffman("b", "0000000")),
  wrong("5.2: the end of a string, written out", Buffer.from([0]), name, integer(endCode.length, 7, 0x80), endCode),
];

const long: Field = ["x-long", "l".repeat(2000)];

const unusual: readonly Vector[] = [
  right("6.2.1: a field with indexing, then by its index", indexed("x-a", "b"), index(62)),
  right(
    "6.2.1: a name of the table with another value",
    indexed("x-a", "c"),
    Buffer.concat([integer(62, 6, 0x40), string("b")]),
  ),
  right("6.2.2: a field without indexing", literal("x-a", "b")),
  right("6.2.3: a field that is never indexed", never),
  right("5.2: a field in Huffman's code", coded),
  right(
    "4.4: what does not fit empties the table",
    Buffer.concat([indexed("x-big", "b".repeat(5000)), literal("x-a", "b")]),
  ),
  {
    name: "7541 4.3: a table of no bytes forgets, and may grow again",
    play: async (client) => {
      client.send(headers(1, Buffer.concat([get, indexed("x-a", "b")]), both));
      client.send(headers(3, Buffer.concat([tableSize(0), tableSize(4096), get, index(62)]), both));
    },
    stream: 3,
    outcome: compressionError,
  },
  {
    name: "7541 4.4: the oldest fields make room for new ones",
    play: async (client) => {
      const three = Buffer.concat([
        indexed("x-old", "1"),
        indexed(...long),
        indexed("x-new", "1"),
        indexed("x-long2", long[1]),
      ]);
      client.send(headers(1, Buffer.concat([get, three, index(63), index(62)]), both));
      await client.over(client.stream(1), 2500);
      client.send(headers(3, Buffer.concat([get, index(65)]), both));
    },
    stream: 3,
    outcome: compressionError,
  },
  {
    name: "7541 4.2: a client without a table is answered without one",
    manners: { settings: [[Setting.headerTableSize, 0]] },
    play: async (client) => {
      client.allowTable(0);
      for (let count = 0; count < 3; count++) {
        const answer = await client.request({ path: "/hops" }, 2500);
        if (answer.status !== 200) throw new Error(`${answer.status} ${answer.end}`);
      }
    },
    outcome: alive,
  },
  {
    name: "7541 4.2: a table that shrinks between two responses is told of first",
    play: async (client) => {
      await client.request({ path: "/hops" }, 2500);
      client.send(settings([Setting.headerTableSize, 50]));
      await client.pinged(2500);
      client.allowTable(50);
      const answer = await client.request({ path: "/hops" }, 2500);
      if (answer.status !== 200) throw new Error(`${answer.status} ${answer.end}`);
    },
    outcome: alive,
  },
];

export const hpackVectors: readonly Vector[] = [...errors, ...unusual];
