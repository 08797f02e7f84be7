import { expect, test } from "bun:test";
import type { Remote } from "../client.ts";
import { readChanges } from "./earlier.ts";

test("what has changed before is asked for, and nothing where nobody answers", async () => {
  const changes = [{ at: "2026-11-22T10:00:00.000Z", level: "warn", text: "server app/a:1 is DOWN" }];
  const asked: string[] = [];
  const remote: Remote = async (method, path) => {
    asked.push(`${method} ${path}`);
    return { ok: true, status: 200, body: { changes } };
  };
  expect(await readChanges(remote)).toEqual(changes as Awaited<ReturnType<typeof readChanges>>);
  expect(asked).toEqual(["GET /api/v1/changes?limit=50"]);
  expect(await readChanges(async () => ({ ok: false, message: "nobody" }))).toEqual([]);
  expect(await readChanges(async () => ({ ok: true, status: 404, body: { error: "an older Sluice" } }))).toEqual([]);
});
