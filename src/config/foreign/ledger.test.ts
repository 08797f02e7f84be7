import { expect, test } from "bun:test";
import { Ledger } from "./ledger.ts";

test("each keyword counts once, under what needs the operator most", () => {
  const ledger = new Ledger();
  ledger.keep(["a"]);
  ledger.keep(["b"]);
  ledger.approximate(["b"], "it is smaller here");
  ledger.keep(["b"]);
  ledger.approximate(["c"], "it is slower here");
  ledger.refuse(["c"], "it is not built yet");
  ledger.unknown(["d"], "is no keyword");
  ledger.lose(["e"]);
  expect(ledger.counts()).toEqual({ kept: 1, approximated: 1, refused: 2, unknown: 1 });
});

test("an element of a list is counted with its list, and told by itself", () => {
  const ledger = new Ledger();
  ledger.keep(["list"]);
  ledger.approximate(["list", 0], "x");
  ledger.approximate(["list", 2], "x");
  expect(ledger.counts()).toEqual({ kept: 0, approximated: 1, refused: 0, unknown: 0 });
  expect(ledger.findings.map(({ path }) => path)).toEqual([
    ["list", 0],
    ["list", 2],
  ]);
});

test("what is told twice in the same words is told once", () => {
  const ledger = new Ledger();
  for (const _ of [1, 2]) ledger.approximate(["a"], "x");
  ledger.approximate(["a"], "y");
  expect(ledger.findings).toEqual([
    { severity: "warning", path: ["a"], part: "value", message: "is approximated: x" },
    { severity: "warning", path: ["a"], part: "value", message: "is approximated: y" },
  ]);
});

test("a warning of our own leaves a keyword kept, an error does not", () => {
  const ledger = new Ledger();
  for (const key of ["a", "b"]) ledger.keep([key]);
  ledger.judged({ severity: "warning", path: ["a"], part: "value", message: "is old" });
  ledger.judged({ severity: "error", path: ["b"], part: "value", message: "is wrong" });
  expect(ledger.counts()).toMatchObject({ kept: 1, refused: 1 });
  expect(ledger.findings).toHaveLength(2);
});
