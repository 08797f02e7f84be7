// The runtime's facts about listening that src/data/listener.ts stands on.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../e2e/harness/port.ts";
import { connect, Door, End, endHandlers, pair, settled } from "./pair.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-runtime-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

type Sharing = { reusePort?: boolean; exclusive?: boolean };

function listen(port: number, sharing: Sharing): { port: number; stop(force?: boolean): void } {
  const options = { hostname: "127.0.0.1", port, ...sharing, socket: endHandlers(() => new End()) };
  return Bun.listen<End>(options);
}

const sharer = `
const { port } = Bun.listen({ hostname: "127.0.0.1", port: Number(process.argv[1]), reusePort: true, socket: {
  open(socket) { socket.end("other"); }, data() {},
}});
console.log(port);
`;

test("two processes share a port by reusePort, and both are given connections", async () => {
  const port = freePort();
  const child = Bun.spawn([process.execPath, "-e", sharer, `${port}`], { stdout: "pipe" });
  try {
    await child.stdout.getReader().read();
    let own = 0;
    let others = 0;
    const handlers = {
      open(socket: { end(): void }) {
        own++;
        socket.end();
      },
      data() {},
    };
    const options = { hostname: "127.0.0.1", port, reusePort: true, socket: handlers };
    const listener = Bun.listen(options);
    // Which of the two is chance, of one in 2^63 that it is always the same.
    for (let round = 0; round < 64 || (round < 512 && (own === 0 || others === 0)); round++) {
      const end = await connect(port);
      await end.heard("end");
      others += end.receivedBytes > 0 ? 1 : 0;
      end.socket.end();
    }
    listener.stop(true);
    expect(own).toBeGreaterThan(0);
    expect(others).toBeGreaterThan(0);
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
});

test("a port that others share is refused to one who asks for it alone, and the other way round", () => {
  const inUse = expect.objectContaining({ code: "EADDRINUSE" });
  const shared = listen(0, { reusePort: true });
  expect(() => listen(shared.port, { exclusive: true })).toThrow(inUse);
  listen(shared.port, { reusePort: true }).stop(true);
  shared.stop(true);
  const alone = listen(0, { exclusive: true });
  expect(() => listen(alone.port, { reusePort: true })).toThrow(inUse);
  alone.stop(true);
});

test("a listener that stops leaves the connections that it has accepted", async () => {
  using door = new Door();
  const [client, server] = await pair(door);
  door.listener.stop(false);
  client.socket.write("on");
  await server.heardBytes(2);
  expect(connect(door.port)).rejects.toThrow();
  await settled();
  expect(server.told).toEqual(["open"]);
});

test("a listener tells its descriptor, for whoever wants a longer backlog", () => {
  using door = new Door();
  expect("fd" in door.listener && typeof door.listener.fd).toBe("number");
});

const hasIpv6 = existsSync("/proc/net/if_inet6");

test("the peer's address is told as it is, IPv4 mapped by an IPv6 listener, and none for a unix socket", async () => {
  const seen: (string | undefined)[] = [];
  const socket = {
    open(opened: { remoteAddress: string }) {
      seen.push(opened.remoteAddress);
    },
    data() {},
  };
  const hosts = hasIpv6 ? ["127.0.0.1", "::"] : ["127.0.0.1"];
  const listeners = hosts.map((hostname) => Bun.listen({ hostname, port: 0, socket }));
  for (const { port } of listeners) (await connect(port)).socket.end();
  await settled();
  const path = join(folder, "listener.sock");
  const unix = Bun.listen({ unix: path, socket });
  expect(existsSync(path)).toBe(true);
  (await Bun.connect({ unix: path, socket: { data() {} } })).end();
  await settled();
  for (const listener of listeners) listener.stop(true);
  unix.stop(true);
  expect(seen).toEqual(hasIpv6 ? ["127.0.0.1", "::ffff:127.0.0.1", undefined] : ["127.0.0.1", undefined]);
});

test("a client that reset its connection before it was accepted has no address", async () => {
  const seen: (string | undefined)[] = [];
  using door = new Door((end) => seen.push(end.socket.remoteAddress));
  // In a process of its own and waited for without letting this one's loop go round.
  const client = `require("net").connect(${door.port}, "127.0.0.1", function () { this.resetAndDestroy(); process.exit(); })`;
  Bun.spawnSync([process.execPath, "-e", client]);
  await (await door.end()).heard("close ECONNRESET");
  expect(seen).toEqual([undefined]);
});
