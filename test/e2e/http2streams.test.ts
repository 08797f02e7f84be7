// Streams of HTTP/2 in unusual ways, one connection each: limits, answers that come before a request is whole, what is cancelled, held or
// refused, and that none of it is in the way of other streams.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { data, resetStream, Setting } from "./harness/http2/frames.ts";
import { Http2Client, type Manners } from "./harness/http2client.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { Room } from "./harness/room.ts";
import { Server } from "./harness/server.ts";
import { Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const mb = 1 << 20;
const large = Buffer.alloc(8 * mb, "0123456789abcdef");

describe("streams of HTTP/2", () => {
  const port = freePort();
  let room: Room;
  let origin: Origin;
  let early: Server;
  let sluice: Sluice;

  beforeAll(async () => {
    room = new Room();
    origin = new Origin(room, ({ target, fields }) => {
      if (target === "/never") return null;
      if (target === "/large") return ok(large);
      if (target === "/head")
        return ok("ok", ...Array.from({ length: 30 }, (_, index) => `X-${index}: ${"v".repeat(900)}`));
      return ok(fields.get("x-name")?.[0] ?? "ok");
    });
    early = new Server(room);
    sluice = await Sluice.start(room, {
      listeners: {
        web: {
          listen: `127.0.0.1:${port}`,
          use: "app",
          rules: [
            { if: "path == '/early'", use: "early" },
            { if: "path == '/denied'", deny: 403 },
            { if: "path == '/tarpit'", tarpit: { for: "3s" } },
            { if: "path == '/dead'", use: "dead" },
          ],
        },
      },
      pools: {
        app: { servers: [origin.address] },
        early: { servers: [early.address] },
        dead: { servers: [`127.0.0.1:${freePort()}`, origin.address] },
      },
      limits: { body: "1mb", head: "64kb", streamsPerConnection: 10, requestsPerConnection: 500 },
    } as never);
  });
  afterAll(() => room[Symbol.asyncDispose]());

  const connect = (manners: Manners = {}): Promise<Http2Client> => Http2Client.connect(room, port, manners);

  /** What everything else must leave possible. */
  async function goesOn(client: Http2Client): Promise<void> {
    const { status, end } = await client.request();
    expect([status, end]).toEqual([200, "whole"]);
    expect(client.fault).toBeNull();
  }

  test("a body that is too large is answered 413, whether its length is told or not", async () => {
    const client = await connect();
    const told = await client.request({ method: "POST", fields: [["content-length", `${2 * mb}`]], isOpen: true });
    expect(told.status).toBe(413);
    const untold = await client.request({ method: "POST", body: Buffer.alloc(2 * mb) });
    expect([untold.status, untold.end]).toEqual([413, expect.stringMatching(/^whole$|^reset NO_ERROR$/)]);
    await goesOn(client);
  });

  test("a head that is too large is answered 431, in several frames too; one of more than four times that ends its connection", async () => {
    const client = await connect();
    const many = Array.from({ length: 300 }, (_, index) => [`x-${index}`, "1"] as const);
    const { status, end } = await client.request({ fields: many });
    expect([status, end]).toEqual([431, "whole"]);
    await goesOn(client);
    const large = await client.request({ fields: [["x-long", "l".repeat(70_000)]] });
    expect([large.status, large.end]).toEqual([431, "whole"]);
    await goesOn(client);
    const endless = await client.request({ fields: [["x-long", "l".repeat(300_000)]] });
    expect(endless.end).toBe("goaway ENHANCE_YOUR_CALM");
  });

  test("a large head of a response comes in several frames", async () => {
    const client = await connect();
    const { status, fields } = await client.request({ path: "/head" });
    expect([status, fields.filter(([name]) => name.startsWith("x-")).length]).toEqual([200, 30]);
    await goesOn(client);
  });

  test("an answer before the request is whole is given, and the rest of the request is not wanted", async () => {
    const client = await connect();
    const stream = client.open({ method: "POST", path: "/early", isOpen: true });
    client.send(data(stream.id, "a beginning"));
    const server = await early.connection(1);
    await server.saw("a beginning");
    server.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    await client.until("the answer", () => stream.isOver);
    expect([stream.status, String(stream.body), stream.isWhole]).toEqual([403, "no", true]);
    client.send(data(stream.id, "more of it"), data(stream.id, "", true));
    await goesOn(client);
  });

  test("what a client cancels is cancelled at the server, and other streams do not notice", async () => {
    const client = await connect();
    const count = origin.asked.length;
    const cancelled = client.open({ path: "/never" });
    const other = client.open({ path: "/large" });
    await until("both at the server", () => origin.asked.length === count + 2);
    const { socket } = origin.asked.find(({ target }) => target === "/never")!;
    client.send(resetStream(cancelled.id));
    await until("the server to be told", () => socket.readyState <= 0);
    expect((await client.over(other)).body.equals(large)).toBe(true);
    await goesOn(client);
  });

  test("a hundred downloads that are broken off leave nothing behind", async () => {
    const client = await connect();
    for (let round = 0; round < 10; round++) {
      const streams = Array.from({ length: 10 }, () => client.open({ path: "/large" }));
      await client.until("some of each", () => streams.some(({ bodyBytes }) => bodyBytes > 0));
      client.send(...streams.map(({ id }) => resetStream(id)));
      await client.pinged();
    }
    await goesOn(client);
    await until("the server to be free", async () => (await sluice.server(origin.address)).active === 0);
  });

  test("what is written piece by piece arrives piece by piece", async () => {
    const client = await connect();
    const count = early.connections.length;
    const stream = client.open({ path: "/early" });
    const server = await early.connection(count + 1);
    server.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    await client.until("the head", () => stream.status === 200);
    for (let bytes = 4; bytes <= 20; bytes += 4) {
      server.send("4\r\nabcd\r\n");
      await client.until("an event", () => stream.bodyBytes === bytes);
    }
    server.send("0\r\n\r\n").socket.end();
    expect((await client.over(stream)).end).toBe("whole");
  });

  test("a tarpit holds one stream, and others of its connection pass by", async () => {
    const client = await connect();
    const held = client.open({ path: "/tarpit" });
    for (let count = 0; count < 5; count++) await goesOn(client);
    expect((await client.request({ path: "/denied" })).status).toBe(403);
    expect(held.isOver).toBe(false);
    client.send(resetStream(held.id));
    await goesOn(client);
  });

  test("a large download does not keep small answers waiting", async () => {
    const client = await connect();
    const stream = client.open({ path: "/large" });
    await client.until("its beginning", () => stream.bodyBytes > 0);
    await goesOn(client);
    expect(stream.isOver).toBe(false);
    expect((await client.over(stream)).body.equals(large)).toBe(true);
  });

  test("a server that refuses is passed over for the next", async () => {
    const client = await connect();
    const answers = await Promise.all(Array.from({ length: 8 }, () => client.request({ path: "/dead" })));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
  });

  test("streams beyond the limit are refused, and may be sent again", async () => {
    const client = await (await connect()).greeted();
    expect(client.peer.get(Setting.maxConcurrentStreams)).toBe(10);
    const streams = Array.from({ length: 12 }, () => client.open({ path: "/never" }));
    await client.until("two refusals", () => streams.filter(({ reset }) => reset === "REFUSED_STREAM").length === 2);
    await sluice.counted(2, "sluice_http2_streams_refused_total", { listener: "web" });
    client.send(resetStream(streams[0]!.id));
    await goesOn(client);
  });

  test("who has asked and says no more (FIN) is answered all the same", async () => {
    const client = await connect();
    const streams = [client.open(), client.open({ path: "/head" })];
    client.transport.end();
    for (const stream of streams) {
      const { status, end } = await client.over(stream);
      expect([status, end]).toEqual([200, "whole"]);
    }
  });

  test("answers go to the streams that asked, and after so many of them the connection is left in peace", async () => {
    const client = await connect();
    const numbers = Array.from({ length: 500 }, (_, index) => String(index));
    const bodies: string[] = [];
    for (let at = 0; at < numbers.length; at += 10) {
      const asked = numbers.slice(at, at + 10).map((name) => client.request({ fields: [["x-name", name]] }));
      for (const { body } of await Promise.all(asked)) bodies.push(String(body));
    }
    expect(bodies).toEqual(numbers);
    await client.until("the connection to be closed", () => client.isClosed);
    expect(client.goaway?.code).toBe("NO_ERROR");
  });

  test("a server that breaks off, or speaks nonsense, costs its stream and no other", async () => {
    const client = await connect();
    const count = early.connections.length;
    const [first, second] = [client.open({ path: "/early" }), client.open({ path: "/early" })];
    const [one, other] = [await early.connection(count + 1), await early.connection(count + 2)];
    one.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    other.send("nonsense\r\n\r\n");
    await client.until("a beginning", () => [first, second].some(({ bodyBytes }) => bodyBytes === 3));
    one.socket.terminate();
    await client.until("both to end", () => first.isOver && second.isOver);
    expect([first, second].map(({ status, reset }) => reset ?? status).sort()).toEqual([502, "INTERNAL_ERROR"]);
    await goesOn(client);
  });
});
