import { expect, test } from "bun:test";
import { type Operation, wordedOperation } from "./api/operation.ts";
import { Router } from "./api/router.ts";
import { allowed, preflightOf, withLeave } from "./crossorigin.ts";

function operation(path: string, basic?: Operation["basic"]): Operation {
  return wordedOperation({
    ...{ id: path, method: "GET", path, summary: "x", tag: "x", answers: {} },
    ...(basic === undefined ? {} : { basic }),
    handle: () => new Response("x"),
  });
}

const router = new Router([operation("/shared", "shared"), operation("/own", "asked"), operation("/other")]);

function asked(path: string, method: string, headers: Record<string, string>): string | null {
  const request = new Request(`http://localhost${path}`, { method, headers });
  return preflightOf(request, (wanted) => router.find(wanted, path))?.path ?? null;
}

test("leave is asked for by OPTIONS with an origin and a method, for what is shared only", () => {
  const headers = { origin: "https://page.test", "access-control-request-method": "GET" };
  expect(asked("/shared", "OPTIONS", headers)).toBe("/shared");
  expect(asked("/own", "OPTIONS", headers)).toBeNull();
  expect(asked("/other", "OPTIONS", headers)).toBeNull();
  expect(asked("/nothing", "OPTIONS", headers)).toBeNull();
  expect(asked("/shared", "GET", headers)).toBeNull();
  expect(asked("/shared", "OPTIONS", { origin: "https://page.test" })).toBeNull();
  expect(asked("/shared", "OPTIONS", { "access-control-request-method": "GET" })).toBeNull();
  expect(asked("/shared", "OPTIONS", { ...headers, "access-control-request-method": "DELETE" })).toBeNull();
});

test("any origin has it, and never for what the browser keeps", () => {
  for (const { headers } of [allowed(), withLeave(new Response("x"))]) {
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(headers.has("access-control-allow-credentials")).toBe(false);
  }
  expect(allowed().headers.get("access-control-allow-headers")).toContain("Authorization");
});
