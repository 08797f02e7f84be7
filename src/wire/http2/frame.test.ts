import { expect, test } from "bun:test";
import { Flag, type Frame, frameOf, Type } from "../../../test/e2e/harness/http2/frames.ts";
import { readFrames } from "../../../test/fuzz/frames.ts";
import { Output } from "../http1/writer.ts";
import {
  closeHeaders,
  connectionPreface,
  errorCode,
  flag,
  frameBytesMax,
  frameHeaderBytes,
  frameType,
  putFrameHeader,
  putGoaway,
  putRstStream,
  putSettings,
  putUint32,
  putWindowUpdate,
  setFrameLength,
  setting,
  windowBytesMax,
} from "./frame.ts";

/** Into an output that has to grow, behind something else. */
function written(put: (output: Output) => void): Buffer {
  const output = new Output(1);
  output.latin1("before");
  put(output);
  const bytes = Buffer.from(output.bytes.slice(0, output.length));
  expect(bytes.toString("latin1", 0, 6)).toBe("before");
  return bytes.subarray(6);
}

const hex = (put: (output: Output) => void): string => written(put).toString("hex");

/** As a client's reader tells it. */
function read(put: (output: Output) => void): readonly string[] {
  const bytes = Buffer.concat([connectionPreface, written((output) => putSettings(output, [])), written(put)]);
  const { lines, error, taken } = readFrames(bytes, [bytes.length]);
  expect([error, taken]).toEqual([-1, bytes.length]);
  return lines.slice(1);
}

test("a frame's header is its length, type, flags and stream", () => {
  expect(hex((output) => putFrameHeader(output, 0x012345, frameType.continuation, 0xa5, 0x7bcdef01))).toBe(
    "01234509a57bcdef01",
  );
  expect(hex((output) => putFrameHeader(output, 0xffffff, 0xff, 0xff, 0x7fffffff))).toBe("ffffffffff7fffffff");
  expect(hex((output) => putFrameHeader(output, 0, 0, 0, 0))).toBe("00".repeat(frameHeaderBytes));
});

test("a length is set where it stands, and nothing else", () => {
  for (const [length, text] of [
    [0, "000000"],
    [255, "0000ff"],
    [16384, "004000"],
    [0xabcdef, "abcdef"],
  ] as const)
    expect(
      hex((output) => {
        const at = output.length;
        putFrameHeader(output, 0x112233, frameType.data, flag.endStream, 7);
        setFrameLength(output, at, length);
      }),
    ).toBe(`${text}000100000007`);
});

test("numbers have 32 bits, up to the greatest", () => {
  for (const value of [0, 1, 0xff, 0x100, 0x1020304, windowBytesMax, 0x80000000, 0xffffffff])
    expect(hex((output) => putUint32(output, value))).toBe(value.toString(16).padStart(8, "0"));
});

test("each frame that is written is read as what it says", () => {
  expect(read((output) => putRstStream(output, 5, errorCode.refusedStream))).toEqual(["reset 5 7"]);
  expect(read((output) => putRstStream(output, windowBytesMax, 0xffffffff))).toEqual(["reset 2147483647 4294967295"]);
  expect(read((output) => putWindowUpdate(output, 0, windowBytesMax))).toEqual(["window 0 2147483647"]);
  expect(read((output) => putWindowUpdate(output, 3, 1))).toEqual(["window 3 1"]);
  expect(read((output) => putGoaway(output, windowBytesMax, errorCode.enhanceYourCalm, ""))).toEqual([
    "goaway 2147483647 11",
  ]);
  expect(read((output) => putSettings(output, []))).toEqual(["settings"]);
  expect(
    read((output) =>
      putSettings(output, [
        [setting.maxConcurrentStreams, 100],
        [setting.initialWindowSize, windowBytesMax],
        [0xabcd, 0xffffffff],
      ]),
    ),
  ).toEqual(["setting 3 100", "setting 4 2147483647", "setting 43981 4294967295", "settings"]);
});

