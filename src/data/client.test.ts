import { expect, test } from "bun:test";
import { connect, Door } from "../../test/runtime/pair.ts";
import { distinguishedName, KnownClient, plainAddress, SocketClient } from "./client.ts";

test("an IPv4 client of an IPv6 socket is written as IPv4", () => {
  expect(["::ffff:192.0.2.1", "192.0.2.1", "::1", "::ffff:1:2", ""].map(plainAddress)).toEqual([
    "192.0.2.1",
    "192.0.2.1",
    "::1",
    "::ffff:1:2",
    "",
  ]);
});

test("a subject is written last part first, as RFC 2253 has it", () => {
  expect(distinguishedName("C=DE\nO=Org\\, Inc\nCN=client.test")).toBe("CN=client.test,O=Org\\, Inc,C=DE");
  expect(distinguishedName("CN=a")).toBe("CN=a");
});

test("a client knows both ends of its socket, and no port of its own once it is closed or on a unix socket", async () => {
  using door = new Door();
  const peer = await connect(door.port);
  const { socket } = await door.end();
  const client = new SocketClient(socket, "127.0.0.1", null, "");
  expect([client.address, client.peerAddress, client.port, client.localAddress, client.localPort]).toEqual([
    "127.0.0.1",
    "127.0.0.1",
    peer.socket.localPort,
    "127.0.0.1",
    door.port,
  ]);
  const unix = new SocketClient(socket, "unix", null, "");
  expect([unix.port, unix.localAddress, unix.localPort]).toEqual([0, "unix", 0]);
  socket.terminate();
  expect(client.port).toBe(0);
});

test("one of whom a proxy has spoken is who the proxy says, on the proxy's socket", () => {
  const ends = { address: "203.0.113.7", port: 1, localAddress: "198.51.100.1", localPort: 2 };
  expect(new KnownClient(ends, "127.0.0.1", null, "")).toMatchObject({ ...ends, peerAddress: "127.0.0.1", tls: null });
});
