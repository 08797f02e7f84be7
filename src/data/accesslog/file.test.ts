import { afterEach, expect, test } from "bun:test";
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LogFile, systemOpener } from "./file.ts";

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
