import { expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { commandProblem, mentionProblem, sluiceProblem } from "./commands.ts";
import { readPages, root } from "./pages.ts";
import { commandsIn, shellLines } from "./shell.ts";

const pages = readPages();
/** Others are no shell: output, drawings, heads. */
const shells = new Set(["sh", "console"]);

for (const { name, blocks, words } of pages) {
  const told = blocks
    .filter(({ language }) => shells.has(language))
    .flatMap(({ at, text }) => shellLines(text).map((line) => ({ at: `${at}+${line.line + 1}`, words: line.words })));
  const mentions = words.filter(({ text }) => /^(?:[A-Z_]+=\S+ )*(?:bin\/)?sluice [a-z]/.test(text));
  // With others before or behind them on their line, too.
  const others = words
    .filter(({ text }) => /^(?:npm run|node scripts|bun) \S|[|&;] sluice /.test(text))
    .flatMap(({ at, text }) => commandsIn(text).map((each) => ({ at, words: each })));
  if (told.length + mentions.length + others.length > 0)
    test(`commands in ${name} are commands`, () => {
      const problems = [
        ...[...told, ...others].map((each) => [each.at, each.words.join(" "), commandProblem(each.words)]),
        ...mentions.map(({ at, text }) => [at, text, mentionProblem(commandsIn(text)[0]!.slice(1))]),
      ].filter(([, , problem]) => problem !== null);
      expect(problems).toEqual([]);
    });
}

test("commands that files of examples/ and deploy/ name at their top, or anywhere, are commands", () => {
  const said: [string, string, string | null][] = [];
  for (const folder of ["examples", "deploy"])
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })) {
      const path = join(root, folder, name);
      if (!statSync(path).isFile() || name.endsWith(".md")) continue;
      // Those on a line of their own end before what is said of them, behind two spaces; those in a sentence stand in quotes.
      const comments = readFileSync(path, "utf8").matchAll(/^ *(?:#|\/\/) (.*)$/gm);
      for (const [, comment] of comments)
        for (const [text] of comment!.matchAll(
          /(?<=^ *| {2})(?:[A-Z_]+=\S+ )*sluice [a-z]\S*(?: \S+)*|(?<=`)sluice [^`]+/g,
        ))
          said.push([name, text, mentionProblem(commandsIn(text)[0]!.slice(1))]);
    }
  expect(said.filter(([, , problem]) => problem !== null)).toEqual([]);
  expect(said.length).toBeGreaterThan(15);
});

test("what the unit, the image, the pods and the containers start are commands", () => {
  const lists = ["deploy/Dockerfile", "deploy/compose.yaml", "deploy/kubernetes/deployment.yaml"].flatMap((path) =>
    [...readFileSync(join(root, path), "utf8").matchAll(/^ *(?:CMD|command:|args:) (\[(?!"?\/bin).*\])$/gm)].map(
      ([, list]) => parse(list!) as string[],
    ),
  );
  const unit = readFileSync(join(root, "deploy/systemd/sluice.service"), "utf8");
  const lines = [...unit.matchAll(/^Exec\w+=\S+\/sluice (.*)$/gm)].map(([, words]) => words!.split(" "));
  const all = [...lists, ...lines];
  expect(all.map((words) => words[0])).toEqual([
    ...["run", "gopherproxy", "sentinel", "run"],
    ...["check", "run", "reload"],
  ]);
  expect(all.map(sluiceProblem).filter((problem) => problem !== null)).toEqual([]);
});

test("there are commands to be looked at", () => {
  const all = pages.flatMap(({ blocks }) => blocks.flatMap(({ text }) => shellLines(text)));
  expect(all.filter(({ words }) => /sluice$/.test(words[0]!)).length).toBeGreaterThan(80);
});

test("a command that there is not, an option that there is not, and an argument too many are found", () => {
  expect(sluiceProblem(["tables", "ls"])).toContain("unknown command");
  expect(sluiceProblem(["table", "ls", "--al"])).toContain("unknown option");
  expect(sluiceProblem(["table", "get", "marked"])).toContain("missing required argument");
  expect(sluiceProblem(["status", "more"])).toContain("too many arguments");
  expect(sluiceProblem(["table", "show", "marked", "--limit", "0"])).toContain("from 1 to 999999999");
  expect(sluiceProblem(["egress", "ls", "[POOL]", "[--json]"])).toBeNull();
  expect(sluiceProblem(["--listen", ":8080", "--to", "127.0.0.1:8081"])).toBeNull();
  expect(mentionProblem(["table", "get"])).toBeNull();
  expect(mentionProblem(["table", "gt"])).not.toBeNull();
  expect(commandProblem(["npm", "run", "nothing"])).toContain("no script");
  expect(commandProblem(["node", "scripts/bun.mjs", "nothing.ts"])).toContain("does not exist");
  expect(commandProblem(["bun", "test/nothing.ts"])).toContain("does not exist");
  expect(commandProblem(["bun", "test"])).toBeNull();
});

test("lines are taken apart as a shell does", () => {
  expect(commandsIn(`A=1 sluice ban 192.0.2.1 --reason 'port scans' | tail -1 && npm test # twice`)).toEqual([
    ["sluice", "ban", "192.0.2.1", "--reason", "port scans"],
    ["tail", "-1"],
    ["npm", "test"],
  ]);
  expect(commandsIn("sluice backtest 'a > 3' --from - < access.log > out 2>&1")).toEqual([
    ["sluice", "backtest", "a > 3", "--from", "-"],
  ]);
  expect(shellLines("$ sluice status\nworkers 2\n$ sluice lists\n")).toEqual([
    { line: 0, words: ["sluice", "status"] },
    { line: 2, words: ["sluice", "lists"] },
  ]);
});
