// The commands against an admin interface with real bans and no workers. With a whole Sluice: test/e2e/bans.test.ts.

import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { banOperations } from "../control/api/bans.ts";
import { routesOfOperations } from "../control/api/router.ts";
import { Bans } from "../control/bans.ts";
import { silentLog } from "../control/log.ts";
import { ban, bans, bansText, unban } from "./bans.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function stage() {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bans-"));
  const held = await Bans.open({ folder, log: silentLog(), nowMs: Date.now, changed: () => {} });
  const routes = routesOfOperations(banOperations(held, Date.now));
  const fetch = async (request: Request): Promise<Response> => (await routes(request, new URL(request.url).pathname))!;
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch });
  ends.push(
    () => server.stop(true),
    () => held.close(),
    () => rmSync(folder, { recursive: true }),
  );
  const out: string[] = [];
  const err: string[] = [];
  const writer = {
    out: (text: string) => out.push(text),
    err: (text: string) => err.push(text),
    note: (text: string) => err.push(text),
  };
  return { held, options: { admin: `127.0.0.1:${server.port}` }, out, err, writer };
}

test("a ban says until when it holds, or how it is lifted", async () => {
  const { held, options, out, err, writer } = await stage();
  expect(await ban("10.0.0.5/8", { ...options, for: "1h", reason: "scans" }, writer)).toBe(0);
  expect(out[0]).toMatch(/^10\.0\.0\.0\/8 is banned until 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expect([...held.all()]).toMatchObject([{ reason: "scans" }]);
  expect(await ban("10.0.0.1", options, writer)).toBe(0);
  expect(out[1]).toBe("10.0.0.1 is banned until `sluice unban 10.0.0.1`");
  expect(await ban("10.0.0.1", { ...options, until: "2035-01-01T00:00:00Z" }, writer)).toBe(0);
  expect(out[2]).toBe("10.0.0.1 is banned until 2035-01-01T00:00:00Z; before, it was without an end");
  expect(err).toEqual([]);
});

test("what is no ban is told in the words of the command line, and is a mistake of usage", async () => {
  const { held, options, err, writer } = await stage();
  expect(await ban("nobody", options, writer)).toBe(2);
  expect(await ban("10.0.0.1", { ...options, for: "5" }, writer)).toBe(2);
  expect(await ban("127.0.0.1", options, writer)).toBe(2);
  expect(await ban("10.0.0.0/7", options, writer)).toBe(2);
  expect(err).toEqual([
    'sluice: "nobody" is not an IP address or a block such as 10.0.0.0/8',
    'sluice: --for must have a unit: write "5s" for seconds or "5ms" for milliseconds',
    "sluice: 127.0.0.1 holds loopback addresses: health checks and proxies on this machine come from there; say --force to ban it all the same",
    "sluice: 10.0.0.0/7 is wider than /8; say --force to ban it all the same",
  ]);
  expect(await ban("10.0.0.0/7", { ...options, force: true }, writer)).toBe(0);
  expect([...held.all()].map(({ block }) => block.text)).toEqual(["10.0.0.0/7"]);
});

test("an unban tells what it did, and of a wider ban that still holds", async () => {
  const { options, out, err, writer } = await stage();
  for (const address of ["10.0.0.0/8", "10.0.0.1"]) await ban(address, options, writer);
  expect(await unban("10.0.0.1", options, writer)).toBe(0);
  expect(await unban("10.0.0.1", options, writer)).toBe(1);
  expect(await unban("10.0.0.0/8", options, writer)).toBe(0);
  expect(await unban("x", options, writer)).toBe(2);
  expect(out.slice(2)).toEqual([
    "10.0.0.1 is banned no more, but it lies in 10.0.0.0/8, which still is",
    "10.0.0.0/8 is banned no more",
  ]);
  expect(err).toEqual([
    "sluice: 10.0.0.1 is not banned by itself, but 10.0.0.0/8 is: unban that",
    'sluice: "x" is not an IP address or a block such as 10.0.0.0/8',
  ]);
});

test("bans are shown as a table or as JSON, all or those of an address", async () => {
  const { options, out, err, writer } = await stage();
  expect(await bans(undefined, options, writer)).toBe(0);
  expect(err).toEqual(["nobody is banned"]);
  for (const address of ["10.0.0.0/8", "11.0.0.1"]) await ban(address, { ...options, reason: "why" }, writer);
  expect(await bans("10.0.0.1", { ...options, json: true }, writer)).toBe(0);
  expect(JSON.parse(out[2]!)).toMatchObject({ bans: [{ address: "10.0.0.0/8", reason: "why", until: null }] });
  expect(await bans("12.0.0.1", options, writer)).toBe(1);
  expect(await bans(undefined, options, writer)).toBe(0);
  expect(out[3]!.split("\n").length).toBe(3);
  const since = "2030-01-01T00:00:00.000Z";
  const text = bansText(
    [
      { address: "10.0.0.1", reason: "scans", by: "ann", since, until: "2030-01-01T02:30:00.400Z" },
      { address: "2001:db8::/32", reason: "", by: "", since, until: null },
    ],
    Date.parse("2030-01-01T01:00:00Z"),
  );
  expect(text.split("\n")).toEqual([
    "  ADDRESS        UNTIL                  LEFT  SINCE                 BY   REASON",
    "  10.0.0.1       2030-01-01T02:30:00Z  1h30m  2030-01-01T00:00:00Z  ann  scans",
    "  2001:db8::/32  -                         -  2030-01-01T00:00:00Z  -",
  ]);
});
