import { describe, expect, test } from "bun:test";
import {
  dateOf,
  nowMs,
  policyOf,
  requestFacts,
  requestHead,
  responseFacts,
  responseHead,
} from "../../test/cacheheads.ts";
import { Freshness } from "./freshness.ts";
import type { CachePolicy } from "./policy.ts";
import { isOfAll, reason, reasonWords, whyNotStored } from "./storing.ts";
import { VaryNames } from "./vary.ts";

const silent = policyOf();

interface Asked {
  readonly line?: string;
  readonly request?: readonly string[];
  readonly status?: number;
  readonly policy?: CachePolicy;
  readonly isBypassed?: boolean;
}

/** The word for why a response with these fields is not stored. */
function why(fields: readonly string[], asked: Asked = {}): string {
  const { line = "GET /", request = [], status = 200, policy = silent, isBypassed = false } = asked;
  const head = responseHead(status, ...fields);
  const response = responseFacts(head);
  const freshness = new Freshness();
  freshness.read(response, policy, nowMs, nowMs);
  const vary = new VaryNames().read(head, response);
  const asking = requestFacts(requestHead(line, ...request));
  return reasonWords[whyNotStored(asking, response, head, freshness, policy, vary, isBypassed)]![0];
}

const fresh = "Cache-Control: max-age=60";
const modified = `Last-Modified: ${dateOf(-1000)}`;
const cookie = { request: ["Cookie: a=b"] };
const authorization = { request: ["Authorization: Basic x"] };

describe("what is stored and what not", () => {
  const rows: readonly (readonly [string, readonly string[], Asked?])[] = [
    ["stored", [fresh]],
    ["stored", [`Expires: ${dateOf(60)}`]],
    ["stored", [`Last-Modified: ${dateOf(-1000)}`]],
    ["method", [fresh], { line: "HEAD /" }],
    ["method", [fresh], { line: "POST /" }],
    ["bypass", [fresh], { isBypassed: true }],
    ["no-store", [`${fresh}, no-store`]],
    ["request-no-store", [fresh], { request: ["Cache-Control: no-store"] }],
    ["stored", [fresh], { request: ["Cache-Control: no-store"], policy: policyOf({ honorsRequests: false }) }],
    ["stored", [fresh], { request: ["Cache-Control: no-cache"] }],
    ["private", [`${fresh}, private`]],
    ["private", [`${fresh}, private="content-type"`]],
    ["stored", [`${fresh}, private="x-user"`]],
    ["authorization", [fresh], authorization],
    ["stored", [`${fresh}, public`], authorization],
    ["stored", [`${fresh}, must-revalidate`], authorization],
    ["stored", ["Cache-Control: s-maxage=5"], authorization],
    ["authorization", [`${fresh}, proxy-revalidate`], authorization],
    ["stored", ["CDN-Cache-Control: public, max-age=5", "Cache-Control: private"], authorization],
    ["set-cookie", [fresh, "Set-Cookie: a=b"]],
    ["set-cookie", [fresh, "Set-Cookie2: a=b"]],
    ["stored", [fresh, "Set-Cookie: a=b"], { policy: policyOf({ dropsCookies: true }) }],
    ["stored", [`${fresh}, no-cache="set-cookie"`, "Set-Cookie: a=b"]],
    ["vary-star", [fresh, "Vary: *"]],
    ["vary-star", [fresh, "Vary: a, *, b"]],
    ["vary-unreadable", [fresh, "Vary: a;b"]],
    ["stored", [fresh, "Vary: a, b"]],
    ["partial", [fresh, "Content-Range: bytes 0-1/2"], { status: 206 }],
    // Elsewhere it means nothing (RFC 9110 section 14.4).
    ["stored", [fresh, "Content-Range: bytes 0-1/2"], { status: 200 }],
    ["stored", [fresh, "Content-Range: x"]],
    // What forwarding writes says who the client is.
    ["vary-client", [fresh, "Vary: Accept, X-Forwarded-For"]],
    ["vary-client", [fresh, "Vary: forwarded"]],
    ["stored", [fresh, "Vary: X-Forwarded-Proto, X-Forwarded-Host"]],
    ["vary-star", [fresh, "Vary: X-Request-Id, *"]],
    // Nobody but the origin can say of a page that it is for all who have cookies.
    ["cookie", [modified, "Content-Type: text/html"], cookie],
    ["cookie", [modified], cookie],
    ["cookie", ['ETag: "a"', "Content-Type: Application/JSON ; charset=utf-8"], cookie],
    ["cookie", [modified, "Content-Type: application/hal+json"], cookie],
    ["stored", [modified, "Content-Type: image/svg+xml"], cookie],
    ["stored", [modified, "Content-Type: text/css"], cookie],
    ["stored", [modified, "Content-Type: text/html"]],
    ["stored", [modified, "Content-Type: text/html", "Cache-Control: public"], cookie],
    ["stored", [fresh, "Content-Type: text/html"], cookie],
    ["stored", [modified, `Expires: ${dateOf(60)}`, "Content-Type: text/html"], cookie],
    ["stored", ["Content-Type: text/html"], { ...cookie, policy: policyOf({ defaultTtlMs: 1000 }) }],
    ["not-modified", [fresh], { status: 304 }],
    ["status", [fresh], { status: 103 }],
    ["no-lifetime", [`Date: ${dateOf(0)}`]],
    ["no-lifetime", ['ETag: "a"'], { status: 500 }],
    ["stored", ['ETag: "a"']],
    ["stored", ["Cache-Control: max-age=0", 'ETag: "a"']],
    ["stored", ["Cache-Control: no-cache", `Last-Modified: ${dateOf(-60)}`]],
    ["stale", ["Cache-Control: max-age=0"]],
    ["stale", ["Expires: 0"]],
    ["stale", ["Cache-Control: max-age=60, no-cache"]],
    ["stale", ["Cache-Control: max-age=60", "Age: 60"]],
    ["stored", ["Cache-Control: max-age=60", "Age: 59"]],
    ["stored", ["Cache-Control: max-age=0, stale-while-revalidate=5"]],
    ["stored", ["Cache-Control: max-age=0"], { policy: policyOf({ staleIfErrorMs: 5000 }) }],
    ["stale", ["Cache-Control: max-age=0, must-revalidate"], { policy: policyOf({ staleIfErrorMs: 5000 }) }],
    ["stale", ["Cache-Control: s-maxage=0"], { policy: policyOf({ staleIfErrorMs: 5000 }) }],
    ["too-large", [fresh, "Content-Length: 1000000"]],
    ["stored", [fresh, "Content-Length: 999000"]],
    ["stored", [fresh], { request: ["Range: bytes=0-1"] }],
  ];
  for (const [wanted, fields, asked] of rows)
    test(`${wanted}: ${fields.join(" | ")} ${JSON.stringify({ ...asked, policy: asked?.policy?.plan.dropsCookies })}`, () =>
      expect(why(fields, asked)).toBe(wanted));
});

