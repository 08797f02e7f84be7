// The runtime's facts about node:zlib that src/data/coder.ts stands on. When an upgrade breaks one, the name of the test says which.

import { expect, test } from "bun:test";
import type { Transform } from "node:stream";
import {
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  createGunzip,
  createGzip,
  createZstdCompress,
  createZstdDecompress,
  gzipSync,
  zstdCompressSync,
} from "node:zlib";

type Stream = Transform & { flush(kind: number, told: () => void): void };

const codings = [
  { name: "gzip", make: gzipSync, open: createGunzip, stream: createGzip, flush: constants.Z_SYNC_FLUSH },
  {
    name: "br",
    make: (bytes: Uint8Array): Buffer => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } }),
    open: createBrotliDecompress,
    stream: createBrotliCompress,
    flush: constants.BROTLI_OPERATION_FLUSH,
  },
  {
    name: "zstd",
    make: zstdCompressSync,
    open: createZstdDecompress,
    stream: createZstdCompress,
    flush: constants.ZSTD_e_flush,
  },
] as const;

const written = (stream: Transform, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve) => stream.write(bytes, () => resolve()));
const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

for (const { name, make, open, stream, flush } of codings) {
  test(`${name}: a stream that is paused opens a piece or two more, whatever is in it`, async () => {
    const bomb = make(Buffer.alloc(50_000_000));
    const opening = open();
    let bytes = 0;
    opening.on("data", (piece: Uint8Array) => {
      bytes += piece.length;
      opening.pause();
    });
    let isWritten = false;
    opening.write(bomb, () => {
      isWritten = true;
    });
    await new Promise((resolve) => opening.once("data", resolve));
    await turns(50);
    expect(bytes + opening.readableLength).toBeLessThan(300_000);
    expect(isWritten).toBe(false);
    opening.destroy();
  });

  test(`${name}: flush brings out all that was written, and its callback comes behind the output`, async () => {
    const making = stream() as unknown as Stream;
    const opening = open();
    let text = "";
    opening.on("data", (piece: Uint8Array) => {
      text += Buffer.from(piece).toString();
    });
    const pieces: Uint8Array[] = [];
    making.on("data", (piece: Uint8Array) => pieces.push(piece));
    await written(making, Buffer.from("one line\n"));
    await new Promise<void>((resolve) => making.flush(flush, resolve));
    await turns(2);
    await written(opening, Buffer.concat(pieces));
    await turns(2);
    expect(text).toBe("one line\n");
    making.destroy();
    opening.destroy();
  });

  test(`${name}: a stream that is destroyed at work tells no data, no end and no error`, async () => {
    const making = stream();
    const told: string[] = [];
    for (const word of ["data", "end", "error"]) making.on(word, () => told.push(word));
    const done = written(making, Buffer.alloc(1_000_000, "abc"));
    making.destroy();
    await done;
    await turns(5);
    expect(told).toEqual([]);
  });
}

test("what is cut off is an error of gzip and br; of zstd it is not, which is why its end is watched", async () => {
  const told: string[] = [];
  for (const { name, make, open } of codings) {
    const made = make(Buffer.from("some words that are worth it, some words that are worth it"));
    const opening = open();
    opening.on("data", () => {});
    const ended = new Promise<string>((resolve) => {
      opening.on("error", () => resolve("error"));
      opening.on("end", () => resolve("end"));
    });
    opening.end(made.subarray(0, made.length - 3));
    told.push(`${name} ${await ended}`);
  }
  expect(told).toEqual(["gzip error", "br error", "zstd end"]);
});

// What src/data/codingstream.ts stands on: a stream gives its thread back while nobody takes what it made.
for (const { name, make, open } of codings) {
  test(`${name}: with a readableHighWaterMark of 1 work ends behind each piece until it is taken`, async () => {
    const opening = open({ readableHighWaterMark: 1 } as object) as Transform;
    opening.write(make(Buffer.alloc(5_000_000)));
    while (opening.readableLength === 0) await turns(1);
    const waiting = opening.readableLength;
    await turns(200);
    expect([opening.readableLength, waiting < 200_000]).toEqual([waiting, true]);
    let bytes = 0;
    opening.on("data", (piece: Uint8Array) => {
      bytes += piece.length;
    });
    opening.end();
    await new Promise((resolve) => opening.on("end", resolve));
    expect(bytes).toBe(5_000_000);
  });
}
