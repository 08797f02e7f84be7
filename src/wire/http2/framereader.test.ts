// What the reader of frames tells and refuses, together in one file: there is one case for each sentence of the text that it keeps.

import { expect, test } from "bun:test";
import {
  continuation,
  data,
  Flag,
  frame,
  goaway,
  headers,
  padded,
  ping,
  preface,
  priority,
  resetStream,
  settings,
  settingsAck,
  Type,
  windowUpdate,
  word,
} from "../../../test/e2e/harness/http2/frames.ts";
import { checkFrames, type Manner, readFrames, usual, type Verdict } from "../../../test/fuzz/frames.ts";
import { Inputs } from "../../../test/fuzz/inputs.ts";
import { Prng } from "../../base/prng.ts";
import { errorCode, frameBytesMax } from "./frame.ts";
import { FrameReader, type FrameSink } from "./framereader.ts";

const begun = [preface, settings()];
const bytesOf = (text: string): Buffer => Buffer.from(text, "latin1");
const hex = (text: string | Uint8Array): string => Buffer.from(text as string).toString("hex");
const zeros = (length: number): Buffer => Buffer.alloc(length);

function read(parts: readonly Uint8Array[], manner: Manner = usual): Verdict {
  const bytes = Buffer.concat(parts);
  return readFrames(bytes, [bytes.length], manner);
}

/** Behind a preface and empty SETTINGS: what was told. Nothing is left, and nothing is refused. */
function told(...frames: readonly Uint8Array[]): readonly string[] {
  const parts = [...begun, ...frames];
  const { lines, error, reason, taken } = read(parts);
  expect([error, reason, taken]).toEqual([-1, "", Buffer.concat(parts).length]);
  return lines.slice(1);
}

/** Behind the same: what was told before the refusal, and the refusal. */
function refused(...frames: readonly Uint8Array[]): readonly [number, string, ...string[]] {
  const { lines, error, reason } = read([...begun, ...frames]);
  return [error, reason, ...lines.slice(1)];
}

const { protocolError, frameSizeError, enhanceYourCalm } = errorCode;

test("a connection begins with the preface and SETTINGS, in any pieces", () => {
  const verdict = read([preface, settings([3, 100], [0xabcd, 0xfedcba98])]);
  expect(verdict.lines).toEqual(["setting 3 100", "setting 43981 4275878552", "settings"]);
  expect([verdict.error, verdict.isInside]).toEqual([-1, false]);
  for (let length = 0; length < preface.length + 9; length++) {
    const { lines, error, isInside } = read([Buffer.concat(begun).subarray(0, length)]);
    expect([lines, error, isInside]).toEqual([[], -1, true]);
  }
});

test("who does not begin with the preface is refused at the first byte that is another", () => {
  for (let at = 0; at < preface.length; at++) {
    const bytes = Buffer.from(preface);
    bytes[at]! ^= 0x20;
    const { error, reason, taken } = read([bytes, settings()]);
    expect([error, reason, taken]).toEqual([protocolError, "no connection preface", at]);
    expect(read([bytes.subarray(0, at)]).error).toBe(-1);
  }
});

test("no other frame comes first", () => {
  const reason = "the first frame is no SETTINGS";
  for (const first of [
    ping(),
    headers(1, zeros(3)),
    data(1, "x"),
    windowUpdate(0, 1),
    frame(0xaa, 0, 0),
    settingsAck,
    priority(1, 0),
  ]) {
    const { error, reason: why, lines } = read([preface, first, settings()]);
    expect([error, why, lines]).toEqual([protocolError, reason, []]);
  }
});

