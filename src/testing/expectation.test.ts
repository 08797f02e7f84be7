import { expect, test } from "bun:test";
import type { TestExpectation } from "../config/types.ts";
import { differences } from "./expectation.ts";
import type { TestAnswer } from "./types.ts";

const answer: TestAnswer = {
  status: 200,
  headers: { "x-a": "b" },
  body: "hello",
  ending: "answered",
  pool: "app",
  server: "one:80",
  rule: "",
  fault: "",
  cache: "hit",
  calls: [{ server: "one:80", pool: "app", method: "GET", path: "/x", headers: { host: "a" }, body: "" }],
  took: 0,
  complaints: [],
  explanation: {},
};

const told = (expected: number | Partial<TestExpectation>, of: TestAnswer = answer): string[] =>
  differences(typeof expected === "number" ? expected : { headers: {}, ...expected }, of).map(
    (each) => `${each.what}: ${each.expected} / ${each.received}`,
  );

test("what is as expected has no differences", () => {
  expect(told(200)).toEqual([]);
  expect(
    told({
      status: 200,
      headers: { "X-A": "b", "x-b": false },
      body: { contains: "ell", matches: "^h" },
      pool: "app",
      server: "one:80",
      rule: "",
      cache: "hit",
      calls: 1,
      sent: { method: "GET", path: "/x", headers: { Host: "a" }, body: "" },
    }),
  ).toEqual([]);
});

test("each difference is a line of its own", () => {
  expect(
    told({
      status: 201,
      headers: { "x-a": false, "x-b": { contains: "c" } },
      body: "bye",
      pool: "",
      calls: 0,
      sent: { path: { matches: "^/y" }, headers: { host: "b" } },
    }),
  ).toEqual([
    "status: 201 / 200",
    'headers.x-a: not there / "b"',
    'headers.x-b: with "c" in it / not there',
    'body: "bye" / "hello"',
    'pool: "" / "app"',
    "calls: 0 / 1",
    'sent.path: like /^/y/ / "/x"',
    'sent.headers.host: "b" / "a"',
  ]);
});

test("where no answer came, or no server was asked, that is said", () => {
  const closed: TestAnswer = { ...answer, status: 0, ending: "closed", calls: [] };
  expect(told(403, closed)).toEqual(["status: 403 / none: the connection was closed"]);
  expect(told(0, closed)).toEqual([]);
  expect(told({ sent: { headers: {} } }, closed)).toEqual(["sent: a request at a server / no server was asked"]);
});
