import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { follow } from "./follow.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

test("a text that has changed is told, written in place or moved there, and the same text is not", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-follow-"));
  folders.push(folder);
  const path = join(folder, "cfg.toml");
  writeFileSync(path, "one");
  let told = 0;
  let next = Promise.withResolvers<void>();
  const changed = (): void => {
    told++;
    next.resolve();
  };
  follow(path, "one", { changed, gone: () => {} });
  const change = async (write: () => void): Promise<void> => {
    next = Promise.withResolvers();
    write();
    await next.promise;
  };
  await change(() => writeFileSync(path, "two"));
  // The same again would be told before what comes after it, if it were told.
  writeFileSync(path, "two");
  await change(() => {
    writeFileSync(`${path}.new`, "three");
    renameSync(`${path}.new`, path);
  });
  rmSync(path);
  await change(() => writeFileSync(path, "four"));
  expect(told).toBe(3);
});

test("what was written since it was read is told at once", () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-follow-"));
  folders.push(folder);
  const path = join(folder, "cfg.toml");
  writeFileSync(path, "two");
  let told = 0;
  const following = { changed: () => told++, gone: () => {} };
  follow(path, "one", following);
  expect(told).toBe(1);
  follow(path, "two", following);
  expect(told).toBe(1);
});

test("a file that is gone is told once, and once more when it has been there again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-follow-"));
  folders.push(folder);
  const path = join(folder, "cfg.toml");
  writeFileSync(path, "one");
  const told: string[] = [];
  let next = Promise.withResolvers<void>();
  const tell = (word: string): void => {
    told.push(word);
    next.resolve();
  };
  follow(path, "one", { changed: () => tell("changed"), gone: () => tell("gone") }, 5);
  const change = async (make: () => void): Promise<void> => {
    next = Promise.withResolvers();
    make();
    await next.promise;
  };
  await change(() => rmSync(path));
  await change(() => writeFileSync(path, "two"));
  await change(() => rmSync(path));
  await change(() => writeFileSync(path, "three"));
  expect(told).toEqual(["gone", "changed", "gone", "changed"]);
});
