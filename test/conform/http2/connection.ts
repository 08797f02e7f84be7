// RFC 9113, sections 3 to 5, together: the connection preface, frames, header blocks, states of streams.

import { block, type Field, indexed, index as tableIndex } from "../../e2e/harness/http2/fields.ts";
import {
  continuation,
  data,
  Flag,
  frame,
  headers,
  padded,
  ping,
  preface,
  priority,
  resetStream,
  Setting,
  settings,
  Type,
  windowUpdate,
  word,
} from "../../e2e/harness/http2/frames.ts";
import { asked, type Http2Client } from "../../e2e/harness/http2client.ts";
import { alive, compressionError, frameSizeError, malformed, ok, protocolError, type Vector } from "./vector.ts";

const usualFrame = 16_384;
const both = Flag.endHeaders | Flag.endStream;
const mute = { settings: null } as const;
const get: Buffer = block(...asked());
const post: Buffer = block(...asked({ method: "POST", path: "/echo" }));
const heldBlock: Buffer = block(...asked({ path: "/held" }));
const streamClosed: readonly string[] = ["goaway STREAM_CLOSED", "reset STREAM_CLOSED"];

const beginnings: readonly Vector[] = [
  {
    name: "9113 3.4: what is no preface ends the connection",
    manners: mute,
    play: (client) => client.send(Buffer.from("INVALID CONNECTION PREFACE\r\n\r\n")),
    outcome: ["closed", ...protocolError],
  },
  {
    name: "9113 3.4: a preface that goes wrong behind its first line ends the connection",
    manners: mute,
    play: (client) => client.send(Buffer.from("PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n"), settings()),
    outcome: ["closed", ...protocolError],
  },
  {
    name: "9113 3.4: SETTINGS must follow the preface",
    manners: mute,
    play: (client) => client.send(preface, ping()),
    outcome: [...protocolError, "closed"],
  },
  {
    name: "9113 3.4: the server's first frame is its SETTINGS",
    play: ({ frames }) => {
      const first = frames[0];
      if (first?.type !== Type.settings || first.flags !== 0) throw new Error(`it began with ${first?.type}`);
    },
    outcome: alive,
  },
  {
    name: "9113 3.4: the preface may come byte by byte, and a request at once behind it",
    manners: { settings: null, acknowledges: false },
    play: async (client) => {
      for (const byte of Buffer.concat([preface, settings(), headers(1, get, both)])) {
        client.send(Buffer.from([byte]));
        await Bun.sleep(0);
      }
    },
    outcome: ok,
  },
  {
    name: "9113 3.4: requests may come before the server's SETTINGS",
    isHasty: true,
    play: (client) => client.send(headers(1, get, both)),
    outcome: ok,
  },
];

const frames: readonly Vector[] = [
  {
    name: "9113 4.1: frames of an unknown type are ignored, on the connection and on a stream",
    play: (client) => {
      client.send(frame(0x16, 0xff, 0, Buffer.alloc(8)), headers(1, post, Flag.endHeaders));
      client.send(frame(0x17, 0, 1, Buffer.alloc(3)), data(1, "body", true));
    },
    outcome: ok,
  },
  {
    name: "9113 4.1: flags that mean nothing are ignored",
    play: (client) => client.send(frame(Type.ping, 0x16, 0, Buffer.from("12345678")), headers(1, get, both | 0x50)),
    outcome: ok,
  },
  {
    name: "9113 4.1: the reserved bit is ignored",
    play: (client) => client.send(frame(Type.headers, both, 0x8000_0001, get)),
    outcome: ok,
  },
  {
    name: "9113 4.2: a frame of 16,384 bytes is taken",
    play: (client) => client.send(headers(1, post, Flag.endHeaders), data(1, Buffer.alloc(16_384, "a"), true)),
    outcome: ok,
  },
  {
    name: "9113 4.2: DATA above SETTINGS_MAX_FRAME_SIZE is an error",
    play: (client) =>
      client.send(headers(1, post, Flag.endHeaders), data(1, Buffer.alloc(largestOf(client) + 1, "a"), true)),
    outcome: [...frameSizeError, "reset FRAME_SIZE_ERROR"],
  },
  {
    name: "9113 4.2: HEADERS above SETTINGS_MAX_FRAME_SIZE ends the connection",
    play: (client) => {
      const large: Field[] = [["x-large", "a".repeat(largestOf(client))]];
      client.send(headers(1, block(...asked({ fields: large })), both));
    },
    outcome: frameSizeError,
  },
  {
    name: "9113 4.2: a head that tells of too large a frame is enough",
    play: (client) => client.send(frame(Type.ping, 0, 0, Buffer.alloc(8), 0xff_ffff)),
    outcome: frameSizeError,
  },
];

