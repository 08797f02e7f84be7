import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { fault, faultCodes } from "../base/fault.ts";
import { compile } from "./compile.ts";
import { judge } from "./judge.ts";
import { loadConfig } from "./load.ts";
import type { Plan } from "./plan.ts";
import { keyText } from "./problem.ts";
import { jsonSchema } from "./schema.ts";
import { Slots } from "./slots.ts";

const base = { listeners: { web: { listen: ":80", use: "app" } }, pools: { app: { servers: ["10.0.0.1:80"] } } };

function told(errors: object): string[] {
  return judge({ ...base, errors }).findings.map(({ path, message }) => `${keyText(path)} ${message}`);
}

test("a key is a status from 400 to 599, or a fault that somebody is told of", () => {
  const answered = faultCodes.filter((code) => fault(code).status !== 0 && code !== "client_closed");
  expect(answered.length).toBeGreaterThan(30);
  expect(told(Object.fromEntries([...answered, "400", "599"].map((key) => [key, 503])))).toEqual([]);
  const editor = z.fromJSONSchema(jsonSchema());
  const isRight = (key: string): boolean => editor.safeParse({ ...base, errors: { [key]: 503 } }).success;
  for (const code of faultCodes) {
    expect([code, isRight(code)]).toEqual([code, answered.includes(code)]);
    if (!answered.includes(code))
      expect(told({ [code]: 503 })).toEqual([
        `errors.${code} is a fault of which nobody is told: no answer can be sent then`,
      ]);
  }
});

test.each([
  ["399", 503, "errors.399 must be a status from 400 to 599"],
  ["50x", 503, "errors.50x must be a status from 400 to 599 or the code of a fault, such as connect_refused"],
  [
    "conect_refused",
    503,
    'errors.conect_refused must be a status from 400 to 599 or the code of a fault, such as connect_refused; did you mean "connect_refused"?',
  ],
  ["503", 199, "errors.503 must be a whole number from 200 to 599, not 199"],
  ["503", 204, "errors.503 must be a status with a body, for an error is to be told; 204 never has one"],
  [
    "no_server",
    { status: 205 },
    "errors.no_server.status must be a status with a body, for an error is to be told; 205 never has one",
  ],
  [
    "503",
    true,
    "errors.503 must be a status, the path of a file that holds a whole answer, or a section with status, body or file, not true",
  ],
] as const)("%s: %p is told", (key, answer, expected) => {
  expect(told({ [key]: answer })).toEqual([expected]);
});

test("what stands at the top is every listener's of mode http that says nothing else", () => {
  const { config } = judge({
    ...base,
    errors: { 503: 500, connect_refused: 503 },
    listeners: {
      ...base.listeners,
      own: { listen: ":81", use: "app", errors: { 503: 502 } },
      raw: { listen: ":82", mode: "tcp", use: "app" },
    },
  });
  const plan: Plan = compile(config!, new Slots(), () => undefined); // No mistake is in it, or nothing below holds.
  const refused = { on: "connect_refused", reply: 503 } as const;
  expect(plan.listeners.map(({ errors }) => errors)).toEqual([
    [{ on: 503, reply: 500 }, refused],
    [{ on: 503, reply: 502 }, refused],
    [],
  ]);
});

test("templates at the top are judged as a listener's are", () => {
  expect(told({ 503: { body: "{nothing}", template: true } })).toEqual([
    expect.stringMatching(/^errors\.503\.body .*nothing/),
  ]);
});

test("a file may have another status than its key, but one with a body, and that which is said beside it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-errors-"));
  try {
    for (const status of [200, 204]) writeFileSync(join(folder, `${status}.http`), `HTTP/1.1 ${status} x\n\n`);
    const load = async (errors: object): Promise<string[]> => {
      writeFileSync(join(folder, "sluice.json"), JSON.stringify({ ...base, errors }));
      const loaded = await loadConfig(join(folder, "sluice.json"));
      return (loaded.ok ? loaded.warnings : loaded.problems).map(({ message }) => message);
    };
    expect(await load({ 503: "200.http", no_server: { status: 200, file: "200.http" } })).toEqual([]);
    expect(await load({ 503: "204.http", 502: { status: 502, file: "200.http" } })).toEqual([
      'names "200.http", whose status is 200, where it must be 502',
      'names "204.http", whose status is 204, which never has a body, and an error is to be told',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
