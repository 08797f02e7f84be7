import { expect, test } from "bun:test";
import { materials } from "../../../test/runtime/secure.ts";
import { ContextShelf, type ContextTerms, makeContext } from "./context.ts";

function terms(changes: Partial<ContextTerms> = {}): ContextTerms {
  const { server } = materials();
  return {
    chains: [server.cert],
    keys: [server.key],
    ca: "",
    minVersion: "1.2",
    maxVersion: "1.3",
    ciphers: "",
    sessionTickets: true,
    ...changes,
  };
}

test("terms that cannot be used are an error that says why", () => {
  expect(() => makeContext(terms({ keys: ["no key"] }))).toThrow();
  expect(() => makeContext(terms({ ciphers: "NO-SUCH-CIPHER" }))).toThrow();
  expect(makeContext(terms({ ca: "system" }))).toBeObject();
});

test("a context is made once, and handed on for as long as each plan asks for it", () => {
  const shelf = new ContextShelf();
  const first = shelf.take("one", () => terms());
  expect(shelf.take("one", () => terms())).toBe(first);
  shelf.turn();
  expect(shelf.take("one", () => terms())).toBe(first);
  shelf.turn();
  shelf.turn();
  expect(shelf.size).toBe(0);
  expect(shelf.take("one", () => terms())).not.toBe(first);
});