/** What nobody may be sent, and what one frame can hold. */
function largestOf(client: Http2Client): number {
  const most = client.peer.get(Setting.maxFrameSize) ?? usualFrame;
  return most < 0xff_ff00 ? most : usualFrame;
}

const interruptions: Readonly<Record<string, Buffer>> = {
  PING: ping(),
  "DATA of the stream": data(1, "a"),
  "PRIORITY of the stream": priority(1, 0),
  "HEADERS of another stream": headers(3, get, both),
  "CONTINUATION of another stream": continuation(3, get),
  "an unknown frame": frame(0x20, 0, 1, Buffer.alloc(4)),
};

const blocks: readonly Vector[] = [
  ...Object.entries(interruptions).map(([name, interruption]) => ({
    name: `9113 4.3: a header block that is interrupted by ${name} ends the connection`,
    play: (client: Http2Client) => {
      client.send(headers(1, get.subarray(0, 9), Flag.endStream), interruption, continuation(1, get.subarray(9)));
    },
    outcome: protocolError,
  })),
  {
    name: "9113 4.3: a header block in many pieces, an empty one too, is one",
    play: (client) => {
      client.send(headers(1, get.subarray(0, 1), Flag.endStream), continuation(1, Buffer.alloc(0), 0));
      for (let at = 1; at + 4 < get.length; at += 4) client.send(continuation(1, get.subarray(at, at + 4), 0));
      const rest = 1 + Math.floor((get.length - 5 + 3) / 4) * 4;
      client.send(continuation(1, get.subarray(rest)));
    },
    outcome: ok,
  },
  {
    name: "9113 4.3: a header block that cannot be read ends the connection",
    play: (client) => client.send(headers(1, Buffer.concat([get, tableIndex(70)]), both)),
    outcome: compressionError,
  },
  {
    name: "9113 4.3: the header block of a stream that is over still changes the table",
    play: async (client) => {
      client.send(headers(1, heldBlock, both), resetStream(1));
      client.send(headers(3, Buffer.concat([heldBlock, indexed("x-kept", "1")]), both), resetStream(3));
      client.send(headers(5, Buffer.concat([get, tableIndex(62)]), both));
    },
    stream: 5,
    outcome: ok,
  },
];

const idle: Readonly<Record<string, Buffer>> = {
  DATA: data(1, "a", true),
  RST_STREAM: resetStream(1),
  WINDOW_UPDATE: windowUpdate(1, 100),
  CONTINUATION: continuation(1, get),
};

