import { expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bashCompletion } from "./bash.ts";
import type { CommandWords } from "./words.ts";

const none = { commands: [], options: [], values: null } as const;

/** What bash offers behind `sluice drain ` and this, where a running Sluice has these names. */
function offered(names: readonly string[], typed: string): { readonly words: string[]; readonly left: string[] } {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bash-"));
  try {
    const drain: CommandWords = {
      ...none,
      name: "drain",
      path: "drain",
      description: "",
      values: { kind: "names", names: "servers" },
    };
    const all: CommandWords = { ...none, name: "sluice", path: "", description: "", commands: [drain] };
    writeFileSync(join(folder, "names"), names.map((name) => `${name}\n`).join(""));
    writeFileSync(join(folder, "sluice"), `#!/bin/sh\ncat ${folder}/names\n`);
    chmodSync(join(folder, "sluice"), 0o755);
    writeFileSync(join(folder, "completion"), bashCompletion(all));
    const program = `cd ${folder}; source completion; COMP_LINE="sluice drain $1"; COMP_POINT=\${#COMP_LINE}; COMP_WORDS=(./sluice drain "\${1##*:}"); COMP_CWORD=2; _sluice; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const ended = Bun.spawnSync(["bash", "-c", program, "bash", typed]);
    const words = ended.stdout
      .toString()
      .split("\n")
      .filter((word) => word !== "");
    return { words, left: readdirSync(folder).sort() };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.skipIf(Bun.which("bash") === null)("names are offered as they are, quoted, and nothing in them is run", () => {
  const names = [
    "app/$(touch pwned)",
    "app/`touch pwned`",
    'app/it\'s "x"',
    "app/a b; touch pwned",
    "app/*",
    "web/one",
  ];
  const { words, left } = offered(names, "app/");
  expect(left).toEqual(["completion", "names", "sluice"]);
  expect(words).toEqual([
    "app/\\$\\(touch\\ pwned\\)",
    "app/\\`touch\\ pwned\\`",
    'app/it\\\'s\\ \\"x\\"',
    "app/a\\ b\\;\\ touch\\ pwned",
    "app/\\*",
  ]);
});

test.skipIf(Bun.which("bash") === null)("behind a colon, which ends a word, only the rest is offered", () => {
  const names = ["app/127.0.0.1:8081", "app/127.0.0.1:8082", "app/127.0.0.1:9000"];
  expect(offered(names, "app/127.0.0.1:80").words).toEqual(["8081", "8082"]);
});
