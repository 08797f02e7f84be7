import { describe, expect, test } from "bun:test";
import type { Address } from "../config/plan.ts";
import { Guard, type GuardOptions } from "./guard.ts";

const loopback: Address = { kind: "tcp", host: "127.0.0.1", port: 2112 };
const everywhere: Address = { kind: "tcp", host: "::", port: 2112 };
const token = "correct-horse-battery";

function stage(options: Partial<GuardOptions> = {}) {
  const clock = { nowMs: 0 };
  const guard = new Guard({ address: loopback, token: undefined, nowMs: () => clock.nowMs, ...options });
  const ask = (
    headers: Record<string, string> = {},
    more: { isChange?: boolean; isOpen?: boolean; isShared?: boolean; peer?: string; method?: string } = {},
  ) => {
    const { method = "GET" } = more;
    const request = new Request("http://a/", { method, headers: { host: "127.0.0.1:2112", ...headers } });
    const asked = { request, path: "/api/v1/status", peer: "192.0.2.1", isChange: false, isOpen: false, ...more };
    return guard.refusal(asked);
  };
  return { clock, ask };
}

const statusOf = (refusal: ReturnType<Guard["refusal"]>): number => refusal?.status ?? 200;

describe("names of one's own", () => {
  const hosts = ["Sluice.example.com"];

  test("may be asked for on loopback beside its own, by a page that came over TLS too", () => {
    const { ask } = stage({ hosts });
    expect(ask()).toBeNull();
    expect(ask({ host: "sluice.example.com" })).toBeNull();
    expect(ask({ host: "sluice.example.com", origin: "https://sluice.example.com" })).toBeNull();
    expect(ask({ host: "127.0.0.1:2112", origin: "https://127.0.0.1:2112" })?.status).toBe(403);
    expect(ask({ host: "rebound.example" })?.status).toBe(403);
  });

  test("are the only ones off loopback, where without them any is good", () => {
    const off = { address: everywhere, token };
    const headers = { authorization: `Bearer ${token}` };
    const listed = stage({ ...off, hosts });
    expect(listed.ask({ ...headers, host: "sluice.example.com:2112" })).toBeNull();
    expect(listed.ask({ ...headers, host: "192.0.2.7:2112" })?.message).toContain("admin.hosts");
    expect(stage(off).ask({ ...headers, host: "192.0.2.7:2112" })).toBeNull();
  });
});

describe("a change that a browser asks for", () => {
  test.each([
    [{ "sec-fetch-site": "same-origin" }, 403],
    [{ "sec-fetch-site": "same-origin", "sluice-console": "1" }, 200],
    [{ "sec-fetch-site": "same-site", "sluice-console": "1" }, 403],
    [{ "sec-fetch-site": "none", "sluice-console": "1" }, 403],
    [{ "sec-fetch-site": "cross-site", "sluice-console": "1" }, 403],
    [{ origin: "http://127.0.0.1:2112", "sluice-console": "1" }, 200],
    [{ origin: "http://127.0.0.1:2112" }, 403],
    [{ origin: "http://localhost:2112", "sluice-console": "1" }, 403],
    [{}, 200],
  ] as const)("with %j is %d", (headers, status) => {
    const { ask } = stage();
    expect(statusOf(ask(headers as Record<string, string>, { isChange: true }))).toBe(status);
  });
});

test("a link from elsewhere leads to what tells nothing, and to no more", () => {
  const { ask } = stage({ token });
  const headers = { "sec-fetch-site": "cross-site" };
  expect(ask(headers, { isOpen: true })).toBeNull();
  expect(ask(headers)?.status).toBe(403);
  expect(ask({ ...headers, origin: "http://evil.example" }, { isOpen: true })?.status).toBe(403);
});

