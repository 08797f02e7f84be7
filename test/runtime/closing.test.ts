// The runtime's facts about how connections end: who is told what, in which order, and what the peer sees. src/data/plain.ts
// makes its three ways of closing of these.

import { expect, test } from "bun:test";
import { Journal } from "./journal.ts";
import { connect, Door, type End, pair, settled, tooMuch } from "./pair.ts";

/** Without `drain`, which may come with nothing queued. */
function words(end: End): string[] {
  return end.told.filter((word) => word !== "drain");
}

test("a FIN does not close a socket that allows half-open connections, and writing goes on", async () => {
  using door = new Door();
  const [client, server] = await pair(door);
  client.socket.shutdown();
  await server.heard("end");
  expect(server.socket.write("late")).toBe(4);
  await client.heardBytes(4);
  expect(words(server)).toEqual(["open", "end"]);
});

// Why every socket of ours asks for it.
test("without allowHalfOpen the peer's FIN closes the socket, and an answer that is not ready yet is lost", async () => {
  const served = new Journal();
  using listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data() {},
      close: (socket) => served.tell(`closed, write ${socket.write("late")}`),
    },
  });
  const client = await connect(listener.port);
  client.socket.shutdown();
  await served.heard("closed, write -1");
  await client.heard("close");
});

test("shutdown() sends a FIN and goes on receiving", async () => {
  using door = new Door();
  const [client, server] = await pair(door);
  client.socket.shutdown();
  client.socket.shutdown();
  await server.heard("end");
  server.socket.write("abc");
  await client.heardBytes(3);
  expect(words(client)).toEqual(["open"]);
});

test("after a shutdown() of one's own the peer's FIN tells close without end, and never inside shutdown()", async () => {
  using door = new Door();
  const [client, server] = await pair(door);
  client.socket.shutdown();
  await server.heard("end");
  server.socket.shutdown();
  expect(words(server)).toEqual(["open", "end"]);
  await Promise.all([client.heard("close"), server.heard("close")]);
  expect(words(client)).toEqual(["open", "close"]);
  expect(words(server)).toEqual(["open", "end", "close"]);
});

test("end() tells close inside the call, and the peer sees a FIN", async () => {
  using door = new Door();
  const [client, server] = await pair(door);
  client.socket.end();
  expect(words(client)).toEqual(["open", "close"]);
  await server.heard("end");
  expect(words(server)).toEqual(["open", "end"]);
});

test("end() with bytes unread sends a RST", async () => {
  using door = new Door();
  const [client, server] = await pair(door);
  client.socket.pause();
  server.socket.write("unread");
  await settled();
  client.socket.end();
  await server.heard("close ECONNRESET");
  expect(words(server)).toEqual(["open", "close ECONNRESET"]);
});

test("terminate() tells close inside the call, and the peer sees a RST", async () => {
  using door = new Door();
  const [client, server] = await pair(door);
  client.socket.terminate();
  expect(words(client)).toEqual(["open", "close"]);
  await server.heard("close ECONNRESET");
  expect(words(server)).toEqual(["open", "close ECONNRESET"]);
});

test("terminate() sends a RST over bytes that the peer has not been sent yet", async () => {
  using door = new Door();
  const [client, server] = await pair(door);
  server.socket.pause();
  client.socket.write(tooMuch);
  client.socket.terminate();
  await server.heard("close ECONNRESET");
  expect(server.told).not.toContain("end");
});

test("a closed socket may be told to close again in every way, and says nothing", async () => {
  using door = new Door();
  const [client] = await pair(door);
  client.socket.end();
  client.socket.end();
  client.socket.shutdown();
  client.socket.pause();
  client.socket.resume();
  client.socket.terminate();
  await settled();
  expect(words(client)).toEqual(["open", "close"]);
});

test("a handler may close its own socket", async () => {
  using door = new Door();
  for (const way of ["end", "terminate"] as const) {
    const [client, server] = await pair(door);
    server.onData = () => server.socket[way]();
    client.socket.write("x");
    await server.heard("close");
    expect(words(server)).toEqual(["open", "close"]);
  }
});

// Not what one would wish, and the reason for PlainLine.isLost: should this fail, the runtime has become better.
test("a write that fails takes the error away: the peer's RST is then told as end and close", async () => {
  using door = new Door();
  const [client, server] = await pair(door);
  client.socket.terminate();
  expect(server.socket.write("x")).toBe(-1);
  await server.heard("close");
  expect(words(server)).toEqual(["open", "end", "close"]);
});

test("a RST after the peer's FIN is told as an error of close", async () => {
  using door = new Door();
  const [client, server] = await pair(door);
  client.socket.end();
  await server.heard("end");
  server.socket.write("to nobody");
  await server.heard("close EPIPE");
});