test("each kind of frame is told, without bits that mean nothing", () => {
  const high = 0x8000_0000;
  expect(told(data(1, "abc"), data(3 | high, "", true))).toEqual([
    "data 1 of 3",
    `content 1 ${hex("abc")}`,
    "data 1 ends, 3 of 3",
    "data 3 of 0",
    "data 3 ends, 0 of 0 last",
  ]);
  expect(told(frame(Type.data, Flag.padded | Flag.endStream | 0xc6, 5, padded(bytesOf("abc"), 4)))).toEqual([
    "data 5 of 8",
    `content 5 ${hex("abc")}`,
    "data 5 ends, 3 of 8 last",
  ]);
  expect(told(headers(7 | high, bytesOf("block")), headers(9, zeros(0), Flag.endHeaders | Flag.endStream))).toEqual([
    `headers 7 on -1 ${hex("block")}`,
    "headers 9 on -1  last",
  ]);
  const dependent = Buffer.concat([word(high | 3), Buffer.from([255]), bytesOf("block")]);
  expect(told(headers(7, padded(dependent, 2), Flag.endHeaders | Flag.padded | Flag.priority))).toEqual([
    `headers 7 on 3 ${hex("block")}`,
  ]);
  expect(told(priority(3, high | 5), resetStream(3, 0xffffffff))).toEqual(["priority 3 on 5", "reset 3 4294967295"]);
  expect(told(settings([0xffff, 0xffffffff]), settingsAck)).toEqual([
    "setting 65535 4294967295",
    "settings",
    "settings taken",
  ]);
  expect(told(ping("12345678"), ping("abcdefgh", 0xff))).toEqual([
    `ping ${hex("12345678")}`,
    `pong ${hex("abcdefgh")}`,
  ]);
  expect(
    told(goaway(high | 7, 11), frame(Type.goaway, 0, 0, Buffer.concat([word(1), word(2), bytesOf("why")]))),
  ).toEqual(["goaway 7 11", "goaway 1 2"]);
  expect(told(windowUpdate(0, high | 1), windowUpdate(5, 0x7fffffff), windowUpdate(5, 0))).toEqual([
    "window 0 1",
    "window 5 2147483647",
    "window 5 0",
  ]);
});

test("frames of other types are passed over, and noted, wherever they may stand (section 4.1)", () => {
  expect(told(frame(10, 0xff, 0), frame(255, 0, 5, zeros(frameBytesMax)))).toEqual(["oddity", "oddity"]);
});

test("a header block goes on in CONTINUATION frames, of which the flags of HEADERS hold", () => {
  const first = headers(5, padded(bytesOf("ab"), 9), Flag.padded | Flag.endStream);
  expect(told(first, continuation(5, bytesOf("cd"), 0), continuation(5, bytesOf("ef"), 0xff))).toEqual([
    `headers 5 on -1 ${hex("abcdef")} last`,
  ]);
  expect(told(headers(5, zeros(0), 0), continuation(5, bytesOf("a"), 0xfb), continuation(5, zeros(0)))).toEqual([
    "oddity",
    `headers 5 on -1 ${hex("a")}`,
  ]);
  // One block does not leave anything to the next.
  const dependent = headers(5, Buffer.concat([word(3), Buffer.from([1])]), Flag.priority | Flag.endStream);
  expect(
    told(dependent, continuation(5, bytesOf("x")), headers(7, bytesOf("y"), 0), continuation(7, bytesOf("z"))),
  ).toEqual([`headers 5 on 3 ${hex("x")} last`, `headers 7 on -1 ${hex("yz")}`]);
});

test("a block that is not whole is something begun", () => {
  expect(read([...begun, headers(1, zeros(1), 0)]).isInside).toBe(true);
  expect(read([...begun, headers(1, zeros(1), 0), continuation(1, zeros(1))]).isInside).toBe(false);
});

test("DATA that brings nothing, and ends nothing, is noted", () => {
  expect(told(data(1, ""))).toEqual(["data 1 of 0", "oddity", "data 1 ends, 0 of 0"]);
  expect(told(frame(Type.data, Flag.padded, 1, padded(zeros(0), 9)))).toEqual([
    "data 1 of 10",
    "oddity",
    "data 1 ends, 0 of 10",
  ]);
  expect(told(data(1, "", true))).toEqual(["data 1 of 0", "data 1 ends, 0 of 0 last"]);
});

test("content is told as it comes, and the end of a frame behind its padding", () => {
  const bytes = Buffer.concat([...begun, frame(Type.data, Flag.padded, 1, padded(bytesOf("abc"), 2))]);
  const upTo = (length: number): readonly string[] => readFrames(bytes, [bytes.length - length]).lines.slice(1);
  expect(upTo(6)).toEqual([]);
  expect(upTo(5)).toEqual(["data 1 of 6"]);
  expect(upTo(3)).toEqual(["data 1 of 6", `content 1 ${hex("ab")}`]);
  expect(upTo(1)).toEqual(["data 1 of 6", `content 1 ${hex("abc")}`]);
  expect(upTo(0).at(-1)).toBe("data 1 ends, 3 of 6");
});

