import { expect, setDefaultTimeout, test } from "bun:test";
import { Origin } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";
import { until, within } from "./harness/wait.ts";

setDefaultTimeout(60_000);

function echo(room: Room): { address: string; opened: () => number } {
  let open = 0;
  const port = freePort();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port,
    fetch: (request, self) => (self.upgrade(request) ? undefined : new Response("plain")),
    websocket: {
      open: () => void open++,
      close: () => void open--,
      message: (socket, message) => void socket.send(message),
    },
  });
  room.ending(() => server.stop(true));
  return { address: `127.0.0.1:${port}`, opened: () => open };
}

/** A client that hands messages out one by one. */
class Talk {
  readonly socket: WebSocket;
  readonly heard: (string | ArrayBuffer)[] = [];
  closed: CloseEvent | null = null;

  constructor(room: Room, port: number) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/chat`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) => this.heard.push(data as string | ArrayBuffer);
    this.socket.onclose = (event) => {
      this.closed = event;
    };
    room.ending(() => this.socket.terminate());
  }

  opened(): Promise<boolean> {
    return until("the WebSocket to open", () => this.socket.readyState === WebSocket.OPEN);
  }

  async says(message: string | Uint8Array): Promise<string | ArrayBuffer> {
    const count = this.heard.length;
    this.socket.send(message as string);
    return until("the echo", () => {
      if (this.closed !== null) throw new Error(`the WebSocket was closed: ${this.closed.code}`);
      return this.heard[count];
    });
  }
}

test("a WebSocket speaks both ways, in texts and in large binary messages", async () => {
  await using room = new Room();
  const origin = echo(room);
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  const talk = new Talk(room, sluice.port);
  await talk.opened();
  expect(await talk.says("hello")).toBe("hello");
  const large = new Uint8Array(4 << 20).fill(7);
  expect(((await talk.says(large)) as ArrayBuffer).byteLength).toBe(large.length);
  expect((await sluice.server(origin.address)).active).toBe(1);
  talk.socket.close(1000);
  await until("the close to reach both sides", () => talk.closed !== null && origin.opened() === 0);
  expect(talk.closed!.code).toBe(1000);
  await until("the tunnel to be counted out", async () => (await sluice.server(origin.address)).active === 0);
});

test("a WebSocket survives reloads, even one that takes its server out of the pool", async () => {
  await using room = new Room();
  const [origin, other] = [echo(room), echo(room)];
  const sluice = await Sluice.start(room, { workers: 2, pools: { app: { servers: [origin.address] } } });
  const talk = new Talk(room, sluice.port);
  await talk.opened();
  for (let count = 0; count < 5; count++) {
    await sluice.reload({ workers: 2, pools: { app: { servers: [count % 2 ? origin.address : other.address] } } });
    expect(await talk.says(`after reload ${count}`)).toBe(`after reload ${count}`);
  }
  const later = new Talk(room, sluice.port);
  await later.opened();
  await until("the new one at the new server", () => other.opened() === 1);
  expect(origin.opened()).toBe(1);
});

test("when the server is killed the client of its WebSocket learns it", async () => {
  await using room = new Room();
  const origin = new Origin(room, ({ socket }) => {
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
    );
    return null;
  });
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  const client = Bun.connect({
    hostname: "127.0.0.1",
    port: sluice.port,
    socket: { data() {}, close: () => gone.resolve(null) },
  });
  const gone = Promise.withResolvers<null>();
  (await client).write("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  await origin.request(1);
  await until("the tunnel", async () => (await sluice.server(origin.address)).active === 1);
  origin.stop();
  await within("the client to be told", gone.promise);
});

test("a refused upgrade is an answer like any other", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno");
  const sluice = await Sluice.start(room, { pools: { app: { servers: [origin.address] } } });
  const response = await fetch(sluice.url, { headers: { connection: "upgrade", upgrade: "chat" } });
  expect([response.status, await response.text()]).toEqual([426, "no"]);
  expect((await origin.request(1)).fields.get("upgrade")).toEqual(["chat"]);
});
