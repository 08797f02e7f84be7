// RFC 9113, 5.2 and 6.9: flow control, byte for byte. The client of these cases gives nothing back by itself.

import { block } from "../../e2e/harness/http2/fields.ts";
import { Flag, headers, Setting, settings, windowUpdate } from "../../e2e/harness/http2/frames.ts";
import { asked, type Http2Client } from "../../e2e/harness/http2client.ts";
import { largeBytes } from "./stand.ts";
import { ok, type Vector } from "./vector.ts";

const stingy = { gives: false } as const;
const usualWindow = 65_535;
const most = 0x7fff_ffff;
const both = Flag.endHeaders | Flag.endStream;
const large: Buffer = block(...asked({ path: "/large" }));
const held: Buffer = block(...asked({ path: "/held" }));
const chunked: Buffer = block(...asked({ path: "/chunked" }));

/** So many bytes of the body have come, and no more do while a PING is answered. */
async function has(client: Http2Client, bytes: number, id = 1): Promise<void> {
  const stream = client.stream(id);
  const enough = (): boolean => stream.status !== 0 && stream.bodyBytes >= bytes;
  await client.until(`${bytes} bytes on stream ${id}`, () => enough() || client.isClosed, 2000);
  await client.pinged(2000);
  if (stream.bodyBytes !== bytes) throw new Error(`stream ${id} had ${stream.bodyBytes} bytes in place of ${bytes}`);
}

const bytewise: readonly Vector[] = [
  {
    name: "9113 6.9: a stream's window of 0 lets the head through, and then byte for byte",
    manners: { ...stingy, settings: [[Setting.initialWindowSize, 0]] },
    play: async (client) => {
      client.send(headers(1, chunked, both));
      await has(client, 0);
      for (let bytes = 1; bytes < 5; bytes++) {
        client.send(windowUpdate(1, 1));
        await has(client, bytes);
      }
      client.send(windowUpdate(1, 1));
    },
    outcome: ok,
  },
  {
    name: "9113 6.9.2: the connection's window is 65,535 bytes, whatever SETTINGS say, and shared by its streams",
    manners: { ...stingy, settings: [[Setting.initialWindowSize, most]] },
    play: async (client) => {
      client.send(headers(1, large, both));
      await has(client, usualWindow);
      client.send(headers(3, large, both));
      await has(client, 0, 3);
      client.send(windowUpdate(0, 1));
      const sum = (): number => client.stream(1).bodyBytes + client.stream(3).bodyBytes;
      await client.until("a byte", () => sum() > usualWindow, 2000);
      await client.pinged(2000);
      if (sum() !== usualWindow + 1) throw new Error(`${sum()} bytes`);
      client.send(windowUpdate(0, 2 * largeBytes));
      await client.over(client.stream(3), 2000);
    },
    outcome: ok,
  },
  {
    name: "9113 6.9.1: the stream's window holds a response back, others go on",
    manners: stingy,
    play: async (client) => {
      client.send(windowUpdate(0, 10 * largeBytes), headers(1, large, both));
      await has(client, usualWindow);
      client.send(headers(3, chunked, both));
      await client.over(client.stream(3), 2000);
      client.send(windowUpdate(1, largeBytes));
    },
    outcome: ok,
  },
  {
    name: "9113 6.9.2: another initial window moves the windows of streams under way",
    manners: { ...stingy, settings: [[Setting.initialWindowSize, 10]] },
    play: async (client) => {
      client.send(headers(1, large, both));
      await has(client, 10);
      client.send(settings([Setting.initialWindowSize, 11]));
      await has(client, 11);
      client.send(settings([Setting.initialWindowSize, 1000]));
      await has(client, 1000);
      client.send(settings([Setting.initialWindowSize, largeBytes]), windowUpdate(0, largeBytes));
    },
    outcome: ok,
  },
  {
    name: "9113 6.9.2: a window may be negative, and is filled up to 0 before anything is sent",
    manners: { ...stingy, settings: [[Setting.initialWindowSize, 100]] },
    play: async (client) => {
      client.send(headers(1, large, both));
      await has(client, 100);
      client.send(settings([Setting.initialWindowSize, 40]), windowUpdate(1, 60));
      await has(client, 100);
      client.send(windowUpdate(1, 3));
      await has(client, 103);
      client.send(windowUpdate(1, largeBytes), windowUpdate(0, largeBytes));
    },
    outcome: ok,
  },
  {
    name: "9113 6.9.2: the last of several values in one SETTINGS counts",
    manners: { ...stingy, settings: [[Setting.initialWindowSize, 1000]] },
    play: async (client) => {
      client.send(settings([Setting.initialWindowSize, 70_000], [Setting.initialWindowSize, 1]));
      client.send(headers(1, large, both));
      await has(client, 1);
      client.send(windowUpdate(1, largeBytes), windowUpdate(0, largeBytes));
    },
    outcome: ok,
  },
];

const overflows: readonly Vector[] = [
  {
    name: "9113 6.9.1: a connection's window beyond 2^31 - 1 ends it",
    play: (client) => client.send(windowUpdate(0, most), windowUpdate(0, most)),
    outcome: ["goaway FLOW_CONTROL_ERROR"],
  },
  {
    name: "9113 6.9.1: a stream's window beyond 2^31 - 1 ends the stream",
    play: (client) => client.send(headers(1, held, both), windowUpdate(1, most), windowUpdate(1, most)),
    outcome: ["reset FLOW_CONTROL_ERROR", "goaway FLOW_CONTROL_ERROR"],
  },
  {
    name: "9113 6.9.2: an initial window that takes one beyond 2^31 - 1 ends the connection",
    play: (client) => {
      client.send(settings([Setting.initialWindowSize, 100]), headers(1, held, both));
      client.send(windowUpdate(1, most - 100), settings([Setting.initialWindowSize, 101]));
    },
    outcome: ["goaway FLOW_CONTROL_ERROR", "reset FLOW_CONTROL_ERROR"],
  },
];

const uploads: readonly Vector[] = [
  {
    name: "9113 6.9: a body beyond all windows goes up as they open, and comes down again",
    play: async (client) => {
      const body = Buffer.alloc(1_500_000, "a body in pieces, ");
      const answer = await client.request(
        { method: "POST", path: "/echo?1", fields: [["content-length", `${body.length}`]], body },
        2500,
      );
      if (!answer.body.equals(body)) throw new Error(`${answer.body.length} bytes came back, ${answer.end}`);
    },
    outcome: ok,
  },
  {
    name: "9113 6.9.1: a window for a response that is over is no error",
    play: async (client) => {
      await client.request();
      client.send(windowUpdate(1, most));
    },
    outcome: ["200", "alive"],
  },
];

export const windowVectors: readonly Vector[] = [...bytewise, ...overflows, ...uploads];
