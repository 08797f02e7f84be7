import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Bans } from "../bans.ts";
import { silentLog } from "../log.ts";
import { banOperations } from "./bans.ts";
import { routesOfOperations } from "./router.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function stage() {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bans-"));
  const told: (string | null)[] = [];
  const bans = await Bans.open({ folder, log: silentLog(), nowMs: Date.now, changed: (path) => void told.push(path) });
  ends.push(() => {
    bans.close();
    rmSync(folder, { recursive: true });
  });
  const routes = routesOfOperations(banOperations(bans, Date.now));
  const ask = async (method: string, path: string, body?: unknown): Promise<[number, Record<string, unknown>]> => {
    const url = `http://127.0.0.1${path}`;
    const request = new Request(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const response = (await routes(request, new URL(url).pathname))!;
    return [response.status, (await response.json()) as Record<string, unknown>];
  };
  return { bans, told, ask, routes };
}

test("a ban is made, shown and lifted, and each answer comes when workers have been told", async () => {
  const { ask, bans, told } = await stage();
  const [created, body] = await ask("POST", "/api/v1/bans", {
    address: "10.1.2.3/24",
    for: "1h",
    reason: "scans",
    by: "ann",
  });
  expect([created, told]).toEqual([201, [bans.path]]);
  expect(body).toMatchObject({ ban: { address: "10.1.2.0/24", reason: "scans", by: "ann" }, former: null });
  const [replaced, again] = await ask("POST", "/api/v1/bans", { address: "10.1.2.0/24" });
  expect([replaced, again["ban"], again["former"]]).toMatchObject([200, { until: null }, { reason: "scans" }]);
  expect(await ask("GET", "/api/v1/bans")).toMatchObject([200, { bans: [{ address: "10.1.2.0/24" }] }]);
  expect(await ask("DELETE", "/api/v1/bans/10.1.2.0%2F24")).toMatchObject([200, { ban: { address: "10.1.2.0/24" } }]);
  expect([told.length, bans.path]).toEqual([3, null]);
  expect(await ask("GET", "/api/v1/bans")).toEqual([200, { bans: [], matching: 0 }]);
});

test("what applies to an address can be asked for", async () => {
  const { ask } = await stage();
  for (const address of ["10.0.0.0/8", "10.0.0.1", "11.0.0.1"]) await ask("POST", "/api/v1/bans", { address });
  const [, body] = await ask("GET", "/api/v1/bans?address=10.0.0.1");
  expect(body).toMatchObject({ bans: [{ address: "10.0.0.0/8" }, { address: "10.0.0.1" }] });
  expect(await ask("GET", "/api/v1/bans?address=x")).toMatchObject([400, {}]);
});

test("bans are found by what stands in them and by an address, and of many the last are told, with how many there are", async () => {
  const { ask } = await stage();
  for (const [address, reason, by] of [
    ["10.0.0.0/8", "Scrapers of the shop", "ann"],
    ["192.0.2.10", "port scans", "bob"],
    ["2001:db8::/32", "", ""],
  ])
    await ask("POST", "/api/v1/bans", { address, reason, by });
  const found = async (query: string): Promise<unknown> => {
    const [, { bans, matching }] = await ask("GET", `/api/v1/bans?${query}`);
    return [(bans as readonly { address: string }[]).map(({ address }) => address), matching];
  };
  expect(await found("find=SCRAPERS")).toEqual([["10.0.0.0/8"], 1]);
  expect(await found("find=bob")).toEqual([["192.0.2.10"], 1]);
  expect(await found("find=2.1")).toEqual([["192.0.2.10"], 1]);
  expect(await found("find=10.9.9.9")).toEqual([["10.0.0.0/8"], 1]);
  expect(await found("find=192.0.2.0/24")).toEqual([["192.0.2.10"], 1]);
  expect(await found("find=nobody")).toEqual([[], 0]);
  expect(await found("limit=2")).toEqual([["192.0.2.10", "2001:db8::/32"], 3]);
  expect(await found("limit=1&find=s")).toEqual([["192.0.2.10"], 2]);
  for (const query of ["limit=0", "limit=x", "fnd=x"]) expect((await ask("GET", `/api/v1/bans?${query}`))[0]).toBe(400);
});

test("an unban tells of a wider ban that still holds, or holds instead", async () => {
  const { ask } = await stage();
  for (const address of ["10.0.0.0/8", "10.0.0.1"]) await ask("POST", "/api/v1/bans", { address });
  expect(await ask("DELETE", "/api/v1/bans/10.0.0.1")).toMatchObject([200, { around: { address: "10.0.0.0/8" } }]);
  expect(await ask("DELETE", "/api/v1/bans/10.0.0.1")).toEqual([
    404,
    { error: "10.0.0.1 is not banned by itself, but 10.0.0.0/8 is: unban that" },
  ]);
  expect(await ask("DELETE", "/api/v1/bans/11.0.0.1")).toEqual([404, { error: "11.0.0.1 is not banned" }]);
  expect(await ask("DELETE", "/api/v1/bans/10.0.0.0/8")).toMatchObject([200, { around: null }]);
});

test("what is no ban is refused with a sentence", async () => {
  const { ask, routes } = await stage();
  expect((await ask("POST", "/api/v1/bans", { address: "127.0.0.1" }))[0]).toBe(422);
  expect((await ask("POST", "/api/v1/bans", { address: "127.0.0.1", force: true }))[0]).toBe(201);
  expect((await ask("POST", "/api/v1/bans", [1]))[0]).toBe(400);
  expect((await ask("PUT", "/api/v1/bans"))[0]).toBe(405);
  expect((await ask("DELETE", "/api/v1/bans/%zz"))[0]).toBe(400);
  expect((await ask("GET", "/api/v1/bans/10.0.0.1"))[0]).toBe(405);
  expect(routes(new Request("http://127.0.0.1/api/v1/tables"), "/api/v1/tables")).toBeNull();
});
