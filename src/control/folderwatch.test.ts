import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FolderWatch } from "./folderwatch.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-folderwatch-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.skipIf(process.platform !== "linux")("several changes in a moment are told once", async () => {
  let told = 0;
  const first = Promise.withResolvers<void>();
  const watch = new FolderWatch(() => {
    told++;
    first.resolve();
  });
  watch.follow(new Set([folder, join(folder, "missing")]));
  writeFileSync(join(folder, "a.crt"), "1");
  writeFileSync(join(folder, "a.key"), "2");
  await first.promise;
  expect(told).toBe(1);
  watch.close();
});