test("must-understand takes the place of no-store where the status is one that we know (RFC 9111 section 5.2.2.3)", () => {
  const fields = ["Cache-Control: max-age=60, must-understand, no-store"];
  for (const status of [200, 204, 301, 308, 404, 417, 421, 425, 426, 428, 429, 431, 451, 500, 511])
    expect([status, why(fields, { status })]).toEqual([status, "stored"]);
  for (const status of [207, 299, 306, 310, 399, 418, 420, 427, 430, 499, 506, 599, 799])
    expect([status, why(fields, { status })]).toEqual([status, "status"]);
});

test("any final status is stored that says how long, but those about parts", () => {
  for (let status = 200; status < 1000; status++) {
    if (status === 206 || status === 304) continue;
    expect([status, why([fresh], { status })]).toEqual([status, "stored"]);
  }
});

test("every reason has a word of its own, a token, and a sentence", () => {
  expect(reasonWords.length).toBe(Object.keys(reason).length);
  expect(new Set(reasonWords.map(([word]) => word)).size).toBe(reasonWords.length);
  for (const [word, sentence] of reasonWords) {
    expect(word).toMatch(/^[a-z-]+$/);
    expect(sentence).toMatch(/^[A-Z].*\.$/);
  }
});

test("what is said of one request says nothing of the others, and what is said of a response does", () => {
  expect([reason.cookie, reason.authorization, reason.noRoom, reason.truncated].map(isOfAll)).not.toContain(true);
  expect([reason.private, reason.setCookie, reason.tooLarge, reason.varyStar].map(isOfAll)).not.toContain(false);
});
