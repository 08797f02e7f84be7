// What stands on stderr under --json, of the writer itself and of every command that knows --json: none has a way past it.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { type Command, CommanderError } from "commander";
import { buildProgram } from "./program.ts";
import { JsonWriter } from "./writer.ts";

function heard() {
  const [out, err]: [string[], string[]] = [[], []];
  const write = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) };
  return { out, err, json: new JsonWriter({ ...write, note: write.err }) };
}

test("a failure is one object however many lines it has, and notes are lines of their own, at once", () => {
  const { out, err, json } = heard();
  json.out("[]");
  json.err("sluice: it is not good");
  json.note("(there are more)");
  json.err("line 2: really");
  expect(err).toEqual(['{"note":"(there are more)"}']);
  json.end();
  json.end();
  expect(out).toEqual(["[]"]);
  expect(err.slice(1)).toEqual(['{"error":"it is not good\\nline 2: really"}']);
});

const main = join(import.meta.dir, "..", "main.ts");
const noConfig = "/nowhere.yaml";

test("a reader that has gone is no fault, and takes nothing from what the exit code says", async () => {
  for (const [words, code] of [
    [["schema"], 0],
    [["run", "--help"], 0],
    [["check", noConfig, "--json"], 2],
  ] as const) {
    // It begins when its reader has surely gone.
    const child = Bun.spawn(["sh", "-c", 'read -r go; exec "$@"', "sh", process.execPath, main, ...words], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    await child.stdout.cancel();
    child.stdin.write("go\n");
    child.stdin.end();
    expect([words, await new Response(child.stderr).text(), await child.exited]).toEqual([words, "", code]);
  }
});

test.skipIf(process.platform !== "linux")("a disk that is full is told in a line", async () => {
  for (const words of [["schema"], ["version"], ["check", noConfig, "--json"]]) {
    const child = Bun.spawn(["sh", "-c", 'exec "$@" > /dev/full', "sh", process.execPath, main, ...words], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const said = await new Response(child.stderr).text();
    expect([await child.exited, said]).toEqual([1, expect.stringMatching(/^sluice: stdout cannot be written: .*\n$/)]);
  }
});

test("who has nothing to say of a failure says nothing", () => {
  const { err, json } = heard();
  json.end();
  json.err("");
  json.end();
  expect(err).toEqual([]);
});

/** Arguments that are understood, so that what fails is the command. */
const likely: Readonly<Record<string, string>> = {
  ...{ server: "app/a:1", weight: "1", request: "http://shop.test/", "column=value": "gpc0=1", patch: "a=1" },
  ...{ file: "/nowhere.yaml", files: "/nowhere.yaml" },
};

function wordsOf(command: Command, above: readonly string[] = []): string[][] {
  const path = [...above, command.name()];
  const isOurs = command.options.some(({ long }) => long === "--json") && command.name() !== "version";
  const args = command.registeredArguments.map((each) => likely[each.name()] ?? "x");
  const isRemote = command.options.some(({ long }) => long === "--admin");
  const place = isRemote ? ["--admin", "127.0.0.1:1"] : [];
  const required = command.options.filter(({ mandatory }) => mandatory).flatMap(({ long }) => [long!, "/nowhere"]);
  const own = isOurs ? [[...path.slice(1), ...args, ...place, ...required, "--json"]] : [];
  return [...own, ...command.commands.flatMap((each) => wordsOf(each, path))];
}

// `top` ends the process itself: it is tried out in processes of its own.
const all = wordsOf(buildProgram(() => {})).filter(([first]) => first !== "top");

test("there are commands to be tried", () => {
  expect(all.length).toBeGreaterThan(40);
  expect(all).toContainEqual(["drain", "app/a:1", "--admin", "127.0.0.1:1", "--json"]);
});

for (const words of all)
  test(`${words.slice(0, 2).join(" ")} ...: a failure is JSON on stderr, or a report on stdout`, async () => {
    const { out, err, json } = heard();
    let code = 0;
    try {
      await buildProgram((ended) => (code = ended), json).parseAsync(words, { from: "user" });
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      code = error.exitCode;
    }
    json.end();
    expect([words, code]).not.toEqual([words, 0]);
    const said = err.map((line) => JSON.parse(line) as { error?: string; note?: string });
    const failures = said.filter(({ error }) => error !== undefined);
    expect(failures.length).toBe(out.length === 0 ? 1 : 0);
    if (out.length > 0) expect(JSON.parse(out.join("\n"))).toMatchObject({ ok: false });
  });

test("what is not understood at all is JSON too", async () => {
  const { err, json } = heard();
  const program = buildProgram(() => {}, json);
  await expect(program.parseAsync(["drian", "--json"], { from: "user" })).rejects.toThrow();
  json.end();
  expect(err.length).toBe(1);
  expect(JSON.parse(err[0]!)).toEqual({
    error: "unknown command 'drian'\n(Did you mean drain?)\n(sluice --help lists commands and options)",
  });
});