const refusals: readonly (readonly [what: string, code: number, reason: string, ...frames: Uint8Array[]])[] = [
  ["DATA", protocolError, "DATA on stream 0", data(0, "x")],
  ["DATA", protocolError, "DATA on stream 0", data(0x8000_0000, "")],
  ["DATA", frameSizeError, "padded DATA without a pad length", frame(Type.data, Flag.padded, 1)],
  ["HEADERS", protocolError, "HEADERS on stream 0", headers(0, zeros(1))],
  ["HEADERS", frameSizeError, "padded HEADERS without a pad length", headers(1, zeros(0), Flag.padded)],
  ["HEADERS", frameSizeError, "HEADERS too short for its priority", headers(1, zeros(4), Flag.priority)],
  [
    "HEADERS",
    frameSizeError,
    "HEADERS too short for its priority",
    headers(1, padded(zeros(4), 0), Flag.priority | Flag.padded),
  ],
  ["PRIORITY", protocolError, "PRIORITY on stream 0", priority(0, 1)],
  ["PRIORITY", protocolError, "PRIORITY on stream 0", frame(Type.priority, 0, 0, zeros(4))],
  ["RST_STREAM", protocolError, "RST_STREAM on stream 0", resetStream(0)],
  ["RST_STREAM", frameSizeError, "RST_STREAM of a wrong length", frame(Type.resetStream, 0, 1, zeros(3))],
  ["RST_STREAM", frameSizeError, "RST_STREAM of a wrong length", frame(Type.resetStream, 0, 1, zeros(5))],
  ["SETTINGS", protocolError, "SETTINGS on a stream", frame(Type.settings, 0, 1)],
  ["SETTINGS", protocolError, "SETTINGS on a stream", frame(Type.settings, Flag.ack, 1)],
  ["SETTINGS", frameSizeError, "SETTINGS of a wrong length", frame(Type.settings, 0, 0, zeros(5))],
  ["SETTINGS", frameSizeError, "SETTINGS of a wrong length", frame(Type.settings, 0, 0, zeros(7))],
  ["SETTINGS", frameSizeError, "SETTINGS of a wrong length", frame(Type.settings, Flag.ack, 0, zeros(6))],
  ["PUSH_PROMISE", protocolError, "PUSH_PROMISE from a client", frame(Type.pushPromise, 4, 1, zeros(4))],
  ["PING", protocolError, "PING on a stream", frame(Type.ping, 0, 1, zeros(8))],
  ["PING", frameSizeError, "PING of a wrong length", frame(Type.ping, 0, 0, zeros(7))],
  ["PING", frameSizeError, "PING of a wrong length", frame(Type.ping, Flag.ack, 0, zeros(9))],
  ["GOAWAY", protocolError, "GOAWAY on a stream", frame(Type.goaway, 0, 1, zeros(8))],
  ["GOAWAY", frameSizeError, "GOAWAY of a wrong length", frame(Type.goaway, 0, 0, zeros(7))],
  ["WINDOW_UPDATE", frameSizeError, "WINDOW_UPDATE of a wrong length", frame(Type.windowUpdate, 0, 0, zeros(3))],
  ["WINDOW_UPDATE", frameSizeError, "WINDOW_UPDATE of a wrong length", frame(Type.windowUpdate, 0, 1, zeros(5))],
  ["CONTINUATION", protocolError, "CONTINUATION without HEADERS", continuation(1, zeros(1))],
  ["CONTINUATION", protocolError, "CONTINUATION without HEADERS", continuation(0, zeros(1))],
];

test("what is against the rules of a frame ends the connection, with its code", () => {
  for (const [what, code, reason, ...frames] of refusals)
    expect([what, ...refused(...frames, ping())]).toEqual([what, code, reason]);
});

test("a PRIORITY of a wrong length is an error of its stream only (section 6.3)", () => {
  for (const length of [0, 4, 6])
    expect(told(frame(Type.priority, 0, 3, zeros(length)), settingsAck)).toEqual([
      `broken 3 ${frameSizeError}`,
      "settings taken",
    ]);
});

test("a header block is one piece: nothing stands between its frames (section 4.3)", () => {
  const between = [
    headers(1, zeros(1)),
    data(1, "x"),
    ping(),
    settings(),
    windowUpdate(0, 1),
    resetStream(1),
    frame(0xaa, 0, 1),
    continuation(3, zeros(1)),
    continuation(0, zeros(1)),
  ];
  for (const each of between)
    for (const before of [[], [continuation(1, zeros(1), 0)]])
      expect(refused(headers(1, zeros(1), 0), ...before, each, continuation(1, zeros(1)))).toEqual([
        protocolError,
        "a frame inside of a header block",
      ]);
  // A block that has ended does not go on.
  expect(refused(headers(1, zeros(0)), continuation(1, zeros(0)))[1]).toBe("CONTINUATION without HEADERS");
});

