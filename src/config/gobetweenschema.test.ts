import { expect, test } from "bun:test";
import type { GobetweenApiInput } from "./input.ts";
import { judge } from "./judge.ts";
import { keyText } from "./problem.ts";

function told(api: GobetweenApiInput, more: object = {}): string[] {
  const { findings } = judge({
    ...{ listeners: { web: { listen: ":80", use: "app" } }, pools: { app: { servers: ["a:1"] } } },
    ...{ gobetween: { api }, ...more },
  });
  return findings.map(({ path, message }) => `${keyText(path)} ${message}`);
}

test("a password is told without its value, and a user name has no colon", () => {
  expect(told({ user: "admin", password: "1111" })).toEqual([]);
  const [wrong] = told({ user: "admin", password: "hunter 2" });
  expect(wrong).toContain("gobetween.api.password must be a text");
  expect(wrong).not.toContain("hunter");
  expect(told({ user: "a:b" }).join()).toContain("gobetween.api.user must be a user name");
});

test("an address with TLS opens to the network with a token only, and is nobody else's", () => {
  const tls = { listen: ":8443", certificate: "a.pem", key: "a.key" };
  expect(told({ tls })[0]).toContain("gobetween.api.tls.listen is not a loopback address, so admin.token must be set");
  expect(told({ tls }, { admin: { token: "0123456789abcdefg" } })).toEqual([]);
  const taken = { admin: { token: "0123456789abcdefg" }, metrics: { listen: "127.0.0.1:8443" } };
  expect(told({ tls }, taken).join()).toContain("has the port of metrics.listen");
});

test("with the API there need not be a listener yet", () => {
  expect(judge({ listeners: {}, pools: {}, gobetween: { api: {} } }).config).not.toBeNull();
  expect(judge({ listeners: {}, pools: {}, gobetween: {} }).config).toBeNull();
});
