import { expect, test } from "bun:test";
import { portsTaken } from "../flow/egress/blame.ts";
import { sourceProblem, wayProblem } from "./sourcecheck.ts";

test("an address that this machine does not have cannot be bound to; of one that it has it is the ports", async () => {
  expect(await sourceProblem("192.0.2.1")).toBe("EADDRNOTAVAIL");
  expect(await sourceProblem("2001:db8::1")).toBe("EADDRNOTAVAIL");
  expect(await sourceProblem("127.0.0.9")).toBe(portsTaken);
});

test("where a way leads it is the ports, too", async () => {
  expect(await wayProblem("127.0.0.1")).toBe(portsTaken);
  // src/data/shortage.test.ts asks where none does.
});
