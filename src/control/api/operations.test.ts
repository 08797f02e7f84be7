import { describe, expect, test } from "bun:test";
import type { AdminService } from "../adminservice.ts";
import { adminOperations } from "./operations.ts";
import { Router } from "./router.ts";

const servers = [
  { name: "127.0.0.1:80", isEligible: true },
  { name: "127.0.0.1:81", isEligible: false },
];
const status = {
  ...{ version: "1.2.3", state: "ready", generation: 4 },
  workers: [{ worker: 0 }],
  listeners: [{ name: "web" }],
  pools: [{ name: "app", servers }],
};

class FakeService {
  why: string | null = null;
  readonly orders: string[] = [];
  status = () => status;
  certificates = () => ({ certificates: [], problems: ["a.pem is bad"] });
  metrics = () => "a 1\n";
  unreadiness = () => this.why;
  steer = (pool: string, server: string, order: string) => {
    this.orders.push(`${order} ${server} of ${pool}`);
    return pool === "app" ? null : `there is no pool ${pool}`;
  };
}

function stage() {
  const service = new FakeService();
  const router = new Router(adminOperations(service as unknown as AdminService, []));
  const ask = async (path: string, method = "GET") => {
    const request = new Request(`http://a${path}`, { method });
    const found = router.find(method, new URL(request.url).pathname);
    if (found?.kind !== "operation") throw new Error(`nothing answers ${method} ${path}`);
    const { response } = await router.answer(request, found, "192.0.2.1");
    const text = await response.text();
    const isJson = response.headers.get("content-type") === "application/json";
    return { status: response.status, told: (isJson ? JSON.parse(text) : text) as unknown };
  };
  return { service, ask, router };
}

test("parts of the status are told by themselves", async () => {
  const { ask } = stage();
  expect(await ask("/api/v1/status")).toEqual({ status: 200, told: status });
  expect((await ask("/api/v1/workers")).told).toEqual({ workers: status.workers });
  expect((await ask("/api/v1/listeners")).told).toEqual({ listeners: status.listeners });
  expect((await ask("/api/v1/pools")).told).toEqual({ pools: status.pools });
  expect((await ask("/api/v1/pools/app")).told).toEqual(status.pools[0]);
  expect((await ask("/api/v1/pools/app/servers")).told).toEqual({ pool: "app", servers });
  expect((await ask("/api/v1/pools/app/servers/127.0.0.1%3A81")).told).toEqual(servers[1]);
  expect((await ask("/api/v1/certificates")).told).toEqual({ certificates: [], problems: ["a.pem is bad"] });
});

test("a pool or a server that is not there is refused with the one that was meant", async () => {
  const { ask } = stage();
  expect(await ask("/api/v1/pools/ap")).toEqual({
    status: 404,
    told: { error: 'there is no pool ap; did you mean "app"?' },
  });
  expect((await ask("/api/v1/pools/ap/servers")).status).toBe(404);
  expect((await ask("/api/v1/pools/app/servers/127.0.0.1:8")).told).toEqual({
    error: 'pool app has no server 127.0.0.1:8; did you mean "127.0.0.1:80"?',
  });
});

test("servers are drained and enabled", async () => {
  const { ask, service } = stage();
  expect(await ask("/api/v1/pools/app/servers/a%3A1/drain", "POST")).toEqual({
    status: 200,
    told: { pool: "app", server: "a:1", order: "drain", eligible: 1 },
  });
  expect(await ask("/api/v1/pools/web/servers/a:1/enable", "POST")).toEqual({
    status: 404,
    told: { error: "there is no pool web" },
  });
  expect(service.orders).toEqual(["drain a:1 of app", "enable a:1 of web"]);
});

describe("what everybody may read", () => {
  test("is told with whatever query a machine sends", async () => {
    const { ask, service } = stage();
    expect(await ask("/metrics?name%5B%5D=a")).toEqual({ status: 200, told: "a 1\n" });
    expect(await ask("/healthz?from=balancer")).toEqual({ status: 200, told: "ok\n" });
    service.why = "draining";
    expect(await ask("/readyz")).toEqual({ status: 503, told: "not ready: draining\n" });
  });

  test("needs no token where it says nothing; metrics do", () => {
    const { operations } = stage().router;
    const open = operations.filter(({ isOpen }) => isOpen === true).map(({ path }) => path);
    expect(open).toEqual(expect.arrayContaining(["/healthz", "/readyz", "/"]));
    expect(open.filter((path) => path.startsWith("/api") || path === "/metrics")).toEqual([]);
  });
});

test("the page and the document tell of all operations, those that others have too", async () => {
  const { ask, router } = stage();
  const page = (await ask("/api")).told as string;
  const document = (await ask("/api/v1/openapi.json")).told as { info: object; paths: object };
  expect(document.info).toMatchObject({ version: "1.2.3" });
  for (const { path } of router.operations) {
    expect(page).toContain(`>${path}<`);
    expect(Object.keys(document.paths)).toContain(path);
  }
});