test("frames stand behind one another, byte for byte", () => {
  const bytes = hex((output) => {
    putSettings(output, [[setting.maxFrameSize, 16384]]);
    putRstStream(output, 1, errorCode.cancel);
    putWindowUpdate(output, 0, 65536);
    putGoaway(output, 7, errorCode.protocolError, "why");
  });
  expect(bytes).toBe(
    [
      "000006040000000000" + "000500004000",
      "000004030000000001" + "00000008",
      "000004080000000000" + "00010000",
      "00000b070000000000" + "00000007" + "00000001" + "776879",
    ].join(""),
  );
});

test("numbers are those of RFC 9113", () => {
  expect(frameType).toEqual({
    data: Type.data,
    headers: Type.headers,
    priority: Type.priority,
    rstStream: Type.resetStream,
    settings: Type.settings,
    pushPromise: Type.pushPromise,
    ping: Type.ping,
    goaway: Type.goaway,
    windowUpdate: Type.windowUpdate,
    continuation: Type.continuation,
  });
  expect(flag).toEqual(Flag);
  expect(Object.values(errorCode)).toEqual(Array.from({ length: 14 }, (_, code) => code as never));
  expect(Buffer.from(connectionPreface).toString("hex")).toBe("505249202a20485454502f322e300d0a0d0a534d0d0a0d0a");
});

/** HEADERS with a block of so many bytes, behind something else and with something behind. */
function closed(length: number, flags: number): { frames: Frame[]; block: Buffer } {
  const block = Buffer.from(Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 255));
  let bytes = written((output) => {
    const at = output.length;
    putFrameHeader(output, 0, frameType.headers, flags, 0x01020304);
    output.put(block);
    closeHeaders(output, at, 0x01020304);
    putRstStream(output, 9, 0);
  });
  const frames: Frame[] = [];
  for (let next = frameOf(bytes); next !== null; next = frameOf(bytes)) {
    frames.push(next);
    bytes = bytes.subarray(frameHeaderBytes + next.payload.length);
  }
  expect(bytes.length).toBe(0);
  expect(frames.pop()!.type).toBe(Type.resetStream);
  return { frames, block };
}

const whole = [Type.headers, Flag.endHeaders] as const;
const begun = [Type.headers, 0] as const;
const middle = [Type.continuation, 0] as const;
const last = [Type.continuation, Flag.endHeaders] as const;

test("a header block is closed in one frame, or goes on in CONTINUATION frames", () => {
  for (const [length, ...expected] of [
    [0, [...whole, 0]],
    [1, [...whole, 1]],
    [255, [...whole, 255]],
    [256, [...whole, 256]],
    [frameBytesMax - 1, [...whole, frameBytesMax - 1]],
    [frameBytesMax, [...whole, frameBytesMax]],
    [frameBytesMax + 1, [...begun, frameBytesMax], [...last, 1]],
    [2 * frameBytesMax, [...begun, frameBytesMax], [...last, frameBytesMax]],
    [2 * frameBytesMax + 1, [...begun, frameBytesMax], [...middle, frameBytesMax], [...last, 1]],
    [40_000, [...begun, frameBytesMax], [...middle, frameBytesMax], [...last, 40_000 - 2 * frameBytesMax]],
  ] as const) {
    for (const flags of [0, Flag.endStream]) {
      const { frames, block } = closed(length, flags);
      // END_STREAM is said by HEADERS, and means the end of what goes on behind it.
      expect(frames.map(({ type, flags: each, payload }) => [type, each, payload.length])).toEqual(
        expected.map(([type, each, bytes]) => [type, type === Type.headers ? each | flags : each, bytes]),
      );
      expect(frames.every(({ stream }) => stream === 0x01020304)).toBe(true);
      expect(Buffer.concat(frames.map(({ payload }) => payload)).equals(block)).toBe(true);
    }
  }
});

test("what was closed is read as one block", () => {
  const block = Buffer.alloc(30_000, 0x5a);
  const lines = read((output) => {
    const at = output.length;
    putFrameHeader(output, 0, frameType.headers, flag.endStream, 3);
    output.put(block);
    closeHeaders(output, at, 3);
  });
  expect(lines).toEqual([`headers 3 on -1 ${block.toString("hex")} last`]);
});
