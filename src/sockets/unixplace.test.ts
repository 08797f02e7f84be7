// Sockets of other kinds than Bun makes, and those in the middle of something, are made by the C library.

import { dlopen, FFIType, ptr } from "bun:ffi";
import { afterAll, afterEach, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bindAt, clearPlace, holdingOf, isNameAt } from "./unixplace.ts";

const onLinux = test.skipIf(process.platform !== "linux");
const folder: string = mkdtempSync(join(tmpdir(), "unixplace-"));
const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bind = (unix: string): Bun.UnixSocketListener<undefined> =>
  Bun.listen({ unix, socket: { data() {}, open: (socket) => void socket.end("hello") } });

/** What a process leaves that is killed: moved away while it is open, the file stays when the socket is closed. */
function leave(path: string): void {
  const server = bind(`${path}.moved`);
  renameSync(`${path}.moved`, path);
  server.stop(true);
}

function saidAt(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    Bun.connect({
      unix: path,
      socket: {
        data: (socket, bytes) => {
          resolve(bytes.toString());
          socket.end();
        },
      },
    }).catch(reject);
  });
}

const kinds = { stream: 1, datagram: 2, packets: 5 } as const;

/** A socket of the system's: bound, and listening where `backlog` says how long a row may be. */
function own(kind: number, path: string, backlog?: number): { connect(): number } {
  const { symbols: c } = dlopen("libc.so.6", {
    socket: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
    bind: { args: [FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
    listen: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
    connect: { args: [FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
    close: { args: [FFIType.i32], returns: FFIType.i32 },
  });
  const address = new Uint8Array([1, 0, ...Buffer.from(path), 0]);
  const open = (): number => {
    const descriptor = c.socket(1, kind | 0x800, 0);
    ending.push(() => c.close(descriptor));
    return descriptor;
  };
  const server = open();
  expect(c.bind(server, ptr(address), address.length)).toBe(0);
  if (backlog !== undefined) expect(c.listen(server, backlog)).toBe(0);
  return { connect: () => c.connect(open(), ptr(address), address.length) };
}

onLinux("what a process that is gone has left is removed, and nothing else", () => {
  const path = join(folder, "a.sock");
  expect([holdingOf(path), clearPlace(path)]).toEqual(["free", null]);
  leave(path);
  expect(holdingOf(path)).toBe("left");
  expect(clearPlace(path)).toBeNull();
  expect(existsSync(path)).toBeFalse();
  writeFileSync(path, "notes");
  expect(clearPlace(path)).toBe("a file that is no socket stands there");
  expect(readFileSync(path, "utf8")).toBe("notes");
});

onLinux("a socket that somebody has is left alone, whatever kind it is, and however busy", () => {
  const datagrams = join(folder, "log");
  own(kinds.datagram, datagrams);
  const packets = join(folder, "packets");
  own(kinds.packets, packets, 5);
  const busy = join(folder, "busy");
  const { connect } = own(kinds.stream, busy, 0);
  // The row is full when one more is turned away.
  for (let count = 0; connect() === 0; count++) expect(count).toBeLessThan(10);
  const early = join(folder, "early");
  own(kinds.stream, early);
  const live = join(folder, "live");
  const server = bind(live);
  ending.push(() => server.stop(true));
  for (const path of [datagrams, packets, busy, early, live]) {
    expect([path, clearPlace(path)]).toEqual([path, "the socket is in use"]);
    expect(() => bindAt(path, bind)).toThrow("the socket is in use");
    expect(existsSync(path)).toBeTrue();
  }
});

onLinux.if(process.getuid?.() !== 0)("who may not ask does not remove", () => {
  const path = join(folder, "closed.sock");
  leave(path);
  chmodSync(path, 0);
  expect(clearPlace(path)).toBe("this user may not ask who has the socket there; remove it if nobody does");
});

test("a server is found at its place when it is dressed, over what was left there, and goes with its file", async () => {
  const path = join(folder, "a.sock");
  leave(path);
  const { server, leave: go } = bindAt(path, bind, (at) => {
    if (process.platform === "linux") expect(existsSync(path)).toBeFalse();
    chmodSync(at, 0o620);
  });
  expect(readdirSync(folder)).toEqual(["a.sock"]);
  expect(statSync(path).mode & 0o777).toBe(0o620);
  expect(await saidAt(path)).toBe("hello");
  server.stop(true);
  go();
  expect(readdirSync(folder)).toEqual([]);
});

onLinux("what somebody else has put there since stays when a server goes", async () => {
  const path = join(folder, "a.sock");
  const { server, leave: go } = bindAt(path, bind);
  unlinkSync(path);
  const other = createServer((socket) => socket.end("other"));
  ending.push(() => new Promise<unknown>((resolve) => other.close(resolve)));
  await new Promise<void>((resolve) => other.listen(path, resolve));
  server.stop(true);
  go();
  expect(await saidAt(path)).toBe("other");
});

onLinux("a link that is put in the place of a socket leads owner and mode nowhere", () => {
  const [path, victim] = [join(folder, "a.sock"), join(folder, "victim")];
  writeFileSync(victim, "root's", { mode: 0o600 });
  const swapped = (at: string): Bun.UnixSocketListener<undefined> => {
    const server = bind(at);
    unlinkSync(at);
    symlinkSync(victim, at);
    return server;
  };
  expect(() => bindAt(path, swapped, (at) => chmodSync(at, 0o666))).toThrow("something else was put in the place");
  expect(statSync(victim).mode & 0o777).toBe(0o600);
  const late = (at: string): void => {
    symlinkSync(victim, path);
    chmodSync(at, 0o666);
  };
  expect(() => bindAt(path, bind, late)).toThrow("the socket is in use");
  expect(statSync(victim).mode & 0o777).toBe(0o600);
});

onLinux("a place whose name leaves no room for another beside it is bound as it is", async () => {
  const path = join(folder, "x".repeat(104 - folder.length));
  const { server, leave: go } = bindAt(path, bind);
  expect(await saidAt(path)).toBe("hello");
  expect(() => bindAt(path, bind)).toThrow("the socket is in use");
  server.stop(true);
  go();
  expect(readdirSync(folder)).toEqual([]);
});

test("an error names the place, and nothing of what was tried is left", () => {
  const path = join(folder, "none", "a.sock");
  expect(() => bindAt(path, bind)).toThrow(path);
  expect(() => bindAt(path, bind)).not.toThrow(".new");
  const failing = (): void => {
    throw new Error("no such user");
  };
  expect(() => bindAt(join(folder, "a.sock"), bind, failing)).toThrow("no such user");
  expect(readdirSync(folder)).toEqual([]);
});

test("a socket is known by the name that it was bound with", () => {
  expect(isNameAt("/run/a.sock", "/run/a.sock")).toBeTrue();
  expect(isNameAt("/run/a.sock.0123abcd.new", "/run/a.sock")).toBeTrue();
  expect(isNameAt("/run/a.sock.new", "/run/a.sock")).toBeFalse();
  expect(isNameAt("/run/b.sock", "/run/a.sock")).toBeFalse();
});