test("frames have 16384 bytes at most, of every type, and a larger one is refused by its header (section 4.2)", () => {
  const large = bytesOf("y".repeat(frameBytesMax));
  expect(told(data(1, large))[1]).toBe(`content 1 ${hex(large)}`);
  expect(told(headers(1, large))).toEqual([`headers 1 on -1 ${hex(large)}`]);
  for (let type = 0; type < 12; type++)
    for (const length of [frameBytesMax + 1, 0xffffff])
      expect(refused(frame(type, 0, 1, zeros(0), length))).toEqual([frameSizeError, "frame too large"]);
});

test("padding may be all that is left, and no more (sections 6.1 and 6.2)", () => {
  const dataOf = (length: number, padding: number): Buffer =>
    frame(Type.data, Flag.padded, 1, Buffer.concat([Buffer.from([padding]), zeros(length)]));
  expect(told(dataOf(0, 0)).at(-1)).toBe("data 1 ends, 0 of 1");
  expect(told(dataOf(255, 255)).at(-1)).toBe("data 1 ends, 0 of 256");
  expect(told(dataOf(256, 255)).slice(1)).toEqual(["content 1 00", "data 1 ends, 1 of 257"]);
  expect(refused(dataOf(0, 1))).toEqual([protocolError, "more padding than DATA"]);
  expect(refused(dataOf(254, 255))).toEqual([protocolError, "more padding than DATA"]);
  const headersOf = (length: number, padding: number, flags: number): Buffer =>
    headers(1, Buffer.concat([Buffer.from([padding]), zeros(length)]), Flag.endHeaders | Flag.padded | flags);
  expect(told(headersOf(20, 20, 0))).toEqual(["headers 1 on -1 "]);
  expect(refused(headersOf(20, 21, 0))).toEqual([protocolError, "more padding than HEADERS"]);
  expect(told(headersOf(25, 20, Flag.priority))).toEqual(["headers 1 on 0 "]);
  expect(refused(headersOf(25, 21, Flag.priority))).toEqual([protocolError, "more padding than HEADERS"]);
});

test("a block in several frames has so many bytes at most, with every way of dividing it", () => {
  const manner = { ...usual, blockBytesMax: 40_000 };
  const blockOf = (...lengths: number[]): Verdict =>
    read(
      [
        ...begun,
        headers(1, Buffer.alloc(lengths[0]!, 1), 0),
        ...lengths.slice(1).map((length, index) => continuation(1, Buffer.alloc(length, index + 2), 0)),
        continuation(1, zeros(0)),
      ],
      manner,
    );
  for (const lengths of [
    [16_384, 16_384, 7232],
    [0, 16_384, 16_384, 7232],
    [1, 39, ...Array.from({ length: 50 }, () => 799), 10],
    [7232, 16_384, 16_384],
  ]) {
    const whole = blockOf(...lengths);
    expect([whole.error, whole.lines.at(-2)]).toEqual([-1, "oddity"]);
    const octets = lengths.map((length, index) => Buffer.alloc(length, index + 1));
    expect(whole.lines.at(-1)).toBe(`headers 1 on -1 ${hex(Buffer.concat(octets))}`);
    // One byte more in the last frame, where there is room, or in one behind it.
    const more = blockOf(...lengths, 1);
    expect([more.error, more.reason, more.lines]).toEqual([enhanceYourCalm, "header block too large", ["settings"]]);
  }
  const small = read([...begun, headers(1, zeros(21), 0)], { ...usual, blockBytesMax: 20 });
  expect([small.error, small.reason]).toEqual([enhanceYourCalm, "header block too large"]);
  expect(read([...begun, headers(1, zeros(20), 0)], { ...usual, blockBytesMax: 20 }).error).toBe(-1);
});

test("a block has 64 CONTINUATION frames at most, however small", () => {
  const blockOf = (count: number): Buffer[] => [
    headers(1, bytesOf("a"), 0),
    ...Array.from({ length: count }, (_, index) =>
      continuation(1, bytesOf("b"), index === count - 1 ? Flag.endHeaders : 0),
    ),
  ];
  const line = `headers 1 on -1 ${hex(`a${"b".repeat(64)}`)}`;
  // Each block begins anew.
  expect(told(...blockOf(64), ...blockOf(64))).toEqual([line, line]);
  expect(refused(...blockOf(65))).toEqual([enhanceYourCalm, "too many CONTINUATION frames"]);
});

