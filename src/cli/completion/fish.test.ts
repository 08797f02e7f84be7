import { expect, test } from "bun:test";
import { fishCompletion } from "./fish.ts";
import type { CommandWords } from "./words.ts";

const none = { commands: [], options: [], values: null } as const;

test("what people write into descriptions does not end a text of the shell's", () => {
  const description = 'it\'s `id` $(id) \\ "x" [y]: z';
  const run: CommandWords = { ...none, name: "run", path: "run", description };
  const words: CommandWords = {
    ...{ name: "sluice", path: "", description, commands: [run], values: null },
    options: [{ flags: ["-x", "--xx"], description, values: { kind: "file" } }],
  };
  const path = Bun.which("fish");
  if (path === null) return;
  const checked = Bun.spawnSync([path, "-n", "/dev/stdin"], { stdin: Buffer.from(fishCompletion(words)) });
  expect([checked.exitCode, checked.stderr.toString()]).toEqual([0, ""]);
});
