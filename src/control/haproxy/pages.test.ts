import { expect, test } from "bun:test";
import type { HaproxyPage } from "../../config/types.ts";
import { silentLog } from "../log.ts";
import { statPage } from "./page.ts";
import { openPageDoor } from "./pagedoor.ts";
import { StatsPage } from "./pages.ts";
import { sample } from "./sample.ts";

const usual: HaproxyPage = { uri: "/stats", users: [], realm: "Here", hideVersion: false, scope: [] };

function stage(more: Partial<HaproxyPage> = {}) {
  const { services, stat } = sample();
  const clock = { nowMs: 0, isStarting: false };
  const page = new StatsPage(
    { ...usual, ...more },
    {
      ...{ services, rows: () => stat.rows(), nowMs: () => clock.nowMs, isStarting: () => clock.isStarting },
      status: () => ({ version: "1.2.3", uptimeSeconds: 3700 }),
    },
  );
  const ask = (path: string, password?: string, method = "GET"): Response | null => {
    const headers: Record<string, string> =
      password === undefined ? {} : { authorization: `Basic ${btoa(`ann:${password}`)}` };
    return page.answer(new Request(`http://localhost${path}`, { method, headers }), "10.0.0.9", "/");
  };
  return { page, ask, clock };
}

test("the page is at its path, as data behind a semicolon, and nowhere else", async () => {
  const { ask } = stage({ refresh: "5s" });
  const page = ask("/stats")!;
  const html = await page.text();
  expect(html).toContain('<a href="/">console</a>');
  expect(html).toContain("version 1.2.3, up for 1h 1m.");
  expect(page.headers.get("refresh")).toBe("5");
  expect(page.headers.get("content-security-policy")).toStartWith("default-src 'none'; style-src 'sha256-");
  expect(ask("/stats;norefresh")!.headers.get("refresh")).toBeNull();
  expect(await ask("/stats;csv;norefresh")!.text()).toStartWith("# pxname,svname,");
  expect(JSON.parse(await ask("/stats;json")!.text())).toHaveLength(7);
  expect([ask("/"), ask("/statsx"), ask("/other")]).toEqual([null, null, null]);
  expect(ask("/stats", undefined, "POST")!.status).toBe(405);
});

test("HAProxy's usual path has a question mark in it", async () => {
  const { ask, page } = stage({ uri: "/haproxy?stats" });
  expect(await ask("/haproxy?stats;csv")!.text()).toStartWith("# pxname");
  expect(ask("/haproxy")).toBeNull();
  expect(page.operations().map(({ path }) => path)).toEqual(["/haproxy"]);
});

test("at the root of the admin interface the console stays", () => {
  const paths = stage({ uri: "/" })
    .page.operations()
    .map(({ path }) => path);
  expect(paths).not.toContain("/");
  expect(paths).toContain("/;csv");
});

test("users are asked for, and a peer that guesses is not heard for a while", async () => {
  const { ask, clock, page } = stage({ users: [{ user: "ann", password: "secret" }], realm: "Our numbers" });
  expect(page.operations().every(({ isOpen }) => isOpen === true)).toBe(true);
  expect(ask("/stats")!.headers.get("www-authenticate")).toBe('Basic realm="Our numbers"');
  expect(ask("/stats", "secret")!.status).toBe(200);
  const guesses = Array.from({ length: 12 }, () => ask("/stats", "wrong")!.status);
  expect([guesses[0], guesses.at(-1)]).toEqual([401, 429]);
  expect(ask("/stats", "secret")!.status).toBe(429);
  clock.nowMs += 120_000;
  expect(ask("/stats", "secret")!.status).toBe(200);
});

test("only what is in its scope is shown, and no version where that is hidden", async () => {
  const { ask } = stage({ scope: ["app"], hideVersion: true });
  const html = await ask("/stats")!.text();
  expect(html).not.toContain("1.2.3");
  expect([html.includes(">app "), html.includes(">web ")]).toEqual([true, false]);
});

test("names and what servers answered are text", () => {
  const row = { pxname: "<b>", svname: "x'\"&", status: "DOWN", last_chk: "<script>alert(1)</script>", type: 2 };
  const options = { version: null, uptimeSeconds: 1, node: "<i>", uri: '/"><u>', console: null };
  const html = statPage([row], options);
  for (const markup of ["<b>", "<script", "<i>", "<u>"]) expect(html).not.toContain(markup);
});

const service = { unreadiness: () => null, metrics: () => "sluice_up 1\n" };

test("an address of its own has the page and nothing else", async () => {
  const { page } = stage();
  const door = openPageDoor(
    { kind: "tcp", host: "127.0.0.1", port: 0 },
    { pages: [page], metricsAt: new Set(), service, log: silentLog() },
  );
  const { port } = door.address as { port: number };
  const html = await (await fetch(`http://127.0.0.1:${port}/stats`)).text();
  expect(html).toContain("Sluice on ");
  expect(html).not.toContain(">console<");
  for (const path of ["/", "/metrics", "/api/v1/status"])
    expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(404);
  await door.close();
});

test("metrics are at their paths where HAProxy's exporter had them, beside a page that asks for its users", async () => {
  const { page } = stage({ users: [{ user: "ann", password: "secret" }] });
  const door = openPageDoor(
    { kind: "tcp", host: "127.0.0.1", port: 0 },
    { pages: [page], metricsAt: new Set(["/figures"]), service, log: silentLog() },
  );
  const { port } = door.address as { port: number };
  const ask = (path: string, method = "GET"): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`, { method });
  expect(await (await ask("/figures?scope=global")).text()).toBe("sluice_up 1\n");
  expect((await ask("/figures", "POST")).status).toBe(405);
  const others = ["/stats", "/metrics", "/healthz", "/", "/api/v1/status", "/api/v1/config"];
  expect(await Promise.all(others.map(async (path) => (await ask(path)).status))).toEqual([
    401, 404, 404, 404, 404, 404,
  ]);
  expect(await (await ask("/")).json()).toEqual({ error: "here is a statistics page and metrics, and nothing else" });
  await door.close();
});

test("while Sluice starts there is nothing to show, and whoever may not see it is told no more than ever", () => {
  const { ask, clock } = stage({ users: [{ user: "ann", password: "secret" }] });
  clock.isStarting = true;
  expect([ask("/stats;csv", "secret")!.status, ask("/stats;csv")!.status]).toEqual([503, 401]);
  clock.isStarting = false;
  expect(ask("/stats;csv", "secret")!.status).toBe(200);
});
