import { expect, test } from "bun:test";
import { formatNamed } from "./formats.ts";
import type { LogFormat, Recorded } from "./recorded.ts";
import { type Lack, Told } from "./told.ts";

function format(name: string): LogFormat {
  const found = formatNamed(name);
  if (!found.ok) throw new Error(found.message);
  return found.value;
}

const recorded: Recorded = {
  ...{ atMs: 1, durationMs: 0, client: "192.0.2.1", connection: "", listener: "", method: "GET", target: "/" },
  ...{ host: "", fields: [], status: 200, bytesReceived: 0, bytesSent: 1 },
};

function lacks(asked: string, seen: readonly (readonly [LogFormat, Partial<Recorded>])[]): Lack[] {
  const told = new Told([asked]);
  for (const [of, more] of seen) told.see({ ...recorded, ...more }, of);
  expect(told.requests).toBe(seen.length);
  return told.lacks();
}

const combined = format("combined");
const caddy = format("caddy");

test("what no line of a format has is lacking, and only where it is so", () => {
  const referer: Partial<Recorded> = { fields: [["Referer", "x"]] };
  const asked = "headers['referer']";
  const absent = { what: asked, instead: "it was absent" };
  expect(
    lacks(asked, [
      [combined, {}],
      [combined, {}],
    ]),
  ).toEqual([{ ...absent, requests: 2, formats: ["combined"] }]);
  expect(
    lacks(asked, [
      [combined, {}],
      [combined, referer],
    ]),
  ).toEqual([]);
  expect(
    lacks(asked, [
      [combined, {}],
      [format("sluice"), referer],
    ]),
  ).toEqual([{ ...absent, requests: 1, formats: ["combined"] }]);
});

test("a format that has all fields lacks none, but for those that it keeps secret", () => {
  expect(lacks("headers['x']", [[caddy, {}]])).toEqual([]);
  expect(lacks("headers[…]", [[caddy, {}]])).toEqual([]);
  expect(lacks("headers[…]", [[combined, {}]])).toHaveLength(1);
  expect(lacks("cookies['a']", [[caddy, { fields: [["Cookie", "REDACTED"]] }]])).toHaveLength(1);
  expect(lacks("cookies['a']", [[caddy, { fields: [["Cookie", "a=b"]] }]])).toEqual([]);
});

test("what stood in the place of other things is said", () => {
  const instead = (asked: string, more: Partial<Recorded> = {}, of: LogFormat = combined): string | undefined =>
    lacks(asked, [[of, more]])[0]?.instead;
  expect(instead("host")).toBe('it was "localhost"');
  expect(instead("host", { host: "a" })).toBeUndefined();
  expect(instead("srcPort")).toContain("49152");
  expect(instead("conn_cur", { durationMs: 5 })).toBeUndefined();
  expect(instead("contentLength", { bytesReceived: 5 })).toBeUndefined();
  expect(instead("contentLength")).toBe("it was absent");
  for (const asked of ["user", "tls.sni", "version", "requestId", "peer", "dst", "response.headers['x']", "pools"])
    expect([asked, instead(asked, {}, caddy)]).toEqual([asked, expect.any(String)]);
  for (const asked of ["tls.hello", "path", "src", "secure"])
    expect([asked, instead(asked)]).toEqual([asked, undefined]);
  const nginx = format("$remote_addr $time_iso8601 $uri $status");
  for (const asked of ["method", "query", "params['a']", "bytes_out_rate"]) {
    expect([asked, instead(asked, {}, nginx)]).toEqual([asked, expect.any(String)]);
    expect([asked, instead(asked, {}, combined)]).toEqual([asked, undefined]);
  }
});
