import { expect, test } from "bun:test";
import { isVariables, readDotenv } from "./dotenv.ts";

function read(text: string): unknown {
  const document = readDotenv(text);
  return document.ok ? document.value : document.faults;
}

test("names have values, in quotes or not, and comments are none", () => {
  const text =
    '# all\n\nA=1\nexport B = two words # why\r\nC="a \\"b\\" # c" # d\nD=\'$x \\n\'\nE=\nF=a#b\nA=2\nG=a=b\n';
  expect(read(text)).toEqual({
    A: "2",
    B: "two words",
    C: 'a "b" # c',
    D: "$x \\n",
    E: "",
    F: "a#b",
    G: "a=b",
  });
});

test("what is no such line is told where it stands", () => {
  expect(read("A=1\nnothing\nB='x\n")).toEqual([
    { at: 4, message: "must be a line such as PROXY_PORT=8080" },
    { at: 12, message: "B has a quote without its end" },
  ]);
});

test("of a name that stands there twice the last counts, and is where mistakes are told", () => {
  const document = readDotenv("A=1\nexport A=22\n");
  if (!document.ok) throw new Error("it can be read");
  expect(document.places.find(["A"], "key")).toEqual({ line: 2, column: 8 });
  expect(document.places.find(["A"], "value")).toEqual({ line: 2, column: 10 });
});

test("lines are shown without passwords, in the same places", () => {
  const text = "GRAFANA_PASSWORD=secret\nREDIS_URL=redis://user:secret@host:1/0\nX=:secret@h";
  const document = readDotenv(text);
  if (!document.ok) throw new Error("it can be read");
  expect([1, 2, 3].map((line) => document.places.line(line))).toEqual([
    "GRAFANA_PASSWORD=******",
    "REDIS_URL=redis://************host:1/0",
    "X=********h",
  ]);
  expect(document.value).toMatchObject({ GRAFANA_PASSWORD: "secret" });
});

test("a text is a file of variables when it is nothing else and names one of those asked for", () => {
  const names = ["PROXY_PORT"];
  expect(isVariables("# a\nPROXY_PORT=1\nA=b\n", names)).toBe(true);
  expect(isVariables("A=b\n", names)).toBe(false);
  expect(isVariables("PROXY_PORT=1\nlisteners:\n", names)).toBe(false);
  expect(isVariables("", names)).toBe(false);
});
