import { expect, test } from "bun:test";
import { Command, Option } from "commander";
import { bashCompletion } from "./bash.ts";
import { fishCompletion } from "./fish.ts";
import { allCommands, wordsOf } from "./words.ts";
import { zshCompletion } from "./zsh.ts";

function program(): Command {
  const root = new Command("sluice").description("a program");
  root.command("run").argument("[file]", "a config").option("-c, --config <file>", "a config: it's [one]");
  root.command("drain").argument("<server>", "a server");
  const table = root.command("table").description("tables");
  table
    .command("show")
    .argument("<name>", "of the table")
    .addOption(new Option("--as <format>", "its format").choices(["json", "text"]))
    .option("--all", "all of it")
    .option("--limit <number>", "so many");
  root.command("rules").command("off").argument("<rule>", "a rule");
  root.command("secret", { hidden: true });
  return root;
}

test("commands, options and what may stand for their values", () => {
  const words = wordsOf(program());
  expect(allCommands(words).map(({ path }) => path)).toEqual([
    "",
    "run",
    "drain",
    "table",
    "table show",
    "table help",
    "rules",
    "rules off",
    "rules help",
    "help",
  ]);
  const [, run, drain, , show, , , off] = allCommands(words);
  expect(run!.values).toEqual({ kind: "file" });
  expect(run!.options[0]).toMatchObject({ flags: ["-c", "--config"], values: { kind: "file" } });
  expect(drain!.values).toEqual({ kind: "names", names: "servers" });
  expect(show!.values).toEqual({ kind: "names", names: "tables" });
  expect(off!.values).toEqual({ kind: "names", names: "rules" });
  expect(show!.options.slice(0, 3).map(({ values }) => values)).toEqual([
    { kind: "choices", choices: ["json", "text"] },
    null,
    { kind: "anything" },
  ]);
});

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

for (const [shell, scriptOf] of Object.entries(shells)) {
  test(`${shell}: the script`, () => {
    const script = scriptOf(wordsOf(program()));
    expect(script).toMatchSnapshot();
    expect(script).not.toContain("secret");
  });

  test.skipIf(Bun.which(shell) === null)(
    `${shell}: what people write into descriptions does not end a text of the shell's`,
    () => {
      const description = 'it\'s `id` $(id) \\ "x" [y]: z';
      const root = new Command("sluice").description(description);
      root.command("run").description(description).option("-x, --xx <file>", description);
      const checked = Bun.spawnSync([shell, "-n", "/dev/stdin"], { stdin: Buffer.from(scriptOf(wordsOf(root))) });
      expect([checked.exitCode, checked.stderr.toString()]).toEqual([0, ""]);
    },
  );
}
