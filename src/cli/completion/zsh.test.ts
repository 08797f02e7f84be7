import { expect, test } from "bun:test";
import type { CommandWords } from "./words.ts";
import { zshCompletion } from "./zsh.ts";

const none = { commands: [], options: [], values: null, description: "" } as const;

test("each command has a function, which a command above it calls by its name", () => {
  const show: CommandWords = {
    ...{ ...none, name: "show", path: "table show", values: { kind: "names", names: "tables" } },
    options: [
      { flags: ["-a", "--all"], description: "all [of it]", values: null },
      { flags: ["--as"], description: "how", values: { kind: "choices", choices: ["json", "text"] } },
    ],
  };
  const table: CommandWords = { ...none, name: "table", path: "table", description: "it's: one", commands: [show] };
  const script = zshCompletion({ ...none, name: "sluice", path: "", commands: [table] });
  for (const line of [
    "_sluice() {",
    "    table) _sluice_table ;;",
    "    'table:it'\\''s: one'",
    "    show) _sluice_table_show ;;",
    // Either spelling rules out the other, and brackets end no description.
    "    '(-a --all)'{-a,--all}'[all \\[of it\\]]' \\",
    "    '--as[how]:choices:(json text)' \\",
    "    '*:tables:_sluice_names tables'",
  ])
    expect(script.split("\n")).toContain(line);
});

test("it works as a file of $fpath and when it is sourced", () => {
  const script = zshCompletion({ ...none, name: "sluice", path: "" });
  expect(script).toStartWith("#compdef sluice\n");
  expect(script).toEndWith(
    '\nif [ "$funcstack[1]" = "_sluice" ]; then _sluice "$@"; else compdef _sluice sluice; fi\n',
  );
});
