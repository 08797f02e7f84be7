import { expect, test } from "bun:test";
import type { CorsPlan } from "../config/plan.ts";
import { Cors } from "./cors.ts";

function cors(own: Partial<CorsPlan>): Cors {
  return new Cors({
    origins: ["https://app.example.com"],
    methods: ["GET", "PUT"],
    headers: ["*"],
    exposed: [],
    isWithCredentials: false,
    maxAgeS: 600,
    ...own,
  });
}

const texts = (lines: readonly { name: string; value: string }[]): string[] =>
  lines.map(({ name, value }) => `${name}: ${value}`);

test("an origin that is named may read, and no other", () => {
  const policy = cors({});
  expect(texts(policy.lines("https://app.example.com"))).toEqual([
    "Access-Control-Allow-Origin: https://app.example.com",
  ]);
  for (const origin of [
    null,
    "https://app.example.com.evil.test",
    "http://app.example.com",
    "null",
    "https://APP.example.com",
  ])
    expect(policy.lines(origin)).toEqual([]);
  expect(policy.isVarying).toBe(true);
});

test("a family of origins is those below a name, of the same scheme and port", () => {
  const policy = cors({ origins: ["https://*.example.com", "http://*.local:8080"] });
  const may = (origin: string): boolean => policy.lines(origin).length > 0;
  expect(["https://a.example.com", "https://a.b.example.com", "http://x.local:8080"].map(may)).toEqual([
    true,
    true,
    true,
  ]);
  const others = [
    "https://example.com",
    "https://.example.com",
    "http://a.example.com",
    "https://a.example.com:444",
    "https://evil.test/.example.com",
    "https://evil.test?.example.com",
    "https://a@b.example.com",
    "http://x.local",
  ];
  expect(others.filter(may)).toEqual([]);
});

test("everybody may read what is for everybody, and the answer is the same for all", () => {
  const policy = cors({ origins: ["*"], exposed: ["X-Total", "Link"] });
  expect(texts(policy.lines("https://anybody.test"))).toEqual([
    "Access-Control-Allow-Origin: *",
    "Access-Control-Expose-Headers: X-Total, Link",
  ]);
  expect(policy.isVarying).toBe(false);
});

test("with credentials the origin is named", () => {
  const policy = cors({ origins: ["null", "https://a.test"], isWithCredentials: true });
  expect(texts(policy.lines("null"))).toEqual([
    "Access-Control-Allow-Origin: null",
    "Access-Control-Allow-Credentials: true",
  ]);
});

test("a preflight is told what it may, and what it asked for where anything goes", () => {
  expect(texts(cors({}).preflight("https://app.example.com", { method: "PUT", headers: "content-type, x-a" }))).toEqual(
    [
      "Access-Control-Allow-Origin: https://app.example.com",
      "Access-Control-Allow-Methods: GET, PUT",
      "Access-Control-Allow-Headers: content-type, x-a",
      "Access-Control-Max-Age: 600",
      "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    ],
  );
  const some = cors({ headers: ["X-A"], methods: ["*"], origins: ["*"] });
  expect(texts(some.preflight("https://b.test", { method: "PATCH", headers: "x-b" }))).toEqual([
    "Access-Control-Allow-Origin: *",
    "Access-Control-Allow-Methods: PATCH",
    "Access-Control-Allow-Headers: X-A",
    "Access-Control-Max-Age: 600",
    "Vary: Access-Control-Request-Method, Access-Control-Request-Headers",
  ]);
  expect(texts(cors({}).preflight("https://b.test", { method: "PUT", headers: null }))).toEqual([
    "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
  ]);
});
