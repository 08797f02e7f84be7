import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
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
