// The runtime's facts about sockets that it is given while they connect, which src/data/dialer.ts and src/data/sourcesocket.ts stand on.

import { afterEach, expect, test } from "bun:test";
import { fstatSync, openSync } from "node:fs";
import type { Socket, TCPSocketConnectOptions } from "bun";
import { close, connectFrom } from "../../src/data/sourcesocket.ts";
import { freePort } from "../e2e/harness/port.ts";
import { Door, End, endHandlers, settled } from "./pair.ts";
import { StuckListener } from "./stuck.ts";

const testHere = process.platform === "linux" ? test : test.skip;
const atEnd: (() => void)[] = [];
afterEach(() => {
  for (const end of atEnd.splice(0)) end();
});

interface Given {
  readonly end: End;
  readonly socket: Socket<End> | null;
  readonly connecting: Promise<Socket<End>>;
}

function give(descriptor: number): Given {
  const end = new End();
  let socket: Socket<End> | null = null;
  const handlers = endHandlers((one) => {
    socket = one;
    return end;
  });
  // Bun's types leave fd out.
  const options = { fd: descriptor, allowHalfOpen: true, data: end, socket: handlers };
  const connecting = Bun.connect<End>(options as unknown as TCPSocketConnectOptions<End>);
  connecting.catch(() => {});
  end.tell("returned");
  atEnd.push(() => socket?.terminate());
  return { end, socket, connecting };
}

function begin(port: number): number {
  const descriptor = connectFrom("127.0.0.9", "127.0.0.1", port);
  if (typeof descriptor === "string") throw new Error(descriptor);
  expect(descriptor).toBeGreaterThanOrEqual(0);
  return descriptor;
}

testHere("`open` is told inside the call, before the connection stands, and `drain` when it does", async () => {
  using door = new Door();
  const { end } = give(begin(door.port));
  expect(end.told).toEqual(["open", "returned"]);
  await end.heard("drain");
  await door.end();
  await settled();
  expect(end.told).toEqual(["open", "returned", "drain"]);
});

testHere("`drain` comes before what a server says at once, and before its end", async () => {
  using door = new Door((peer) => {
    peer.socket.write("hello");
    peer.socket.shutdown();
  });
  for (let count = 0; count < 50; count++) {
    const { end } = give(begin(door.port));
    end.onData = () => end.tell("data");
    await end.heard("end");
    expect(end.told).toEqual(["open", "returned", "drain", "data", "end"]);
  }
});

testHere("a connection that is refused tells `close` with the reason and no `drain`, and rejects nothing", async () => {
  const { end, connecting } = give(begin(freePort()));
  await end.heard("close ECONNREFUSED");
  await settled();
  expect(end.told).toEqual(["open", "returned", "close ECONNREFUSED"]);
  expect(Bun.peek.status(connecting)).toBe("fulfilled");
});

testHere("one that was reset before anybody looked tells `close`, or `drain` first, and once", async () => {
  using door = new Door((peer) => peer.socket.terminate());
  for (let count = 0; count < 50; count++) {
    const { end } = give(begin(door.port));
    await end.heard("close ECONNRESET");
    await settled();
    expect(end.told.filter((word) => word !== "drain")).toEqual(["open", "returned", "close ECONNRESET"]);
  }
});

testHere("one that is under way can be closed, and is gone with its descriptor", async () => {
  await using stuck = await StuckListener.start();
  const descriptor = begin(stuck.port);
  const { end, socket } = give(descriptor);
  await settled();
  expect(end.told).toEqual(["open", "returned"]);
  socket!.close();
  expect(end.told).toEqual(["open", "returned", "close"]);
  expect(() => fstatSync(descriptor)).toThrow("EBADF");
});

testHere(
  "a descriptor that cannot be watched is not opened, is told as one that failed, and is left to its owner",
  () => {
    const file = openSync(import.meta.path, "r");
    const { end, socket } = give(file);
    expect(socket).toBeNull();
    expect(end.told[0]).toStartWith("connectError");
    expect(fstatSync(file).isFile()).toBe(true);
    close(file);
    expect(() => fstatSync(file)).toThrow("EBADF");
  },
);
