import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AdminService } from "./adminservice.ts";
import { localDoorName, openLocalDoor } from "./localdoor.ts";
import { type Log, silentLog } from "./log.ts";

const folder: string = mkdtempSync(join(tmpdir(), "localdoor-"));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const service = { status: () => ({ version: "1" }) } as unknown as AdminService;
const common = {
  ...{ service, audit: { note: () => {} }, log: silentLog() },
  // None of this is asked for there.
  ...{ token: "sixteencharacters", credentials: { user: "u", password: "sixteencharacters" }, hosts: ["a.test"] },
};

test("this user asks there without a token, and nobody else", async () => {
  const path = join(folder, localDoorName);
  // What a crash left.
  writeFileSync(path, "");
  const door = openLocalDoor(folder, common)!;
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const answer = await fetch("http://localhost/api/v1/status", { unix: path });
  expect([answer.status, await answer.json()]).toEqual([200, { version: "1" }]);
  await door.close();
  expect(existsSync(path)).toBeFalse();
});

test("Sluice starts where it cannot be opened, and says what that costs", () => {
  const told: unknown[] = [];
  const log: Log = { ...silentLog(), warn: (...words: unknown[]) => void told.push(...words) };
  expect(openLocalDoor(join(folder, "gone"), { ...common, log })).toBeNull();
  expect(told[0]).toMatch(/^commands with -c go by the config's file alone: /);
});