test("requests of one peer are let through at the rate that was set, and others' are not counted to it", () => {
  const { ask, clock } = stage({ rate: { count: 10, overMs: 1000 } });
  for (let count = 0; count < 40; count++) expect(ask()).toBeNull();
  const message = "too many requests (admin.rateLimit): ask again in 1 s";
  expect(ask()).toEqual({ status: 429, message, waitMs: 100 });
  expect(ask({}, { peer: "192.0.2.2" })).toBeNull();
  clock.nowMs = 100;
  expect([ask(), ask()?.status]).toEqual([null, 429]);
});

test("without a rate any number is let through", () => {
  const { ask } = stage({ rate: null });
  expect(Array.from({ length: 1000 }, () => statusOf(ask())).every((status) => status === 200)).toBe(true);
});

test("who shows none is told that one is needed, and who shows another that it is not the one", () => {
  const { ask } = stage({ token });
  expect(ask()?.message).toBe("a token is required: send Authorization: Bearer TOKEN");
  expect(ask({ authorization: "Bearer wrong" })?.message).toBe("this is not the token that admin.token says");
});

test("after ten wrong tokens none is looked at, until some time has passed", () => {
  const { ask, clock } = stage({ token });
  const shown = (text: string): number => statusOf(ask({ authorization: `Bearer ${text}` }));
  for (let count = 0; count < 10; count++) expect(shown("wrong")).toBe(401);
  expect(shown(token)).toBe(429);
  expect(ask({ authorization: "Bearer x" })?.message).toBe("too many wrong tokens: ask again in 6 s");
  clock.nowMs = 6000;
  expect([shown(token), shown("wrong"), shown(token)]).toEqual([200, 401, 429]);
});

describe("user and password", () => {
  const credentials = { user: "admin", password: "1111" };
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });

  test("are asked for on loopback too, together or the password as a token", () => {
    const { ask } = stage({ credentials });
    expect(ask(basic("admin:1111"))).toBeNull();
    expect(ask({ authorization: "Bearer 1111" })).toBeNull();
    expect(ask()?.status).toBe(401);
    for (const wrong of ["admin:1112", "admin:", "root:1111", "admin", ":1111", "admin:1111:"])
      expect([wrong, ask(basic(wrong))?.status]).toEqual([wrong, 401]);
    expect(ask({}, { isOpen: true })).toBeNull();
  });

  test("cannot be guessed for long, and stand beside a token", () => {
    const { ask, clock } = stage({ credentials, token });
    expect(ask({ authorization: `Bearer ${token}` })).toBeNull();
    for (let guess = 0; guess < 10; guess++) expect(ask(basic(`admin:${guess}`))?.status).toBe(401);
    expect(ask(basic("admin:1111"))?.status).toBe(429);
    clock.nowMs += 60_000;
    expect(ask(basic("admin:1111"))).toBeNull();
  });

  test("a page of another origin may ask what is shared, where it shows them itself", () => {
    const { ask } = stage({ credentials });
    const page = { origin: "https://page.test", "sec-fetch-site": "cross-site" };
    const shown = { ...page, ...basic("admin:1111") };
    const json = { "content-type": "application/json" };
    expect(ask(shown, { isShared: true })).toBeNull();
    expect(ask(shown)?.status).toBe(403);
    expect(ask(page, { isShared: true })?.status).toBe(403);
    expect(ask({ ...shown, ...json }, { isShared: true, isChange: true, method: "POST" })).toBeNull();
    expect(ask(shown, { isShared: true, isChange: true, method: "DELETE" })).toBeNull();
    // What a browser would send with a password that it keeps, unasked.
    expect(ask(shown, { isShared: true, isChange: true, method: "POST" })?.status).toBe(403);
    expect(ask({ ...shown, host: "rebound.test" }, { isShared: true })?.status).toBe(403);
  });
});

test("where it speaks TLS its own pages came over that", () => {
  const { ask } = stage({ isSecure: true });
  expect(ask({ origin: "https://127.0.0.1:2112" })).toBeNull();
  expect(ask({ origin: "http://127.0.0.1:2112" })?.status).toBe(403);
});
