import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ListPlan } from "../config/plan.ts";
import { ListDraft } from "../memory/listdraft.ts";
import { runSteps } from "../memory/listranges.ts";
import { Lists } from "./lists.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-lists-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let next = 0;

function fileOf(kind: ListPlan["kind"], ...texts: string[]): string {
  const draft = new ListDraft(kind);
  for (const text of texts) draft.addKey(Buffer.from(text), 0, text.length);
  return written(draft);
}

function written(draft: ListDraft): string {
  const path = join(folder, String(next++));
  writeFileSync(path, runSteps(draft.finish()));
  return path;
}

const paths: ListPlan = { name: "paths", kind: "text" };
const client = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1);

test("rules see the values of a new file through the holder that they were compiled with", () => {
  const lists = new Lists();
  lists.adopt({ lists: { paths: fileOf("text", "/a") }, bans: null });
  const holder = lists.holder(paths);
  expect([holder.list.findText("/a"), holder.list.findText("/b")]).toEqual([0, -1]);
  lists.adopt({ lists: { paths: fileOf("text", "/b") }, bans: null });
  expect(lists.holder(paths)).toBe(holder);
  expect([holder.list.findText("/a"), holder.list.findText("/b")]).toEqual([-1, 0]);
});

test("a list that becomes one of another kind has a new holder, and the old one keeps its values", () => {
  const lists = new Lists();
  lists.adopt({ lists: { paths: fileOf("text", "/a") }, bans: null });
  const former = lists.holder(paths);
  lists.adopt({ lists: { paths: fileOf("name", "a.test") }, bans: null });
  const holder = lists.holder({ name: "paths", kind: "name" });
  expect(holder).not.toBe(former);
  expect([former.list.findText("/a"), holder.list.findText("a.test")]).toEqual([0, 0]);
});

test("a list that was gone for a while is another one when it comes again", () => {
  const lists = new Lists();
  lists.adopt({ lists: { paths: fileOf("text", "/a") }, bans: null });
  lists.holder(paths);
  lists.adopt({ lists: {}, bans: null });
  expect(lists.holder(paths).list.size).toBe(0);
});

test("a file that has been replaced and removed already leaves what is there", () => {
  const lists = new Lists();
  lists.adopt({ lists: { paths: fileOf("text", "/a") }, bans: null });
  const holder = lists.holder(paths);
  lists.adopt({ lists: { paths: join(folder, "gone") }, bans: join(folder, "gone too") });
  expect([holder.list.findText("/a"), lists.bans.list.size]).toEqual([0, 0]);
});

test("bans hold at once, for whoever holds the holder", () => {
  const lists = new Lists();
  const { bans } = lists;
  const draft = new ListDraft("address");
  draft.addBlock(client, 128, "1000");
  lists.adopt({ lists: {}, bans: written(draft) });
  expect(bans.endOf(client, 0, 5000)).toBe(1000);
  lists.adopt({ lists: {}, bans: null });
  expect(bans.endOf(client, 0, 5000)).toBe(-1);
});
