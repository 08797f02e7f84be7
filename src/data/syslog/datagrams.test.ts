import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import type { SyslogPlace } from "../../config/plan.ts";
import { libc, type SocketCalls } from "../libc.ts";
import { DatagramFile } from "./datagrams.ts";

interface Result {
  readonly code: string | null;
  readonly written: number;
}

const encoder = new TextEncoder();
const open: { close(): void }[] = [];

afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

function write(file: DatagramFile, text: string): Promise<Result> {
  const bytes = encoder.encode(text);
  return new Promise((resolve) =>
    file.write(bytes, 0, bytes.length, (error, written) =>
      resolve({ code: (error as NodeJS.ErrnoException | null)?.code ?? null, written }),
    ),
  );
}

async function receiver(
  host: string,
  port = 0,
): Promise<{ port: number; texts: string[]; come(count: number): Promise<void>; close(): void }> {
  const texts: string[] = [];
  let told = (): void => {};
  const socket = await Bun.udpSocket({
    hostname: host,
    port,
    socket: {
      data: (_socket, bytes) => {
        texts.push(Buffer.from(bytes).toString());
        told();
      },
    },
  });
  const come = async (count: number): Promise<void> => {
    while (texts.length < count) await new Promise<void>((resolve) => (told = resolve));
  };
  const made = { port: socket.port, texts, come, close: () => socket.close() };
  open.push(made);
  return made;
}

function fileTo(place: SyslogPlace): DatagramFile {
  const file = new DatagramFile(place as Exclude<SyslogPlace, { kind: "tcp" }>);
  open.push(file);
  return file;
}

describe.skipIf(process.platform !== "linux")("datagrams", () => {
  for (const host of ["127.0.0.1", "::1", "localhost"])
    test(`each line is a message without its end, to ${host}`, async () => {
      const log = await receiver(host === "localhost" ? "127.0.0.1" : host);
      const file = fileTo({ kind: "udp", host, port: log.port });
      expect(await write(file, "one\ntwo\nthree\n")).toEqual({ code: null, written: 14 });
      await log.come(3);
      expect(log.texts).toEqual(["one", "two", "three"]);
    });

  test("more than one system call takes are sent all the same, in their order", async () => {
    const log = await receiver("127.0.0.1");
    const file = fileTo({ kind: "udp", host: "127.0.0.1", port: log.port });
    const lines = Array.from({ length: 150 }, (_, index) => `line ${index}`);
    const text = `${lines.join("\n")}\n`;
    expect(await write(file, text)).toEqual({ code: null, written: text.length });
    await log.come(150);
    expect(log.texts).toEqual(lines);
  });

  test("while nobody is there nothing counts as written, and it goes on when somebody is", async () => {
    const gone = await receiver("127.0.0.1");
    gone.close();
    open.splice(open.indexOf(gone), 1);
    const file = fileTo({ kind: "udp", host: "127.0.0.1", port: gone.port });
    expect(await write(file, "one\ntwo\n")).toEqual({ code: "ECONNREFUSED", written: 0 });
    expect(await write(file, "one\ntwo\n")).toEqual({ code: "ECONNREFUSED", written: 0 });
    const back = await receiver("127.0.0.1", gone.port);
    expect(await write(file, "one\ntwo\n")).toEqual({ code: null, written: 8 });
    await back.come(2);
    expect(back.texts).toEqual(["one", "two"]);
  });

  test("a socket of the file system that is not there is told by its error", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-datagrams-"));
    const file = fileTo({ kind: "unix", path: join(folder, "log") });
    expect(await write(file, "one\n")).toEqual({ code: "ENOENT", written: 0 });
    rmSync(folder, { recursive: true });
  });

  test("a name that is none is told", async () => {
    const file = fileTo({ kind: "udp", host: "no.such.host.invalid", port: 1 });
    const { code, written } = await write(file, "one\n");
    expect([code === null, written]).toEqual([false, 0]);
  });

  test("a line that no datagram holds is cut instead of keeping others from being sent", async () => {
    const log = await receiver("127.0.0.1");
    const file = fileTo({ kind: "udp", host: "127.0.0.1", port: log.port });
    const text = `${"x".repeat(70_000)}\nnext\n`;
    expect(await write(file, text)).toEqual({ code: null, written: text.length });
    await log.come(2);
    expect(log.texts.map((each) => each.length)).toEqual([61_440, 4]);
  });

  test("what a receiver at a socket of the file system did not take before it began anew is sent to it at once", async () => {
    const file = fileTo({ kind: "unix", path: "/run/no-such.sock" });
    const calls = libc()!.sockets as { -readonly [K in keyof SocketCalls]: SocketCalls[K] };
    const former = { ...calls };
    const gone = -constants.errno.ECONNREFUSED;
    const answers = [1, gone, 1, gone, gone];
    const closed: number[] = [];
    let descriptor = 1000;
    calls.openDatagrams = () => ++descriptor;
    calls.connect = () => 0;
    calls.close = (each) => void closed.push(each);
    calls.sendMany = () => answers.shift()!;
    calls.takeError = () => 0;
    try {
      for (let count = 0; count < 2; count++) expect(await write(file, "one\n")).toEqual({ code: null, written: 4 });
      expect(closed).toEqual([1001]);
      expect(await write(file, "two\n")).toEqual({ code: "ECONNREFUSED", written: 0 });
      expect([answers, closed]).toEqual([[], [1001, 1002, 1003]]);
    } finally {
      Object.assign(calls, former);
    }
  });

  test("where there is no room for all, what was sent is written, and the socket is kept", async () => {
    const log = await receiver("127.0.0.1");
    const file = fileTo({ kind: "udp", host: "127.0.0.1", port: log.port });
    const calls = libc()!.sockets as { -readonly [K in keyof SocketCalls]: SocketCalls[K] };
    const { sendMany, openDatagrams } = calls;
    const answers = [2, -constants.errno.ENOBUFS];
    let opened = 0;
    calls.sendMany = (descriptor, messages, count) => answers.shift() ?? sendMany(descriptor, messages, count);
    calls.openDatagrams = (family) => {
      opened++;
      return openDatagrams(family);
    };
    try {
      expect(await write(file, "one\ntwo\nthree\n")).toEqual({ code: null, written: 8 });
      expect(await write(file, "three\n")).toEqual({ code: null, written: 6 });
    } finally {
      Object.assign(calls, { sendMany, openDatagrams });
    }
    await log.come(1);
    expect([log.texts, opened]).toEqual([["three"], 1]);
  });
});
