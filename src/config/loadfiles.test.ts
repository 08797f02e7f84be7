import { afterAll, expect, test } from "bun:test";
import {
  chmodSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Files, stampOf } from "./loadfiles.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

test("a stamp differs after every change that a file can have, and not before", () => {
  writeFileSync(at("a"), "one");
  symlinkSync(at("a"), at("link"));
  const seen = [stampOf(at("link"))];
  expect(stampOf(at("link"))).toBe(seen[0]!);
  const past = new Date(1_000_000_000_000);
  const changes = [
    () => writeFileSync(at("a"), "three"),
    () => utimesSync(at("a"), past, past),
    () => chmodSync(at("a"), 0o600),
    () => {
      writeFileSync(at("b"), "three");
      renameSync(at("b"), at("a"));
    },
    () => rmSync(at("a")),
  ];
  for (const change of changes) {
    change();
    seen.push(stampOf(at("link")));
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.at(-1)).toBe("");
});

test("what was read, and what was looked for in vain, has its stamp", () => {
  const files = new Files();
  writeFileSync(at("text"), "\ufeffhello");
  expect(files.text(at("text"))).toEqual({ ok: true, text: "hello" });
  expect(files.text(at("none"))).toEqual({ ok: false, message: "does not exist" });
  expect([...files.stamps]).toEqual([
    [at("text"), stampOf(at("text"))],
    [at("none"), ""],
  ]);
});

test("the stamp is that of the first look: what changes while we read is seen later", () => {
  const files = new Files();
  writeFileSync(at("moving"), "1");
  files.text(at("moving"));
  writeFileSync(at("moving"), "22");
  files.text(at("moving"));
  expect(files.stamps.get(at("moving"))).not.toBe(stampOf(at("moving")));
});

test("folders, and what is too large to be a certificate, are no texts", () => {
  const files = new Files();
  writeFileSync(at("huge"), "");
  truncateSync(at("huge"), 2 ** 21);
  expect(files.text(at("huge"))).toEqual({ ok: false, message: "is too large: 2097152 bytes" });
  expect(files.text(folder)).toEqual({ ok: false, message: "is a folder, not a file" });
  expect(files.isFolder(folder)).toBe(true);
  expect(files.list(at("nowhere"))).toEqual({ ok: false, message: "does not exist" });
});
