import { afterEach, expect, test } from "bun:test";
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LogFile, openingProblem, systemOpener } from "./file.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-accesslog-"));
  folders.push(folder);
  return folder;
}

async function opened(path: string): Promise<LogFile> {
  const { promise, resolve, reject } = Promise.withResolvers<LogFile>();
  systemOpener.open(path, (error, file) => (file === null ? reject(error) : resolve(file)));
  return promise;
}

async function written(file: LogFile): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<Error | null>();
  file.write(Buffer.from("line\n"), 0, 5, resolve);
  expect(await promise).toBeNull();
  file.close();
}

test("a log's own folder is made, at the start and under traffic", async () => {
  const folder = place();
  await written(systemOpener.openNow(join(folder, "logs", "access.log")));
  await written(await opened(join(folder, "logs", "access.log")));
  await written(await opened(join(folder, "others", "access.log")));
  expect(readFileSync(join(folder, "logs", "access.log"), "utf8")).toBe("line\nline\n");
  expect(readFileSync(join(folder, "others", "access.log"), "utf8")).toBe("line\n");
});

test("the folders above it are not made", async () => {
  const folder = place();
  const path = join(folder, "wrong", "logs", "access.log");
  expect(() => systemOpener.openNow(path)).toThrow("ENOENT");
  await expect(opened(path)).rejects.toThrow("ENOENT");
  expect(existsSync(join(folder, "wrong"))).toBe(false);
});

test("the end of a log can be read, wherever it was moved to, and a pipe has none", async () => {
  const folder = place();
  const path = join(folder, "access.log");
  writeFileSync(path, "one\ntwo\nthr");
  const file = systemOpener.openNow(path);
  renameSync(path, `${path}.1`);
  expect([3, 5, 99].map((bytes) => String(Buffer.from(file.readEnd(bytes)!)))).toEqual([
    "thr",
    "\nthr".padStart(5, "o"),
    "one\ntwo\nthr",
  ]);
  truncateSync(`${path}.1`);
  expect(file.readEnd(1)).toHaveLength(0);
  file.close();
  const pipe = join(folder, "pipe");
  expect(Bun.spawnSync(["mkfifo", pipe]).exitCode).toBe(0);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = systemOpener.openNow(pipe);
  expect(writer.readEnd(1)).toBeNull();
  writer.close();
  closeSync(reader);
});

test("lines that two write to one pipe stay whole, whatever its reader leaves of room", async () => {
  const path = join(place(), "pipe");
  expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let read = "";
  const drain = (): void => {
    const bytes = new Uint8Array(1 << 20);
    read += Buffer.from(bytes.subarray(0, readSync(reader, bytes))).toString("latin1");
  };
  const writers = ["a", "b"].map((letter) => {
    const page = Buffer.from(`${letter.repeat(999)}\n`.repeat(180));
    return { file: systemOpener.openNow(path), page, at: 0 };
  });
  while (writers.some(({ page, at }) => at < page.length)) {
    // The other one first each time, so that it meets what was begun.
    for (const writer of writers.reverse()) {
      if (writer.at === writer.page.length) continue;
      const { promise, resolve } = Promise.withResolvers<void>();
      writer.file.write(writer.page, writer.at, writer.page.length, (error, count) => {
        if (error === null) writer.at += count;
        else expect(error).toMatchObject({ code: "EAGAIN" });
        resolve();
      });
      await promise;
    }
    drain();
  }
  const lines = read.trimEnd().split("\n");
  expect(lines).toHaveLength(360);
  expect(lines.filter((line) => !/^(a{999}|b{999})$/.test(line))).toEqual([]);
  for (const { file } of writers) file.close();
  closeSync(reader);
});

test("what is longer than a pipe takes in one piece arrives too, and a file takes a page at once", async () => {
  const folder = place();
  const lines = Buffer.from([1000, 4097, 9000, 10, 4096].map((bytes) => `${"x".repeat(bytes - 1)}\n`).join(""));
  const write = (file: LogFile): Promise<number> => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    file.write(lines, 0, lines.length, (error, count) => (error === null ? resolve(count) : reject(error)));
    return promise;
  };
  const path = join(folder, "pipe");
  expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  for (const place of [path, join(folder, "file")]) {
    const file = systemOpener.openNow(place);
    expect(await write(file)).toBe(lines.length);
    file.close();
  }
  const bytes = new Uint8Array(1 << 20);
  expect(Buffer.from(bytes.subarray(0, readSync(reader, bytes)))).toEqual(lines);
  closeSync(reader);
});

test("a pipe that nobody reads is told with its key and what to do", () => {
  const path = join(place(), "pipe");
  expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0);
  let said = "";
  try {
    systemOpener.openNow(path);
  } catch (error) {
    said = openingProblem(path, error as NodeJS.ErrnoException);
  }
  expect(said).toBe(
    `the access log ${path} (accessLog.path) cannot be opened: nobody reads this pipe; start its reader first`,
  );
});

test.skipIf(process.platform !== "linux")(
  "standard errors that are a socket are written to themselves, and stay open",
  () => {
    const program = `import { systemOpener } from ${JSON.stringify(join(import.meta.dir, "file.ts"))};
    const line = (text) => new TextEncoder().encode(text + "\\n");
    const write = (file, text) => new Promise((resolve) => file.write(line(text), 0, line(text).length, resolve));
    process.stdout.write(String((await import("node:fs")).fstatSync(2).isSocket()));
    const first = systemOpener.openNow("/dev/stderr");
    await write(first, "one");
    const second = await new Promise((resolve) => systemOpener.open("/dev/stderr", (_, file) => resolve(file)));
    first.close();
    await write(second, "two");
    second.close();
    process.stderr.write("three\\n");`;
    // The runtime gives a child sockets for both.
    const child = Bun.spawnSync([process.execPath, "-e", program], { stdout: "pipe", stderr: "pipe" });
    expect([child.stdout.toString(), child.stderr.toString()]).toEqual(["true", "one\ntwo\nthree\n"]);
  },
);
