// Clients of HTTP/2 that stand still, against a real Sluice: they do not read, never open a window, break off in the middle of a frame, or
// upload to a server that does not read. Each must be given up in time, leave the worker's memory within a bound, and be in nobody's way.

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { block } from "./harness/http2/fields.ts";
import {
  continuation,
  data,
  Flag,
  frame,
  headers,
  ping,
  preface,
  Setting,
  settings,
  windowUpdate,
} from "./harness/http2/frames.ts";
import { Siege } from "./harness/http2/siege.ts";
import { asked } from "./harness/http2client.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const mb = 1 << 20;
const both = Flag.endHeaders | Flag.endStream;
const get: Buffer = block(...asked());

describe("stalls by HTTP/2", () => {
  let siege: Siege;

  beforeAll(async () => {
    siege = await Siege.begin();
  });
  afterAll(() => siege[Symbol.asyncDispose]());
  afterEach(() => siege.calmed());

  test("buffering (CVE-2019-9517): windows wide open for a hundred large responses, and nobody reads", async () => {
    const client = await siege.connect({ settings: [[Setting.initialWindowSize, 0x7fff_ffff]] });
    await client.greeted();
    await siege.lay(async () => {
      client.send(windowUpdate(0, 0x7fff_0000));
      client.transport.pause();
      for (let count = 0; count < 100; count++) client.open({ path: "/large" });
      await until("the requests at the server", async () => (await siege.large()) > 0);
      await until("them to be given up", async () => (await siege.large()) === 0);
    });
  });

  test("a window that is never opened: its stream is given up after the read timeout, and its server is free", async () => {
    const client = await siege.connect({ gives: false, settings: [[Setting.initialWindowSize, 0]] });
    await client.greeted();
    await siege.lay(async () => {
      const streams = Array.from({ length: 100 }, () => client.open({ path: "/large" }));
      await until("the requests at the server", async () => (await siege.large()) > 0);
      await client.until(
        "all to be ended",
        () => client.isClosed || streams.every(({ reset }) => reset !== null),
        10_000,
      );
      await until("the server to be free", async () => (await siege.large()) === 0);
    });
  });

  test("twenty uploads to a server that does not read: they stop when all buffers are full, and requests go on", async () => {
    const client = await siege.connect();
    await client.greeted();
    const body = Buffer.alloc(32 * mb, "u");
    const uploads = 20;
    const asked = await siege.lay(async () => {
      const streams = Array.from({ length: uploads }, () =>
        client.open({ method: "POST", path: "/deaf", isOpen: true }),
      );
      for (const stream of streams) void client.upload(stream, body).catch(() => {});
      await until("the uploads at the server", () => siege.deaf.connections.length === uploads);
      const isFull = (): boolean => client.sendWindow === 0 || streams.every(({ sendWindow }) => sendWindow === 0);
      await until("the windows to be full, and to stay so", async () => {
        const { length } = client.frames;
        await Bun.sleep(100);
        return isFull() && client.frames.length === length;
      });
      const { status, end } = await client.request();
      expect([status, end]).toEqual([200, "whole"]);
      client.transport.terminate();
    });
    expect(asked).toBeGreaterThan(5);
  });

  /** Begin well, and then say nothing more. */
  const halves: Readonly<Record<string, Buffer>> = {
    "a preface by half": preface.subarray(0, 20),
    "a preface without SETTINGS": preface,
    "the head of SETTINGS": Buffer.concat([preface, settings().subarray(0, 5)]),
    "half a header block": Buffer.concat([preface, settings(), headers(1, get, both).subarray(0, 20)]),
    "HEADERS without their CONTINUATION": Buffer.concat([preface, settings(), headers(1, get, Flag.endStream)]),
    "no request at all": Buffer.concat([preface, settings()]),
    "half a frame that nobody knows": Buffer.concat([preface, settings(), frame(0x42, 0, 0, Buffer.alloc(10), 16_000)]),
  };
  test("who begins, and then says nothing, is closed in time", async () => {
    const closed = Object.entries(halves).map(async ([name, beginning]) => {
      const client = await siege.connect({ settings: null, acknowledges: false });
      const sinceMs = performance.now();
      client.send(beginning);
      await client.until(`${name} to be closed`, () => client.isClosed, 6000);
      expect(performance.now() - sinceMs).toBeGreaterThan(400);
    });
    await Promise.all(closed);
  });

  test("a header block that comes byte by byte is not waited for longer than the head timeout", async () => {
    const client = await siege.connect();
    await client.greeted();
    client.send(headers(1, get, Flag.endStream));
    const sinceMs = performance.now();
    await until("the connection to be closed", async () => {
      if (!client.isClosed) client.send(continuation(1, block(["x", "y"]), 0));
      await Bun.sleep(30);
      return client.isClosed;
    });
    expect(performance.now() - sinceMs).toBeLessThan(3000);
  });

  test("an upload that stalls is given up, and others of its connection go on", async () => {
    const client = await siege.connect();
    const stream = client.open({ method: "POST", path: "/", fields: [["content-length", "100"]], isOpen: true });
    client.send(data(stream.id, "only this"));
    const answer = await client.over(stream, 8000);
    expect(answer.status === 408 || answer.end.startsWith("reset")).toBe(true);
    expect((await client.request()).status).toBe(200);
  });

  test("PINGs do not keep a connection without requests for ever, but requests under way do", async () => {
    const client = await siege.connect();
    await client.greeted();
    const sinceMs = performance.now();
    await until("the idle connection to be closed", async () => {
      if (!client.isClosed) client.send(ping());
      await Bun.sleep(50);
      return client.isClosed;
    });
    expect(performance.now() - sinceMs).toBeLessThan(8000);
    expect(client.goaway?.code).toBe("NO_ERROR");
  });
});
