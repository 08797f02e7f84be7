import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { selfCommand } from "../config/loadself.ts";
import type { Course } from "./course.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-course-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function course(text: string, from: number): Promise<{ code: number; said: readonly Course[] }> {
  const path = join(folder, "sluice.yaml");
  writeFileSync(path, text);
  const said: Course[] = [];
  const child = Bun.spawn({
    ...selfCommand("tested", path, String(from)),
    env: { ...process.env, SLUICE_TESTED: "1" },
    stdio: ["ignore", "ignore", "ignore"],
    serialization: "advanced",
    ipc: (message) => void said.push(message as Course),
  });
  const code = await child.exited;
  return { code, said: said.filter(({ kind }) => kind !== "moving") };
}

const config =
  'listeners: { web: { listen: ":80", use: app } }\npools: { app: { servers: ["a:1"] } }\ntests: [{ name: one, request: / }, { name: two, request: /, expect: 404 }, { name: three, request: / }]\n';

test("it tells when it is ready, then each result from that test on", async () => {
  const { code, said } = await course(config, 1);
  expect(code).toBe(0);
  const told = said.map((each) => (each.kind === "result" ? `${each.result.name} ${each.result.isPassed}` : each.kind));
  expect(told).toEqual(["ready", "two false", "three true"]);
}, 60_000);

test("a config that is wrong by now is told as that", async () => {
  const { said } = await course("listeners: {}\n", 0);
  expect(said).toEqual([{ kind: "failure", message: expect.stringContaining("listeners") }]);
}, 60_000);
