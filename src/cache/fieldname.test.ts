import { expect, test } from "bun:test";
import { latin1, responseHead } from "../../test/cacheheads.ts";
import { cacheField, cacheFieldAt, isNamed, nextField, valueEnd, valueStart } from "./fieldname.ts";

test("every field has the name that its key says", () => {
  for (const [key, id] of Object.entries(cacheField)) {
    if (id === cacheField.other) continue;
    const name = key === "setCookie2" ? "Set-Cookie2" : key.replace(/[A-Z]/g, (letter) => `-${letter}`);
    const head = responseHead(200, `${name}: 1`, `x${name}: 2`);
    expect([key, cacheFieldAt(head, 0), cacheFieldAt(head, 1)]).toEqual([key, id, cacheField.other]);
  }
});

test("what names another URL or method to servers does so in any spelling with _", () => {
  for (const [name, id] of [
    ["X_Original_URL", cacheField.xOriginalUrl],
    ["x-rewrite_url", cacheField.xRewriteUrl],
    ["X_HTTP-METHOD_Override", cacheField.xHttpMethodOverride],
    ["x_http_method", cacheField.xHttpMethod],
    ["X_Method-Override", cacheField.xMethodOverride],
    ["X_Original", cacheField.other],
    ["Y_Original_URL", cacheField.other],
  ] as const)
    expect([name, cacheFieldAt(responseHead(200, `${name}: 1`), 0)]).toEqual([name, id]);
});

test("fields are found one after the other, with their values", () => {
  const head = responseHead(200, "Vary: a", "Server: x", "VARY:  b ", "Content-Length: 0");
  const first = nextField(head, cacheField.vary, 0);
  const second = nextField(head, cacheField.vary, first + 1);
  expect([first, second, nextField(head, cacheField.vary, second + 1)]).toEqual([0, 2, -1]);
  expect(latin1(head.bytes, valueStart(head, second), valueEnd(head, second))).toBe("b");
});

test("names are compared without case, and only letters have one", () => {
  const head = responseHead(200, "X_Key^: 1", "X~key^: 1");
  const name = Buffer.from("x_key^");
  expect(isNamed(head, 0, name)).toBe(true);
  expect(isNamed(head, 1, name)).toBe(false);
});
