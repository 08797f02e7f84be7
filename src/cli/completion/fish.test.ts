import { expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fishCompletion } from "./fish.ts";
import type { CommandWords } from "./words.ts";

const none = { commands: [], options: [], values: null, description: "" } as const;
const drain: CommandWords = {
  ...{ ...none, name: "drain", path: "drain", description: "it's one" },
  values: { kind: "names", names: "servers" },
};
const all: CommandWords = { ...none, name: "sluice", path: "", commands: [drain] };

test("a line tells at which command a word may stand, and what it is", () => {
  const lines = fishCompletion(all).split("\n");
  expect(lines).toContain("set -g __sluice_paths 'drain'");
  expect(lines).toContain("complete -c sluice -n '__sluice_at' -a drain -d 'it\\'s one'");
  expect(lines).toContain(
    "complete -c sluice -n '__sluice_at drain' -a '(sluice completion names servers 2> /dev/null)'",
  );
});

test.skipIf(Bun.which("fish") === null)("names are offered as they are, and nothing in them is run", () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-fish-"));
  try {
    const names = ["app/$(touch pwned)", "app/(touch pwned)", "app/a b; touch pwned", "app/127.0.0.1:80"];
    writeFileSync(join(folder, "names"), names.map((name) => `${name}\n`).join(""));
    writeFileSync(join(folder, "sluice"), `#!/bin/sh\ncat ${folder}/names\n`);
    chmodSync(join(folder, "sluice"), 0o755);
    writeFileSync(join(folder, "completion"), fishCompletion(all));
    const program = "cd $argv[1]; source completion; complete -C 'sluice drain '";
    const env = { ...process.env, HOME: folder, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
    const ended = Bun.spawnSync(["fish", "--no-config", "-c", program, folder], { env });
    expect(ended.stdout.toString().trimEnd().split("\n").toSorted()).toEqual(names.toSorted());
    expect(readdirSync(folder)).not.toContain("pwned");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
