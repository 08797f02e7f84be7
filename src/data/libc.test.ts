import { expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, Door, settled } from "../../test/runtime/pair.ts";
import { descriptorOf } from "./backlog.ts";
import { libc } from "./libc.ts";

test.if(process.platform === "linux")(
  "bytes can be looked at before the runtime reads them, and taken in part",
  async () => {
    using door = new Door((end) => end.socket.pause());
    const client = await connect(door.port);
    const server = await door.end();
    const descriptor = descriptorOf(server.socket);
    const into = new Uint8Array(16);
    expect(libc()!.peek(descriptor, into)).toBeLessThan(0);
    client.socket.write("abcdef");
    await settled();
    expect(libc()!.peek(descriptor, into)).toBe(6);
    expect(libc()!.peek(descriptor, into)).toBe(6);
    expect(libc()!.take(descriptor, into, 2)).toBe(2);
    expect(new TextDecoder().decode(into.subarray(0, 2))).toBe("ab");
    server.socket.resume();
    await server.heardBytes(4);
    expect(new TextDecoder().decode(server.chunks[0])).toBe("cdef");
    server.socket.pause();
    client.socket.shutdown();
    await settled();
    expect(libc()!.peek(descriptor, into)).toBe(0);
  },
);

test("what has no descriptor is said to have none", () => {
  expect([descriptorOf({}), descriptorOf({ fd: 7 })]).toEqual([-1, 7]);
});

test.if(process.platform === "linux")(
  "room in a file is had before it is touched, and what cannot be had is said",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-libc-"));
    const path = join(folder, "file");
    const file = openSync(path, "wx+");
    expect([libc()!.reserve(file, 8192, 9 * 2 ** 20), statSync(path).size]).toEqual([true, 8192 + 9 * 2 ** 20]);
    expect(statSync(path).blocks * 512).toBeGreaterThanOrEqual(9 * 2 ** 20);
    closeSync(file);
    expect(libc()!.reserve(file, 0, 4096)).toBe(false);
    rmSync(folder, { recursive: true });
  },
);

/** Reserves 1 MiB and 20 MiB of a file of its own, and says how that went. */
const reserver = `
  const { libc } = await import(${JSON.stringify(join(import.meta.dir, "libc.ts"))});
  const file = require("node:fs").openSync(process.argv.at(-1), "wx+");
  console.log([1, 20].map((mib) => libc().reserve(file, 0, mib * 2 ** 20)).join());
`;

// Of a whole file system that is full others would have their part: a bound of files' size is met in the same way.
test.if(process.platform === "linux")("where there is no room for all of it, that is said", () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-libc-"));
  const bounded = `trap "" XFSZ; ulimit -f 24576; exec "$0" "$@"`;
  const { stdout } = Bun.spawnSync(["sh", "-c", bounded, process.execPath, "-e", reserver, join(folder, "file")]);
  expect(stdout.toString()).toBe("true,false\n");
  rmSync(folder, { recursive: true });
});
