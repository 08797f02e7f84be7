// Each NAME.cfg of fixtures/ is a configuration of HAProxy's, and beside it, in NAME.out, the config that is made from it and what
// `sluice check` says. After a wanted change: GOLDEN=write bun test src/config/foreign/haproxy/haproxy.test.ts, and read the diff.
// That HAProxy itself takes those that are meant for it is asked of it in test/e2e.

import { expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inOrder, problemLine } from "../../problem.ts";
import { judgeForeignText } from "../foreign.ts";
import { reportOf } from "../report.ts";
import { isHaproxy } from "./haproxy.ts";
import { tried } from "./translated.fixture.ts";

const folder = join(import.meta.dir, "fixtures");
const names = readdirSync(folder).filter((name) => name.endsWith(".cfg"));

function told(name: string): string {
  const judgement = judgeForeignText(readFileSync(join(folder, name), "utf8"), name, {});
  const problems = judgement.findings.map(({ severity, path, part, message }) => {
    const place = judgement.places.find(path, part);
    return { severity, file: name, place, key: judgement.keyOf(path), message, source: null };
  });
  const { input } = judgement.translation;
  const lines = inOrder(problems).map(problemLine);
  return [...lines, JSON.stringify(judgement.origin()), JSON.stringify(input, null, 2), ""].join("\n");
}

test("there are a dozen of them", () => {
  expect(names.length).toBeGreaterThanOrEqual(12);
});

for (const name of names)
  test(`${name} becomes what it always became`, () => {
    const output = told(name);
    const file = join(folder, name.replace(/cfg$/, "out"));
    if (process.env["GOLDEN"] === "write") writeFileSync(file, output);
    expect(output).toBe(readFileSync(file, "utf8"));
  });

for (const name of names)
  test(`every line of ${name} is in the report`, () => {
    const text = readFileSync(join(folder, name), "utf8");
    const judgement = judgeForeignText(text, name, {});
    const reported = new Set(reportOf(judgement, judgement.places).map(({ line }) => line));
    const lines = text.split("\n").map((line, index) => ({ line: line.trim(), number: index + 1 }));
    const missing = lines.filter(({ line, number }) => line !== "" && !/^[#.]/.test(line) && !reported.has(number));
    expect(missing).toEqual([]);
  });

test("a config of HAProxy's is known by its first words", () => {
  for (const text of [
    "global\n",
    "# x\n\ndefaults\n mode http",
    "  frontend web\n",
    "listen x 1.2.3.4:80",
    ".if 1\nglobal\n",
  ])
    expect([text, isHaproxy(text)]).toEqual([text, true]);
  for (const text of ["", "listeners:\n  web: {}", "[servers]", "global: true", "worker_processes 1;", "frontend"])
    expect([text, isHaproxy(text)]).toEqual([text, false]);
});

test("names that are no names of ours are changed, and kept apart", () => {
  const text = `listen a:b
 bind :1
 server s 127.0.0.1:9
listen a-b
 bind :2
 server s 127.0.0.1:9
listen _c
 bind :3,:4
 server s 127.0.0.1:9`;
  const { input } = tried(text);
  expect(Object.entries(input.listeners).map(([name, { listen, use }]) => [name, listen, use])).toEqual([
    ["a-b", "0.0.0.0:1", "a-b"],
    ["a-b-2", "0.0.0.0:2", "a-b-2"],
    ["c", "0.0.0.0:3", "c"],
    ["c-2", "0.0.0.0:4", "c"],
  ]);
});

test("a frontend that leads nowhere answers 503, and a backend for a table alone is no pool", () => {
  const { input, told: lines } = tried(`defaults
 mode http
 timeout client 1s
 timeout server 1s
 timeout connect 1s
frontend web
 bind :1
backend counts
 stick-table type ip size 1k store gpc0`);
  expect(input.pools!).toEqual({ "web.none": { reply: { status: 503 } } });
  expect(input.listeners["web"]?.use).toBe("web.none");
  expect(Object.keys(input.tables ?? {})).toEqual(["counts"]);
  expect(lines).toEqual([]);
});

test("a frontend and its backend must have one mode", () => {
  const { told: lines } = tried(
    "frontend web\n bind :1\n mode http\n timeout client 1s\n default_backend b\nbackend b\n server s 127.0.0.1:1",
  );
  expect(lines).toContain(
    "5:18 error b has mode tcp, and this frontend has mode http: give both one mode, as HAProxy wants it too",
  );
});

test("connections are closed after a request where every frontend of mode http has option httpclose", () => {
  const front = (name: string, option: string): string =>
    `frontend ${name}\n bind :${name.length}\n mode http\n timeout client 1s\n ${option}\n`;
  expect(tried(front("a", "option httpclose")).input.limits).toEqual({ requestsPerConnection: 1 });
  const mixed = tried(front("a", "option httpclose") + front("bb", "option http-keep-alive"));
  expect(mixed.input.limits).toBeUndefined();
  expect(mixed.told).toEqual([
    "1:10 warning a is approximated: connections of its clients are kept, for not every frontend has option httpclose",
  ]);
});
