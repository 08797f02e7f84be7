import { expect, test } from "bun:test";
import { layoutOf, logTextMax, readLogParts } from "./logformat.ts";

const parts = (text: string): unknown => {
  const reading = readLogParts(text);
  return reading.ok ? reading.value : reading.message;
};

test("a text is what stands between aliases, fields, headers and variables", () => {
  expect(parts("a %ci: %[fault] %[header:X-Id:9] %[var?:txn.a] 5%%")).toEqual([
    { kind: "text", text: "a " },
    { kind: "alias", name: "ci", isQuoted: false },
    { kind: "text", text: ": " },
    { kind: "field", field: "fault", isQuoted: false },
    { kind: "text", text: " " },
    { kind: "header", name: "x-id", bytesMax: 9, isQuoted: false, isBare: false },
    { kind: "text", text: " " },
    { kind: "var", name: "txn.a", bytesMax: 1024, isQuoted: false, isBare: true },
    { kind: "text", text: " 5%" },
  ]);
});

test("quotes are asked for one by one or for all that follows, and are about texts", () => {
  const quoted = (text: string): unknown => (parts(text) as { isQuoted?: boolean }[]).map((part) => part.isQuoted);
  expect(quoted("%{+Q}r%ST%r")).toEqual([true, false, false]);
  expect(quoted("%{+Q}o%{-Q}ci%r%ST%[host]")).toEqual([false, true, false, true]);
});

test("runs of spaces are one, and captures of HAProxy's are nothing", () => {
  expect(parts("  %bq %hr  %hs %r")).toEqual([
    { kind: "alias", name: "bq", isQuoted: false },
    { kind: "text", text: " " },
    { kind: "alias", name: "r", isQuoted: false },
  ]);
});

test("what is not known is told", () => {
  expect(parts("%zz")).toStartWith("has %zz, which is not known here");
  expect(parts("%[x]")).toStartWith("has %[x], which is no field");
  expect(parts("%[stauts]")).toEndWith('did you mean "status"?');
  expect(parts("%")).toStartWith("has a lone %");
  expect(parts("%[fault")).toStartWith("has no closing ]");
  expect(parts("%{+X}r")).toBe('has the flag "+X", and knows +Q and -Q');
  expect(parts("%ci\n")).toStartWith("must hold no control characters");
  expect(parts("%".repeat(logTextMax + 2))).toStartWith("must be a text of at most");
  expect(parts("%ci,".repeat(200))).toStartWith("must have at most");
});

test("formats by name have a line for exchanges, and that of tcplog for connections", () => {
  const { exchange, session } = layoutOf("httplog");
  expect(exchange).toContainEqual({ kind: "alias", name: "tsc", isQuoted: false });
  expect(session).toEqual(layoutOf("tcplog").exchange);
  expect(layoutOf("%ci").session).toEqual(layoutOf("%ci").exchange);
});
