import { expect, test } from "bun:test";
import { shortOf, shortPathOf } from "./short.ts";

test("a body is told as JSON, and none as nothing", () => {
  expect(shortOf({ address: "192.0.2.1", reason: "abuse" })).toBe('{"address":"192.0.2.1","reason":"abuse"}');
  expect(shortOf(undefined)).toBe("");
});

test("a long one is cut", () => {
  const text = shortOf({ text: "x".repeat(10_000) });
  expect(text.length).toBe(500);
  expect(text).toEndWith("…");
});

test("secrets are left out: by their place in a config, by the name of their key, in addresses", () => {
  const text = shortOf({
    admin: { token: "hush-hush-hush-hush" },
    listeners: { web: { auth: { users: { ann: "hush" } } } },
    other: { apiKey: "hush", note: "redis://user:hush@127.0.0.1/0" },
  });
  expect(text).not.toContain("hush");
  expect(text).toContain("(redacted)");
});

test("in a patch too, whose path says what a value is", () => {
  const patch = [
    { op: "replace", path: "/admin/token", value: "hush-hush-hush-hush" },
    { op: "add", path: "/listeners/web/auth/users/ann", value: "hush" },
    { op: "add", path: "/listeners/web/auth", value: { users: { ann: "hush" } } },
    { op: "add", path: "/pools/app/servers/-", value: "10.0.0.1:80" },
  ];
  const text = shortOf(patch);
  expect(text).not.toContain("hush");
  expect(text).toContain('"10.0.0.1:80"');
});

test("a path has its query, but no secrets in it", () => {
  const path = shortPathOf(new URL("http://a/api/v1/tables/marked?where=gpc0+%3E+0&token=hush"));
  expect(path).toStartWith("/api/v1/tables/marked?where=");
  expect(path).not.toContain("hush");
  expect(shortPathOf(new URL("http://a/api/v1/reload"))).toBe("/api/v1/reload");
});
