import { afterEach, expect, test } from "bun:test";
import type { Socket } from "bun";
import { OctetFile } from "./octets.ts";

const open: { stop(isForced: boolean): void }[] = [];
const files: OctetFile[] = [];

afterEach(() => {
  for (const file of files.splice(0)) file.close();
  for (const each of open.splice(0)) each.stop(true);
});

interface Receiver {
  readonly port: number;
  readonly text: () => string;
  readonly sockets: Socket<undefined>[];
  come(fits: (text: string) => boolean): Promise<void>;
  stop(): void;
}

function receiver(port = 0): Receiver {
  let text = "";
  let told = (): void => {};
  const sockets: Socket<undefined>[] = [];
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: (socket) => void sockets.push(socket),
      data: (_socket, bytes) => {
        text += Buffer.from(bytes).toString();
        told();
      },
    },
  });
  open.push(server);
  return {
    port: server.port,
    text: () => text,
    sockets,
    come: async (fits) => {
      while (!fits(text)) await new Promise<void>((resolve) => (told = resolve));
    },
    stop: () => server.stop(true),
  };
}

function fileTo(port: number, limitMs?: number): OctetFile {
  const file = new OctetFile("127.0.0.1", port, limitMs);
  files.push(file);
  return file;
}

function write(file: OctetFile, text: string): Promise<{ code: string | null; written: number }> {
  const bytes = new TextEncoder().encode(text);
  return new Promise((resolve) =>
    file.write(bytes, 0, bytes.length, (error, written) =>
      resolve({ code: (error as NodeJS.ErrnoException | null)?.code ?? null, written }),
    ),
  );
}

test("each line goes with its length in front, and without its end", async () => {
  const log = receiver();
  const file = fileTo(log.port);
  expect(await write(file, "<1>one\n<1>three\n")).toEqual({ code: null, written: 16 });
  expect(await write(file, "é\n")).toEqual({ code: null, written: 3 });
  await log.come((text) => text.length === 21);
  expect(log.text()).toBe("6 <1>one8 <1>three2 é");
});

test("nobody there is an error, and a receiver that comes back is connected to again", async () => {
  const gone = receiver();
  gone.stop();
  const file = fileTo(gone.port);
  expect((await write(file, "one\n")).written).toBe(0);
  const back = receiver(gone.port);
  expect(await write(file, "one\n")).toEqual({ code: null, written: 4 });
  await back.come((text) => text === "3 one");
});

test("a receiver that takes nothing holds the write up, and the lines that did not leave are sent again to the next", async () => {
  const slow = receiver();
  const file = fileTo(slow.port);
  await write(file, "first\n");
  await slow.come((text) => text === "5 first");
  slow.sockets[0]!.pause();
  const line = `${"x".repeat(60_000)}\n`;
  let under: Promise<{ code: string | null; written: number }> | null = null;
  // Until the system's buffers are full.
  for (let count = 0; count < 500; count++) {
    under = write(file, line.repeat(4));
    const isDone = await Promise.race([under.then(() => true), Bun.sleep(50).then(() => false)]);
    if (!isDone) break;
    under = null;
  }
  expect(under).not.toBeNull();
  slow.sockets[0]!.terminate();
  const { written } = await under!;
  expect(written % line.length).toBe(0);
  expect(written).toBeLessThan(4 * line.length);
  expect(await write(file, "again\n")).toEqual({ code: null, written: 6 });
  await slow.come((text) => text.endsWith("5 again"));
});

test("as many lines as there is room for are written at once", async () => {
  const log = receiver();
  const line = `${"y".repeat(60_000)}\n`;
  const { written } = await write(fileTo(log.port), line.repeat(6));
  expect(written).toBe(4 * line.length);
});

test("a write that is left ends with its connection, though the receiver takes nothing", async () => {
  const slow = receiver();
  const file = fileTo(slow.port);
  await write(file, "first\n");
  await slow.come((text) => text === "5 first");
  slow.sockets[0]!.pause();
  const line = `${"x".repeat(60_000)}\n`;
  let isDone = true;
  let ended: Promise<unknown> = Promise.resolve();
  // Until the system's buffers are full.
  for (let count = 0; isDone && count < 500; count++) {
    ended = write(file, line.repeat(4));
    isDone = await Promise.race([ended.then(() => true), Bun.sleep(50).then(() => false)]);
  }
  expect(isDone).toBe(false);
  file.leave();
  await ended;
});

test.if(process.platform === "linux")(
  "a connection that nobody takes anything from is lost in time, and another is made",
  async () => {
    const { port, sockets, come } = receiver();
    const file = fileTo(port, 300);
    expect((await write(file, "first\n")).code).toBeNull();
    await come((text) => text.includes("first"));
    sockets[0]!.pause();
    const line = `${"x".repeat(100_000)}\n`;
    let outcome = await write(file, line);
    // Until there is no room in the kernel any more.
    while (outcome.code === null) outcome = await write(file, line);
    expect(outcome.code).toMatch(/^E(?:TIMEDOUT|CONNRESET|PIPE)$/);
    expect(await write(file, "last\n")).toEqual({ code: null, written: 5 });
    await come((text) => text.endsWith("4 last"));
    expect(sockets).toHaveLength(2);
  },
);
