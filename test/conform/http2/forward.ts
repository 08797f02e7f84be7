// RFC 9113, 8.5: CONNECT by a stream, through a forward proxy. Not every server that is compared is one.

import { block } from "../../e2e/harness/http2/fields.ts";
import { data, headers, resetStream, windowUpdate } from "../../e2e/harness/http2/frames.ts";
import type { HeardStream } from "../../e2e/harness/http2/stream.ts";
import type { Http2Client } from "../../e2e/harness/http2client.ts";
import { freePort } from "../../e2e/harness/port.ts";
import { until } from "../../e2e/harness/wait.ts";
import { alive, ok, type Vector } from "./vector.ts";

const request = "GET /large HTTP/1.1\r\nHost: a\r\n\r\n";

async function tunnel(client: Http2Client, authority: string): Promise<HeardStream> {
  const stream = client.stream();
  client.send(headers(stream.id, block([":method", "CONNECT"], [":authority", authority])));
  await client.until("an answer to CONNECT", () => stream.status !== 0 || stream.isOver || client.isClosed, 2500);
  if (stream.status !== 200) throw new Error(`CONNECT: ${stream.status}, ${client.told}`);
  return stream;
}

export const forwardVectors: readonly Vector[] = [
  {
    name: "9113 8.5: a tunnel carries bytes both ways, and its end is the end of the stream",
    isForward: true,
    play: async (client, { origin }) => {
      const stream = await tunnel(client, origin.address);
      client.send(data(stream.id, request));
      await client.until("200,000 bytes", () => stream.bodyBytes > 200_000, 2500);
      client.send(data(stream.id, "", true));
    },
    outcome: ok,
  },
  {
    name: "9113 8.5: a tunnel obeys windows",
    isForward: true,
    manners: { gives: false },
    play: async (client, { origin }) => {
      const stream = await tunnel(client, origin.address);
      client.send(data(stream.id, request));
      await client.until("a window's bytes", () => stream.bodyBytes === 65_535, 2500);
      await client.pinged();
      if (stream.bodyBytes !== 65_535) throw new Error(`${stream.bodyBytes} bytes`);
      client.send(windowUpdate(0, 1_000_000), windowUpdate(stream.id, 1_000_000));
      await client.until("all bytes", () => stream.bodyBytes > 200_000, 2500);
      client.send(data(stream.id, "", true));
    },
    outcome: ok,
  },
  {
    name: "9113 8.5: a tunnel that is reset closes the connection to its target, and no other",
    isForward: true,
    play: async (client, { origin }) => {
      const first = await tunnel(client, origin.address);
      client.send(data(first.id, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
      await client.until("an answer by the first", () => first.bodyBytes > 0, 2500);
      const { socket } = origin.asked.at(-1)!;
      const second = await tunnel(client, origin.address);
      client.send(resetStream(first.id));
      await until("the first to be gone", () => socket.readyState <= 0, 2500);
      client.send(data(second.id, request));
      await client.until("an answer by the other", () => second.bodyBytes > 200_000, 2500);
    },
    stream: 3,
    outcome: alive,
  },
  {
    name: "9113 8.5: a target that cannot be reached is answered, and the connection goes on",
    isForward: true,
    play: (client) => {
      client.send(headers(1, block([":method", "CONNECT"], [":authority", `127.0.0.1:${freePort()}`])));
    },
    outcome: ["502", "503"],
  },
  {
    name: "9113 8.3.1: a forward proxy is asked by :scheme, :authority and :path",
    isForward: true,
    play: async (client, { origin }) => {
      await client.request({ authority: origin.address, path: "/request" }, 2500);
      if (origin.asked.at(-1)?.target !== "/request") throw new Error(`${origin.asked.at(-1)?.head}, ${client.told}`);
    },
    outcome: ok,
  },
];
