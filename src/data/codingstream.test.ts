import { expect, test } from "bun:test";
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
import { Prng } from "../base/prng.ts";
import { CodingStream, type ZlibStream } from "./codingstream.ts";
import { Places } from "./places.ts";

const options = { chunkSize: 4096, readableHighWaterMark: 1 };
const makers = [
  { make: createGzip, flush: constants.Z_SYNC_FLUSH },
  { make: createBrotliCompress, flush: constants.BROTLI_OPERATION_FLUSH },
  { make: createZstdCompress, flush: constants.ZSTD_e_flush },
] as const;
const openers = [
  { open: createGunzip, code: gzipSync },
  { open: createBrotliDecompress, code: brotliCompressSync },
  { open: createZstdDecompress, code: zstdCompressSync },
] as const;

const noise = (bytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(bytes));

/** As long as the runner waits for a test. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** One that is noted, and pauses itself behind each piece if it is told to. */
function streamOf(stream: unknown, places: Places, isPausing = false) {
  const seen = { bytes: 0, isEnded: false, error: "", stream: null as unknown as CodingStream };
  seen.stream = new CodingStream(
    stream as ZlibStream,
    {
      data: (bytes) => {
        seen.bytes += bytes.length;
        if (isPausing) seen.stream.pause();
      },
      end: () => {
        seen.isEnded = true;
      },
      error: ({ message }) => {
        seen.error = message;
      },
    },
    places,
  );
  return seen;
}

test("no more work at once than there are places, and the others follow", async () => {
  const places = new Places(2);
  let running = 0;
  let most = 0;
  const all = Array.from({ length: 12 }, () => {
    const stream = createGzip(options);
    const write = stream._transform.bind(stream);
    stream._transform = (piece, encoding, done) => {
      most = Math.max(most, ++running);
      write(piece, encoding, (...answer) => {
        running--;
        done(...answer);
      });
    };
    const seen = streamOf(stream, places);
    seen.stream.write(noise(3_000), () => seen.stream.end());
    return seen;
  });
  await until(() => all.every(({ isEnded }) => isEnded));
  expect([most, places.taken]).toEqual([2, 0]);
});

test("a stream that nobody reads of holds up no other, and goes on where it stood", async () => {
  const places = new Places(1);
  const slow = streamOf(createGzip(options), places, true);
  slow.stream.write(noise(100_000), () => slow.stream.end());
  await until(() => slow.bytes > 0 && places.taken === 0);
  const quick = streamOf(createGzip(options), places);
  quick.stream.write(noise(1_000), () => quick.stream.end());
  await until(() => quick.isEnded);
  await until(() => {
    slow.stream.resume();
    return slow.isEnded;
  });
  expect(slow.bytes).toBeGreaterThan(100_000);
  expect(places.taken).toBe(0);
});

test("what makes much of little lets the others have their turns", async () => {
  for (const { open, code } of openers) {
    const places = new Places(1);
    const bomb = streamOf(open(options), places);
    bomb.stream.write(code(Buffer.alloc(2_000_000)), () => bomb.stream.end());
    const other = streamOf(createGzip(options), places);
    other.stream.write(noise(1_000), () => other.stream.end());
    await until(() => other.isEnded);
    expect(bomb.bytes).toBeLessThan(1_000_000);
    await until(() => bomb.isEnded);
    expect([bomb.bytes, places.taken]).toEqual([2_000_000, 0]);
  }
});

test("what is broken leaves its place, and what is destroyed too, whatever it did just then", async () => {
  const places = new Places(3);
  const broken = streamOf(createGunzip(options), places);
  broken.stream.write(Buffer.from("no gzip at all"), () => {});
  await until(() => broken.error !== "");
  expect(places.taken).toBe(0);
  const random = new Prng(11);
  const all = Array.from({ length: 150 }, (_, index) => {
    const { make, flush } = makers[index % 3]!;
    const { open, code } = openers[index % 3]!;
    const isOpening = random.below(2) === 0;
    const seen = streamOf(isOpening ? open(options) : make(options), places, random.below(2) === 0);
    const input = isOpening ? code(Buffer.alloc(20_000)) : noise(random.below(20_000) + 1);
    seen.stream.write(input, () => {
      if (isOpening || random.below(2) === 0) seen.stream.end();
      else seen.stream.flush(flush, () => seen.stream.end());
    });
    return seen;
  });
  const left = new Set(all);
  while (left.size > 0) {
    for (const each of left) {
      const what = random.below(8);
      if (what < 4) each.stream.resume();
      else if (what < 6) each.stream.pause();
      if (!each.isEnded && (what < 7 || random.below(40) > 0)) continue;
      each.stream.destroy();
      left.delete(each);
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await until(() => places.taken === 0);
  expect(places.isAwaited).toBe(false);
  expect(all.filter(({ isEnded }) => isEnded).length).toBeGreaterThan(10);
});
