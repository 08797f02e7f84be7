// RFC 9113, section 6, but for windows: each type of frame on the wrong stream, of the wrong length, with values that are none.

import { block } from "../../e2e/harness/http2/fields.ts";
import {
  continuation,
  Flag,
  frame,
  goaway,
  headers,
  padded,
  ping,
  priority,
  resetStream,
  Setting,
  settings,
  settingsAck,
  Type,
  windowUpdate,
  word,
} from "../../e2e/harness/http2/frames.ts";
import { asked, type Http2Client } from "../../e2e/harness/http2client.ts";
import { alive, frameSizeError, ok, protocolError, type Vector } from "./vector.ts";

const both = Flag.endHeaders | Flag.endStream;
const get: Buffer = block(...asked());
const post: Buffer = block(...asked({ method: "POST", path: "/echo" }));
const held: Buffer = block(...asked({ path: "/held" }));
const flowControlError: readonly string[] = ["goaway FLOW_CONTROL_ERROR"];
/** Where a frame of the wrong length may be wrong in another way too. */
const either: readonly string[] = [...frameSizeError, ...protocolError];

/** Frames alone, that end the connection, or not. */
function frames(name: string, outcome: readonly string[], ...parts: readonly Buffer[]): Vector {
  return { name: `9113 ${name}`, play: (client: Http2Client) => client.send(...parts), outcome };
}

const zeros = (count: number): Buffer => Buffer.alloc(count);

const requests: readonly Vector[] = [
  frames("6.1: DATA on stream 0", protocolError, frame(Type.data, 0, 0, zeros(4))),
  frames(
    "6.1: DATA with more padding than it has bytes",
    protocolError,
    headers(1, post),
    frame(Type.data, Flag.padded | Flag.endStream, 1, padded(Buffer.from("abc"), 4, 0)),
  ),
  frames(
    "6.1: DATA that is padded and empty",
    either,
    headers(1, post),
    frame(Type.data, Flag.padded | Flag.endStream, 1),
  ),
  frames("6.2: HEADERS on stream 0", protocolError, headers(0, get, both)),
  frames(
    "6.2: HEADERS with more padding than they have bytes",
    protocolError,
    frame(Type.headers, both | Flag.padded, 1, padded(get, 255, 0)),
  ),
  frames("6.2: HEADERS that are padded and empty", either, frame(Type.headers, both | Flag.padded, 1)),
  frames(
    "6.2: HEADERS without room for their priority",
    either,
    frame(Type.headers, both | Flag.priority, 1, zeros(4)),
  ),
  frames(
    "6.2: HEADERS with padding and priority are read",
    ok,
    frame(Type.headers, both | Flag.padded | Flag.priority, 1, padded(Buffer.concat([word(0), zeros(1), get]), 9)),
  ),
  frames("6.3: PRIORITY on stream 0", protocolError, priority(0, 1)),
  frames(
    "6.3: PRIORITY of another length",
    [...frameSizeError, "reset FRAME_SIZE_ERROR"],
    headers(1, held, both),
    frame(Type.priority, 0, 1, zeros(4)),
  ),
  frames("6.4: RST_STREAM on stream 0", protocolError, resetStream(0)),
  frames(
    "6.4: RST_STREAM of another length",
    frameSizeError,
    headers(1, held, both),
    frame(Type.resetStream, 0, 1, zeros(3)),
  ),
  frames("6.4: RST_STREAM with a code that nobody knows", alive, headers(1, held, both), resetStream(1, 0xffff)),
  frames(
    "6.6: PUSH_PROMISE from a client",
    protocolError,
    headers(1, held, both),
    frame(Type.pushPromise, Flag.endHeaders, 1, Buffer.concat([word(2), get])),
  ),
  frames("6.10: CONTINUATION on stream 0", protocolError, headers(1, get.subarray(0, 4), 1), continuation(0, get)),
  frames("6.10: CONTINUATION behind END_HEADERS", protocolError, headers(1, held), continuation(1, get)),
  frames(
    "6.10: CONTINUATION behind DATA",
    protocolError,
    headers(1, post),
    frame(0, 0, 1, zeros(1)),
    continuation(1, get),
  ),
];