const states: readonly Vector[] = [
  ...Object.entries(idle).map(([name, bytes]) => ({
    name: `9113 5.1: ${name} on an idle stream ends the connection`,
    play: (client: Http2Client) => client.send(bytes),
    outcome: protocolError,
  })),
  {
    name: "9113 5.1: PRIORITY on an idle stream is no error",
    play: (client) => client.send(priority(7, 0), headers(1, get, both)),
    outcome: ok,
  },
  {
    name: "9113 5.1: DATA behind END_STREAM is an error",
    play: (client) => client.send(headers(1, heldBlock, both), data(1, "a", true)),
    outcome: streamClosed,
  },
  {
    name: "9113 5.1: HEADERS behind END_STREAM are an error",
    play: (client) => client.send(headers(1, heldBlock, both), headers(1, block(["x-a", "b"]), both)),
    outcome: streamClosed,
  },
  {
    name: "9113 5.1: CONTINUATION behind END_STREAM and END_HEADERS ends the connection",
    play: (client) => client.send(headers(1, heldBlock, both), continuation(1, block(["x-a", "b"]))),
    outcome: [...protocolError, "goaway STREAM_CLOSED"],
  },
  {
    name: "9113 5.1: WINDOW_UPDATE, PRIORITY and RST_STREAM behind END_STREAM are in order",
    play: (client) => client.send(headers(1, heldBlock, both), windowUpdate(1, 5), priority(1, 0), resetStream(1)),
    outcome: alive,
  },
  {
    name: "9113 5.1: DATA behind RST_STREAM is an error, or ignored",
    play: (client) => client.send(headers(1, post, Flag.endHeaders), resetStream(1), data(1, "a", true)),
    outcome: [...alive, ...streamClosed],
  },
  {
    name: "9113 5.1: HEADERS behind RST_STREAM are an error, or ignored",
    play: (client) => client.send(headers(1, heldBlock, both), resetStream(1), headers(1, heldBlock, both)),
    outcome: [...alive, ...streamClosed, ...protocolError],
  },
  {
    name: "9113 5.1: DATA on a stream that was answered is an error, or ignored",
    play: async (client) => {
      await client.request();
      client.send(data(1, "a", true));
    },
    outcome: [...alive, ...streamClosed],
  },
  {
    name: "9113 5.1: HEADERS on a stream that was answered are an error, or ignored",
    play: async (client) => {
      await client.request();
      client.send(headers(1, get, both));
    },
    outcome: [...alive, "goaway STREAM_CLOSED", ...protocolError],
  },
  {
    name: "9113 5.1: WINDOW_UPDATE, PRIORITY and RST_STREAM on a stream that was answered are no error",
    play: async (client) => {
      await client.request();
      client.send(windowUpdate(1, 5), priority(1, 0), resetStream(1));
    },
    outcome: alive,
  },
  {
    name: "9113 5.1.1: a stream of an even number ends the connection",
    play: (client) => client.send(headers(2, get, both)),
    outcome: protocolError,
  },
  {
    name: "9113 5.1.1: a stream of a lower number than the last ends the connection",
    play: async (client) => {
      client.send(headers(5, get, both));
      await client.over(client.stream(5));
      client.send(headers(3, get, both));
    },
    stream: 3,
    outcome: [...protocolError, "goaway STREAM_CLOSED"],
  },
  {
    name: "9113 5.1.1: numbers may be left out",
    play: (client) => client.send(headers(1001, get, both)),
    stream: 1001,
    outcome: ok,
  },
  {
    name: "9113 5.1.1: the last number there is can be used",
    play: (client) => client.send(headers(0x7fff_ffff, get, both)),
    stream: 0x7fff_ffff,
    outcome: ok,
  },
  {
    name: "9113 5.1.2: a stream too many is refused",
    play: (client) => {
      const most = client.peer.get(Setting.maxConcurrentStreams) ?? 0;
      if (most === 0 || most > 110) throw new Error(`so many streams: ${most}`);
      for (let count = 0; count <= most; count++) client.send(headers(client.take(), heldBlock, both));
      // The last of them is told of as the first.
      client.streams.set(1, client.stream(2 * most + 1));
    },
    outcome: ["reset REFUSED_STREAM", "reset PROTOCOL_ERROR", ...protocolError],
  },
  {
    name: "9113 5.3.2: a stream that depends on itself is malformed, or that is ignored",
    play: (client) => client.send(headers(1, Buffer.concat([word(1), Buffer.from([15]), get]), both | Flag.priority)),
    outcome: [...ok, ...malformed, ...protocolError],
  },
  {
    name: "9113 5.4.2: a stream error leaves other streams alone",
    play: async (client) => {
      client.send(headers(1, block(...asked({ fields: [["Upper", "a"]] })), both), headers(3, get, both));
      const answer = await client.over(client.stream(3));
      if (answer.status !== 200) throw new Error(`the other one ended by ${answer.end}`);
    },
    outcome: [...malformed],
  },
  {
    name: "9113 6.1: padding of the whole frame leaves no content",
    play: (client) =>
      client.send(
        headers(1, post, Flag.endHeaders),
        frame(Type.data, Flag.padded | Flag.endStream, 1, padded(Buffer.alloc(0), 200)),
      ),
    outcome: ok,
  },
];

export const connectionVectors: readonly Vector[] = [...beginnings, ...frames, ...blocks, ...states];
