import { expect, test } from "bun:test";
import { ruleScene } from "./rules.fixture.ts";

const page = "listen numbers\n  mode http\n  bind :8404\n  stats enable\n";

test("a name made of samples is compared with every backend that it may be, but no page of statistics", () => {
  const { listener, told } = ruleScene("  use_backend %[hdr(host),lower]", {
    more: `backend other\n  mode http\n${page}`,
  });
  expect(told.filter((line) => line.startsWith("error"))).toEqual([]);
  expect(listener.request.at(-1)).toEqual({ if: "headers['host'].lowerAscii() == 'other'", use: "other" });
  expect(listener.request.map((rule) => rule["use"])).not.toContain("numbers");
});

test("only backends that begin and end as it is written are compared", () => {
  const { listener } = ruleScene("  use_backend o%[path,word(1,/)]r", { more: "backend other\n  mode http\n" });
  expect(listener.request.map((rule) => rule["use"])).toEqual(["other"]);
});

test("nothing leads to a page of statistics", () => {
  expect(ruleScene("  use_backend numbers if TRUE", { more: page }).told[0]).toBe(
    "error 1:1 is refused: statistics are shown by the admin interface, not at an address of traffic",
  );
});
