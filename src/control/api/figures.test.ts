import { expect, test } from "bun:test";
import { Chronicle } from "../events/chronicle.ts";
import type { Sampling } from "../figures/sampling.ts";
import { silentLog } from "../log.ts";
import { figuresOperations } from "./figures.ts";
import { routesOfOperations } from "./router.ts";
import { changesAnswer } from "./shape/change.ts";
import type { ServerFigures, ServersAnswer } from "./shape/figures.ts";

function server(pool: string, name: string, over: Partial<ServerFigures> = {}): ServerFigures {
  return {
    ...{ pool, name, address: name, state: "up", reason: null, since: "1970-01-01T00:00:00.000Z" },
    ...{ isEligible: true, isBackup: false, weight: 1, active: 0, requests: 0, errors: 0, meanMs: null },
    ...over,
  };
}

function stage(isStarting = false) {
  const chronicle = new Chronicle(silentLog(), () => 0);
  const servers = [
    server("app", "10.0.0.1:80"),
    server("app", "db.test:80", { address: "10.0.0.2:80", state: "down", reason: "connecting failed: Refused" }),
    server("static", "10.0.0.1:81", { state: "draining" }),
  ];
  const sampling = {
    figures: () => Promise.resolve(isStarting ? null : { requests: 7 }),
    servers: () => servers,
  } as unknown as Sampling;
  const routes = routesOfOperations(
    figuresOperations({ sampling, chronicle, past: { answer: () => ({ everySeconds: 10, moments: [] }) } }),
  );
  const ask = async (path: string) => {
    const url = new URL(`http://localhost/api/v1/${path}`);
    const response = (await routes(new Request(url.href), url.pathname))!;
    return { status: response.status, body: (await response.json()) as unknown };
  };
  return { ask, chronicle };
}

test("figures are answered, and while there are none it is said why", async () => {
  expect(await stage().ask("figures")).toEqual({ status: 200, body: { requests: 7 } });
  expect(await stage(true).ask("figures")).toEqual({
    status: 503,
    body: { error: "there are no figures yet: Sluice is starting, or ending" },
  });
  expect((await stage(true).ask("servers")).status).toBe(503);
});

test("servers are found by pool, state and any part of what is known of them", async () => {
  const { ask } = stage();
  const names = async (query: string) => {
    const { body } = (await ask(`servers?${query}`)) as { body: ServersAnswer };
    return [body.servers.map(({ name }) => name), body.matching];
  };
  expect(await names("")).toEqual([["10.0.0.1:80", "db.test:80", "10.0.0.1:81"], 3]);
  expect(await names("pool=app")).toEqual([["10.0.0.1:80", "db.test:80"], 2]);
  expect(await names("state=down")).toEqual([["db.test:80"], 1]);
  expect(await names("find=10.0.0.2")).toEqual([["db.test:80"], 1]);
  expect(await names("find=REFUSED")).toEqual([["db.test:80"], 1]);
  expect(await names("find=10.0.0.1&limit=1")).toEqual([["10.0.0.1:80"], 2]);
  expect((await ask("servers?state=gone")).status).toBe(400);
});

test("changes are the newest first", async () => {
  const { ask, chronicle } = stage();
  for (const text of ["one", "two", "three"]) chronicle.log.info(text);
  const { body } = await ask("changes?limit=2");
  expect(changesAnswer.safeParse(body).error).toBeUndefined();
  expect(body).toMatchObject({ changes: [{ text: "three" }, { text: "two" }] });
});
