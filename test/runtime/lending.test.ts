// The runtime's and the system's facts about files whose pages are given to sockets, that src/data/plain.ts and src/pages.ts stand on.

import { expect, test } from "bun:test";
import { readFileSync, realpathSync } from "node:fs";
import { descriptorOf } from "../../src/data/backlog.ts";
import { libc } from "../../src/data/libc.ts";
import { canLend, filePages } from "../../src/pages.ts";
import { MappedFile, sharedFolder } from "./mappedfile.ts";
import { Door, type End, pair, settled } from "./pair.ts";

const isLinux = process.platform === "linux";

function sendFile(end: End, file: MappedFile, start: number, count: number): number {
  return libc()!.sendFile(descriptorOf(end.socket), file.descriptor, start, count);
}

test.if(isLinux)("SIGPIPE is ignored: what is sent to a peer that is gone fails, and the process goes on", async () => {
  const ignored = BigInt(`0x${/^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))![1]}`);
  expect((ignored >> 12n) & 1n).toBe(1n);
  using door = new Door();
  using file = new MappedFile(100_000);
  const [client, server] = await pair(door);
  client.socket.shutdown();
  expect(sendFile(client, file, 0, 1000)).toBe(-1);
  server.socket.terminate();
});

test("a socket tells its descriptor while it is open, and none once it is closed, by whomever", async () => {
  using door = new Door();
  for (const close of ["close", "end", "terminate", "peer"] as const) {
    const [client, server] = await pair(door);
    expect(descriptorOf(server.socket)).toBeGreaterThan(2);
    if (close === "peer") client.socket.terminate();
    else server.socket[close]();
    if (close === "peer") await server.heard("close ECONNRESET");
    if (close === "end") {
      client.socket.end();
      await server.heard("close");
    }
    expect([close, descriptorOf(server.socket)]).toEqual([close, -1]);
    client.socket.terminate();
  }
});

test.if(isLinux)(
  "drain comes when there is room again after a write behind a file that was not taken whole",
  async () => {
    using door = new Door();
    using file = new MappedFile(16 * 2 ** 20);
    const [client, server] = await pair(door);
    client.socket.pause();
    const sent = sendFile(server, file, 4096, file.bytes.length - 4096);
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(file.bytes.length - 4096);
    expect(sendFile(server, file, 4096 + sent, 1000)).toBe(-1);
    const more = server.socket.write(file.bytes, 4096 + sent, file.bytes.length - 4096 - sent);
    await settled();
    const before = server.times("drain");
    client.socket.resume();
    while (server.times("drain") === before) await settled();
    await client.heardBytes(sent + more);
    expect(Bun.hash(Buffer.concat(client.chunks))).toBe(Bun.hash(file.bytes.subarray(4096, 4096 + sent + more)));
  },
);

test.if(isLinux)("a file is sent from beyond two and four gigabytes too", async () => {
  using door = new Door();
  using file = new MappedFile(10);
  const [client, server] = await pair(door);
  for (const start of [2 ** 31 + 5, 2 ** 32 + 5]) expect(sendFile(server, file, start, 5)).toBe(0);
  expect(sendFile(server, file, 5, 5)).toBe(5);
  await client.heardBytes(5);
});

test.if(isLinux && canLend(realpathSync(sharedFolder)))(
  "what a socket was given of a file it sends as it was, though the file has other pages now",
  async () => {
    using door = new Door();
    using file = new MappedFile(2 ** 20);
    const [client, server] = await pair(door);
    client.socket.pause();
    await settled();
    const former = file.bytes.slice();
    const sent = sendFile(server, file, 8, file.bytes.length - 8);
    expect(sent).toBeGreaterThan(64 * 1024);
    expect(filePages(file.bytes, file)!.detach(0, file.bytes.length)).toBe(true);
    file.bytes.fill(0xee);
    client.socket.resume();
    await client.heardBytes(sent);
    expect(Buffer.compare(Buffer.concat(client.chunks), former.subarray(8, 8 + sent))).toBe(0);
  },
);

test.if(isLinux)("and sends what stands there now where the pages are the same", async () => {
  using door = new Door();
  using file = new MappedFile(2 ** 20);
  const [client, server] = await pair(door);
  client.socket.pause();
  await settled();
  const sent = sendFile(server, file, 0, file.bytes.length);
  file.bytes.fill(0xee);
  client.socket.resume();
  await client.heardBytes(sent);
  // This is what taking them out is for; a system that copies would need none of it.
  expect(Buffer.concat(client.chunks).includes(Buffer.alloc(4096, 0xee))).toBe(true);
});