const ownSettings: readonly Vector[] = [
  frames("6.5: an acknowledgment with content", frameSizeError, frame(Type.settings, Flag.ack, 0, zeros(6))),
  frames("6.5: SETTINGS on a stream", protocolError, headers(1, held, both), frame(Type.settings, 0, 1, zeros(0))),
  frames("6.5: SETTINGS whose length is no multiple of six", frameSizeError, frame(Type.settings, 0, 0, zeros(3))),
  frames("6.5.2: SETTINGS_ENABLE_PUSH of 2", protocolError, settings([Setting.enablePush, 2])),
  frames(
    "6.5.2: SETTINGS_ENABLE_PUSH of 0 and of 1",
    alive,
    settings([Setting.enablePush, 0], [Setting.enablePush, 1]),
  ),
  frames("6.5.2: an initial window of 2^31", flowControlError, settings([Setting.initialWindowSize, 0x8000_0000])),
  frames("6.5.2: an initial window of 2^31 - 1", alive, settings([Setting.initialWindowSize, 0x7fff_ffff])),
  frames("6.5.2: SETTINGS_MAX_FRAME_SIZE of 16,383", protocolError, settings([Setting.maxFrameSize, 16_383])),
  frames("6.5.2: SETTINGS_MAX_FRAME_SIZE of 2^24", protocolError, settings([Setting.maxFrameSize, 0x100_0000])),
  frames("6.5.2: SETTINGS_MAX_FRAME_SIZE of 2^24 - 1", alive, settings([Setting.maxFrameSize, 0xff_ffff])),
  frames("6.5.2: SETTINGS that nobody knows", alive, settings([0xff, 1], [0, 7], [8, 1])),
  frames("6.5.2: a table of no bytes, and of 4 GB", alive, settings([1, 0]), settings([1, 0xffff_ffff])),
  frames("6.5.3: an acknowledgment that nobody waits for", [...alive, ...protocolError], settingsAck, settingsAck),
  {
    name: "9113 6.5.2: responses are in frames of 16,384 bytes at most, unless the client takes larger ones",
    play: async (client) => {
      await client.request({ path: "/large" });
      if (client.frames.some(({ payload }) => payload.length > 16_384)) throw new Error(client.told);
    },
    outcome: ok,
  },
  {
    name: "9113 6.5.3: each SETTINGS is acknowledged",
    play: async (client) => {
      const acks = (): number =>
        client.frames.filter(({ type, flags }) => type === Type.settings && flags === 1).length;
      client.send(settings([Setting.enablePush, 0]), settings(), settings([Setting.maxFrameSize, 20_000]));
      await client.until("four acknowledgments", () => acks() === 4, 2000);
    },
    outcome: alive,
  },
];

const others: readonly Vector[] = [
  frames("6.7: PING on a stream", protocolError, headers(1, held, both), frame(Type.ping, 0, 1, zeros(8))),
  frames("6.7: PING of another length", frameSizeError, frame(Type.ping, 0, 0, zeros(6))),
  {
    name: "9113 6.7: an answered PING is not answered, another gets its own bytes back",
    play: async (client) => {
      client.send(ping("answered", Flag.ack), ping("question"));
      const pings = (): string[] =>
        client.frames.filter(({ type }) => type === Type.ping).map((it) => String(it.payload));
      await client.until("an answer", () => pings().length > 0, 2000);
      if (pings().join() !== "question") throw new Error(pings().join());
    },
    outcome: alive,
  },
  frames("6.8: GOAWAY on a stream", protocolError, headers(1, held, both), frame(Type.goaway, 0, 1, zeros(8))),
  frames("6.8: GOAWAY that is too short", frameSizeError, frame(Type.goaway, 0, 0, zeros(7))),
  {
    name: "9113 6.8: a client that goes away is given what it has asked for",
    play: async (client) => {
      client.send(headers(1, block(...asked({ path: "/large" })), both), goaway(0));
      const answer = await client.over(client.stream(1), 2000);
      if (answer.body.length !== 200_000) throw new Error(`${answer.body.length} bytes, ${answer.end}`);
    },
    outcome: [...ok, "200, and the connection with it", "closed", "goaway NO_ERROR"],
  },
  frames("6.9: WINDOW_UPDATE of 0 for the connection", protocolError, windowUpdate(0, 0)),
  frames(
    "6.9: WINDOW_UPDATE of 0 for a stream",
    ["reset PROTOCOL_ERROR", ...protocolError],
    headers(1, held, both),
    windowUpdate(1, 0),
  ),
  frames("6.9: WINDOW_UPDATE of another length", frameSizeError, frame(Type.windowUpdate, 0, 0, zeros(3))),
  frames("6.9: the reserved bit of WINDOW_UPDATE is ignored", alive, frame(Type.windowUpdate, 0, 0, word(0x8000_0001))),
];

export const controlVectors: readonly Vector[] = [...requests, ...ownSettings, ...others];
