import { expect, test } from "bun:test";
import type { LineFlow } from "../flow/port.ts";
import { bodyLength, ClientEnd, requestHead, ServerEnd, sayZeros } from "./peers.ts";
import type { Recorded } from "./recorded.ts";

const recorded: Recorded = {
  ...{ atMs: 0, durationMs: 0, client: "192.0.2.1", connection: "", listener: "", method: "POST", target: "/ä b" },
  ...{ host: "a.example", fields: [["X-A", "1\r\nX-B: 2"]], status: 200, bytesReceived: 5, bytesSent: 100_000 },
};

test("a request goes out as its client would have sent it, and stays one", () => {
  expect(Buffer.from(requestHead(recorded, "localhost")).toString("latin1")).toBe(
    "POST /%C3%A4%20b HTTP/1.1\r\nHost: a.example\r\nX-A: 1  X-B: 2\r\nContent-Length: 5\r\n\r\n",
  );
  expect(bodyLength(recorded)).toBe(5);
  const plain = { ...recorded, method: "GET", host: "" };
  expect(Buffer.from(requestHead(plain, "localhost")).toString("latin1")).toContain("\r\nHost: localhost\r\n");
  expect(bodyLength(plain)).toBe(0);
});

test("a server answers with as many bytes as the log says, and with none where there can be none", () => {
  const answered = (more: Partial<Recorded>): { readonly head: string; readonly body: number } => {
    const pieces: Uint8Array[] = [];
    const server = new ServerEnd(() => {});
    const none = (): void => {};
    server.flow = {
      received: (bytes) => void pieces.push(bytes),
      drained: none,
      ended: none,
      closed: none,
    } satisfies LineFlow;
    server.answer({ ...recorded, ...more });
    const all = Buffer.concat(pieces);
    const end = all.indexOf("\r\n\r\n") + 4;
    return { head: all.toString("latin1", 0, end), body: all.length - end };
  };
  expect(answered({})).toEqual({ head: "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", body: 100_000 });
  expect(answered({ method: "HEAD" }).body).toBe(0);
  expect(answered({ status: 304 })).toEqual({
    head: expect.stringMatching(/^HTTP\/1\.1 304 [^\r]+\r\n\r\n$/),
    body: 0,
  });
  expect(answered({ status: 101 }).head).toStartWith("HTTP/1.1 200 ");
  expect(answered({ status: 0 }).head).toStartWith("HTTP/1.1 200 ");
});

test("a server is told of each piece that it is sent, and not of what comes after its end", () => {
  let told = 0;
  const server = new ServerEnd(() => void told++);
  server.send(new Uint8Array(3), 0, 3);
  expect(server.offer(new Uint8Array(3), 1, 3)).toBe(2);
  expect(told).toBe(2);
  server.destroy();
  server.answer(recorded);
});

test("zeros are as many as are asked for, in pieces", () => {
  const said = (count: number): number[] => {
    const pieces: number[] = [];
    sayZeros(count, ({ length }) => void pieces.push(length));
    return pieces;
  };
  expect(said(0)).toEqual([]);
  expect(said(1)).toEqual([1]);
  expect(said(65_537)).toEqual([65_536, 1]);
});

test("a client that is told of the end may still be closed", () => {
  const client = new ClientEnd();
  client.end();
  expect([client.isEnded, client.isGone]).toEqual([true, false]);
});