/** Something of everything, and a refusal at the end. */
const conversation: Uint8Array = Buffer.concat([
  preface,
  settings([3, 1], [4, 70_000]),
  headers(1, bytesOf("one")),
  data(1, "content"),
  frame(Type.data, Flag.padded, 1, padded(bytesOf("more"), 5)),
  headers(3, padded(bytesOf("tw"), 3), Flag.padded | Flag.endStream),
  continuation(3, zeros(0), 0),
  continuation(3, bytesOf("o")),
  ping(),
  frame(0x42, 0, 0, bytesOf("unknown")),
  data(1, ""),
  frame(Type.data, Flag.padded | Flag.endStream, 1, padded(zeros(0), 3)),
  priority(9, 1),
  windowUpdate(0, 5),
  resetStream(1),
  goaway(0),
  frame(Type.windowUpdate, 0, 0, zeros(5)),
]);

test("what is told does not depend on how the bytes are cut", () => {
  const { length } = conversation;
  const whole = readFrames(conversation, [length]);
  expect([whole.lines.length, whole.reason]).toEqual([23, "WINDOW_UPDATE of a wrong length"]);
  for (let cut = 0; cut <= length; cut++) expect(readFrames(conversation, [cut, length])).toEqual(whole);
  for (const size of [1, 2, 3, 8, 9, 10, 17])
    expect(
      readFrames(
        conversation,
        Array.from({ length: Math.ceil(length / size) }, (_, index) => Math.min(length, (index + 1) * size)),
      ),
    ).toEqual(whole);
});

test("each refusal comes with the same bytes, told or not, however they are cut", () => {
  for (const [, , , ...frames] of refusals) {
    const bytes = Buffer.concat([...begun, ...frames]);
    const whole = readFrames(bytes, [bytes.length]);
    const each = Array.from({ length: bytes.length }, (_, index) => index + 1);
    expect(readFrames(bytes, each)).toEqual(whole);
  }
});

test("behind a rest it goes on with the next frame", () => {
  const { length } = conversation;
  const whole = readFrames(conversation, [length]);
  for (const restEach of [1, 2, 3, 7])
    expect(readFrames(conversation, [length], { ...usual, restEach })).toEqual(whole);
});

test("a rest is one: no further frame is told before it is read again", () => {
  const bytes = Buffer.concat([...begun, data(1, "abc"), ping(), ping()]);
  const verdicts = [1, 2, 3, 4, 5].map((restEach) =>
    readFrames(bytes, [bytes.length], { ...usual, restEach, isLeft: true }),
  );
  expect(verdicts.map(({ lines }) => lines.at(-1))).toEqual([
    "settings",
    "data 1 of 3",
    "data 1 ends, 3 of 3",
    "data 1 ends, 3 of 3",
    `ping ${hex("12345678")}`,
  ]);
  expect(verdicts.map(({ taken }) => taken)).toEqual([33, 42, 45, 45, 62]);
});

test("behind a refusal by who is told nothing is told, and its code and reason stay", () => {
  const { lines } = readFrames(conversation, [conversation.length]);
  for (let refuseAt = 0; refuseAt < lines.length; refuseAt++) {
    const verdict = readFrames(conversation, [conversation.length, conversation.length], { ...usual, refuseAt });
    expect(verdict.lines).toEqual(lines.slice(0, refuseAt + 1));
    expect([verdict.error, verdict.reason]).toEqual([errorCode.internalError, "told enough"]);
  }
});

test("the first refusal stays", () => {
  const sink = new Proxy({} as FrameSink, { get: () => () => reader.refuse(errorCode.cancel, "told") });
  const reader = new FrameReader(sink, 1000);
  reader.refuse(errorCode.protocolError, "first");
  reader.refuse(errorCode.cancel, "second");
  expect(reader.read(Buffer.concat(begun), 0, 33)).toBe(preface.length);
  expect([reader.error, reader.reason]).toEqual([errorCode.protocolError, "first"]);
});

test("random frames, right and spoiled, are told the same in any pieces, and every refusal is met", () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < 1500; seed++) {
    const { reason } = checkFrames(new Inputs(new Prng(seed)));
    seen.set(reason, (seen.get(reason) ?? 0) + 1);
  }
  expect(seen.get("")).toBeGreaterThan(500);
  const others = ["no connection preface", "the first frame is no SETTINGS", "frame too large", "told enough"];
  const ofBlocks = ["a frame inside of a header block", "header block too large"];
  const ofPadding = ["more padding than DATA", "more padding than HEADERS"];
  for (const reason of [...refusals.map(([, , each]) => each), ...others, ...ofBlocks, ...ofPadding])
    expect([reason, seen.has(reason)]).toEqual([reason, true]);
});
