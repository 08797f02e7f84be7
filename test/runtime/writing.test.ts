// The runtime's facts about writing and reading that src/data/plain.ts stands on. When an upgrade breaks one, the name of the
// test says which.

import { expect, test } from "bun:test";
import { Door, pair, settled, tooMuch } from "./pair.ts";

test("write never buffers: it tells what it took, and only that arrives", async () => {
  using door = new Door();
  const [client, server] = await pair(door);
  client.socket.pause();
  const taken = server.socket.write(tooMuch);
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThan(tooMuch.length);
  expect(server.socket.write(tooMuch)).toBe(0);
  client.socket.resume();
  server.socket.shutdown();
  await client.heard("end");
  expect(client.receivedBytes).toBe(taken);
});

test("write takes a range of bytes", async () => {
  using door = new Door();
  const [client, server] = await pair(door);
  expect(client.socket.write(new TextEncoder().encode("abcdef"), 2, 3)).toBe(3);
  await server.heardBytes(3);
  expect(new TextDecoder().decode(server.chunks[0])).toBe("cde");
});

test("drain comes when there is room again after a write that was not taken whole", async () => {
  using door = new Door();
  const [client, server] = await pair(door);
  client.socket.pause();
  server.socket.write(tooMuch);
  await settled();
  const before = server.times("drain");
  client.socket.resume();
  await server.heard("drain");
  await client.heardBytes(1);
  expect(server.times("drain")).toBeGreaterThan(before);
});

test("drain comes to a socket that is paused", async () => {
  using door = new Door();
  const [client, server] = await pair(door);
  client.socket.pause();
  server.socket.pause();
  // pause() itself makes one come.
  await server.heard("drain");
  server.socket.write(tooMuch);
  await settled();
  const before = server.times("drain");
  client.socket.resume();
  while (server.times("drain") === before) await settled();
  expect(server.times("drain")).toBeGreaterThan(before);
});

test("drain comes after the peer's FIN", async () => {
  using door = new Door();
  const [client, server] = await pair(door);
  client.socket.shutdown();
  await server.heard("end");
  client.socket.pause();
  await settled();
  const taken = server.socket.write(tooMuch);
  expect(taken).toBeLessThan(tooMuch.length);
  await settled();
  const before = server.times("drain");
  client.socket.resume();
  while (server.times("drain") === before) await settled();
  expect(server.socket.write("more")).toBeGreaterThan(0);
});

test("write answers -1 after end(), after shutdown() and after the peer's RST, and calls no handler", async () => {
  using door = new Door();
  for (const cut of ["end", "shutdown", "peer"] as const) {
    const [client, server] = await pair(door);
    if (cut === "end") client.socket.end();
    else if (cut === "shutdown") client.socket.shutdown();
    else server.socket.terminate();
    const before = [...client.told];
    expect(client.socket.write("x")).toBe(-1);
    expect(client.told).toEqual(before);
    client.socket.terminate();
  }
});

test("chunks received are copies of their own", async () => {
  using door = new Door();
  const [client, server] = await pair(door);
  for (let round = 0; round < 5; round++) {
    client.socket.write(new Uint8Array(3).fill(round));
    await server.heardBytes(3 * (round + 1));
  }
  expect(server.chunks.map((chunk) => [...chunk])).toEqual([0, 1, 2, 3, 4].map((round) => [round, round, round]));
  expect(new Set(server.chunks.map(({ buffer }) => buffer)).size).toBe(5);
});

test("a paused socket tells neither data nor a FIN until it is resumed, then both in order", async () => {
  using door = new Door();
  const [client, server] = await pair(door);
  server.socket.pause();
  client.socket.write("abc");
  client.socket.shutdown();
  await settled();
  expect(server.receivedBytes).toBe(0);
  expect(server.told).not.toContain("end");
  server.onData = () => server.tell("data");
  server.socket.resume();
  await server.heard("end");
  expect(server.told.filter((word) => word !== "drain")).toEqual(["open", "data", "end"]);
});

test("a paused socket is told at once of a RST, with what came before it", async () => {
  using door = new Door();
  const [client, server] = await pair(door);
  server.socket.pause();
  await settled();
  client.socket.write("abc");
  client.socket.terminate();
  await server.heard("close ECONNRESET");
  expect(server.receivedBytes).toBe(3);
});

test("an error thrown by a handler goes to error and leaves the socket open", async () => {
  using door = new Door();
  const [client, server] = await pair(door);
  server.onData = () => {
    server.onData = null;
    throw new Error("ours");
  };
  client.socket.write("x");
  await server.heard("error ours");
  client.socket.write("y");
  await server.heardBytes(1);
  expect(server.told.filter((word) => word.startsWith("close"))).toEqual([]);
});
