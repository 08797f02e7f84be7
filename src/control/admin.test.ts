import { afterEach, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Address } from "../config/plan.ts";
import { type Admin, openAdmin } from "./admin.ts";
import type { AdminService } from "./adminservice.ts";
import { configOperations } from "./api/config.ts";
import type { AuditNote } from "./api/shape/audit.ts";
import type { ReloadAnswer } from "./api/shape/config.ts";
import type { CertificatesStatus } from "./certificatestatus.ts";
import type { Changed, ConfigService } from "./configuring/service.ts";
import { exposureProblem } from "./guard.ts";
import { openLog, silentLog } from "./log.ts";
import type { Status } from "./status.ts";

const open: Admin[] = [];
afterEach(async () => {
  for (const admin of open.splice(0)) await admin.close();
});

const status = { version: "1.2.3", state: "ready", generation: 4, pools: [] } as unknown as Status;

class FakeService implements AdminService {
  why: string | null = null;
  reloads = 0;
  orders: string[] = [];
  problems: string[] = [];
  unreadiness(): string | null {
    return this.why;
  }
  metrics(): string {
    return "a 1\n";
  }
  status(): Status {
    return status;
  }
  certificates(): CertificatesStatus {
    return { certificates: [], acme: [], problems: ["a.pem is bad"] };
  }
  async reload(): Promise<ReloadAnswer> {
    this.reloads++;
    const { problems } = this;
    const none = { isDryRun: false, diff: null, confirmBy: null };
    return { successful: problems.length === 0, generation: 5, problems, warnings: ["hm"], ...none };
  }
  steer(pool: string, server: string, order: string): string | null {
    if (pool !== "app") return `there is no pool ${pool}`;
    this.orders.push(`${order} ${server}`);
    return null;
  }
}

function stage(token?: string) {
  const service = new FakeService();
  const address: Address = { kind: "tcp", host: "127.0.0.1", port: 0 };
  const records: AuditNote[] = [];
  const audit = { note: (record: AuditNote) => void records.push(record) };
  // Of all that can be asked of the config, a reload stands for the changes here.
  const reload = async (): Promise<Changed> => ({ ok: true, answer: await service.reload() });
  const operations = configOperations({ reload } as unknown as ConfigService);
  const admin = openAdmin({ address, token, service, audit, operations, log: silentLog() });
  open.push(admin);
  const port = (admin.address as { port: number }).port;
  const ask = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}${path}`, init);
  return { service, ask, port, records };
}

test("the pages and figures are where they are said to be", async () => {
  const { ask } = stage();
  const metrics = await ask("/metrics");
  expect(metrics.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(await metrics.text()).toBe("a 1\n");
  expect(await (await ask("/healthz")).text()).toBe("ok\n");
  expect(await (await ask("/api/v1/status")).json()).toEqual(status as never);
  expect(await (await ask("/api/v1/certificates")).json()).toEqual({
    certificates: [],
    acme: [],
    problems: ["a.pem is bad"],
  });
  expect(await (await ask("/api")).text()).toContain("/api/v1/certificates");
});

test("readyz says no with the reason, healthz still says yes", async () => {
  const { ask, service } = stage();
  expect((await ask("/readyz")).status).toBe(200);
  service.why = "draining";
  const ready = await ask("/readyz");
  expect(ready.status).toBe(503);
  expect(await ready.text()).toBe("not ready: draining\n");
  expect((await ask("/healthz")).status).toBe(200);
});

test("reload answers with the generation, or with every problem", async () => {
  const { ask, service } = stage();
  const good = await ask("/api/v1/reload", { method: "POST" });
  expect(good.status).toBe(200);
  expect(await good.json()).toMatchObject({ successful: true, generation: 5, problems: [], warnings: ["hm"] });
  service.problems = ["a is wrong", "b too"];
  const bad = await ask("/api/v1/reload", { method: "POST" });
  expect(bad.status).toBe(422);
  expect((await bad.json()) as object).toMatchObject({ problems: ["a is wrong", "b too"] });
});

test("servers are drained and enabled by their names, percent-encoded where needed", async () => {
  const { ask, service } = stage();
  await ask("/api/v1/pools/app/servers/127.0.0.1:8081/drain", { method: "POST" });
  await ask("/api/v1/pools/app/servers/unix%3A%2Frun%2Fx.sock/enable", { method: "POST" });
  expect(service.orders).toEqual(["drain 127.0.0.1:8081", "enable unix:/run/x.sock"]);
  const missing = await ask("/api/v1/pools/web/servers/a:1/drain", { method: "POST" });
  expect(missing.status).toBe(404);
  expect(await missing.json()).toEqual({ error: "there is no pool web" });
  const mangled = await ask("/api/v1/pools/app/servers/%ff/drain", { method: "POST" });
  expect(mangled.status).toBe(400);
});

test("what is not there, and methods that are not allowed, are told as JSON", async () => {
  const { ask, service } = stage();
  const missing = await ask("/nothing");
  expect(missing.status).toBe(404);
  expect(await missing.json()).toEqual({ error: "there is nothing at /nothing; GET /api lists what there is" });
  const wrong = await ask("/api/v1/reload");
  expect(wrong.status).toBe(405);
  expect(wrong.headers.get("allow")).toBe("POST");
  expect(service.reloads).toBe(0);
  const near = (await (await ask("/api/v1/pols")).json()) as { error: string };
  expect(near.error).toContain("did you mean /api/v1/pools?");
});

test("every change is told to the audit log, with who asked for it and what came of it", async () => {
  const { ask, service, records } = stage();
  const headers = { "sluice-actor": "ann\u00e9\t" };
  await ask("/api/v1/status", { headers });
  await ask("/api/v1/pools/app/servers/a:1/drain", { method: "POST", headers });
  await ask("/api/v1/pools/web/servers/a:1/drain", { method: "POST" });
  service.problems = ["a is wrong", "b too"];
  await ask("/api/v1/reload", { method: "POST", headers: { origin: "http://evil.example" } });
  await ask("/api/v1/reload", { method: "POST" });
  expect(records.map(({ operation, actor, status, problem }) => [operation, actor, status, problem])).toEqual([
    ["drainServer", "ann\u00e9", 200, null],
    ["drainServer", "127.0.0.1", 404, "there is no pool web"],
    ["reload", "127.0.0.1", 403, expect.stringContaining("Origin is another")],
    ["reload", "127.0.0.1", 422, "a is wrong; b too"],
  ]);
  expect(records[0]).toMatchObject({ peer: "127.0.0.1", method: "POST", path: "/api/v1/pools/app/servers/a:1/drain" });
});

test("who is refused again and again fills no log", async () => {
  const { ask, records } = stage();
  const headers = { origin: "http://evil.example" };
  for (let count = 0; count < 40; count++) await ask("/api/v1/reload", { method: "POST", headers });
  expect(records.length).toBeGreaterThan(15);
  expect(records.length).toBeLessThan(25);
});

test("a peer that asks too often is told to wait, but not who scrapes", async () => {
  const { ask } = stage();
  const answers = await Promise.all(Array.from({ length: 400 }, () => ask("/api/v1/certificates")));
  const late = answers.find(({ status }) => status === 429);
  expect(late?.headers.get("retry-after")).toBe("1");
  for (const path of ["/metrics", "/healthz", "/readyz"]) expect((await ask(path)).status).toBe(200);
});

describe("on loopback", () => {
  test("a web page of another site cannot call it", async () => {
    const { ask, service } = stage();
    for (const headers of [{ origin: "http://evil.example" }, { origin: "null" }, { "sec-fetch-site": "cross-site" }])
      expect((await ask("/api/v1/reload", { method: "POST", headers: headers as Record<string, string> })).status).toBe(
        403,
      );
    expect(service.reloads).toBe(0);
  });

  test("its own page can, and says that it is the console where it changes something", async () => {
    const { ask, port, service } = stage();
    const headers = { origin: `http://127.0.0.1:${port}`, "sec-fetch-site": "same-origin" };
    expect((await ask("/api/v1/status", { headers })).status).toBe(200);
    const bare = await ask("/api/v1/reload", { method: "POST", headers });
    expect([bare.status, ((await bare.json()) as { error: string }).error]).toEqual([
      403,
      expect.stringContaining("Sluice-Console: 1"),
    ]);
    expect(service.reloads).toBe(0);
    const said = { ...headers, "sluice-console": "1" };
    expect((await ask("/api/v1/reload", { method: "POST", headers: said })).status).toBe(200);
  });

  test("a name that was rebound to it is refused, for reading too", async () => {
    const { ask } = stage();
    const refused = await ask("/metrics", { headers: { host: "rebound.example:2112" } });
    expect(refused.status).toBe(403);
    for (const host of ["localhost:2112", "127.0.0.1", "[::1]:2112", "LOCALHOST"])
      expect((await ask("/metrics", { headers: { host } })).status).toBe(200);
  });
});

test("a Host that cannot be read is refused as the client's fault, without a line in the log", async () => {
  const lines: string[] = [];
  const log = openLog({ level: "info", format: "json", isColored: false, write: (line) => lines.push(line) });
  const address: Address = { kind: "tcp", host: "127.0.0.1", port: 0 };
  const admin = openAdmin({ address, token: undefined, service: new FakeService(), audit: { note() {} }, log });
  open.push(admin);
  const { port } = admin.address as { port: number };
  const socket = connect(port, "127.0.0.1");
  socket.write("GET /metrics HTTP/1.1\r\nHost: a b\r\n\r\n");
  const [answer] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  expect(answer.toString()).toStartWith("HTTP/1.1 400 ");
  expect(lines).toEqual([]);
});

test("each answer is told of, refusals too", async () => {
  let told = 0;
  const answered = (): void => void told++;
  const address: Address = { kind: "tcp", host: "127.0.0.1", port: 0 };
  const common = { address, token: undefined, service: new FakeService(), audit: { note() {} }, log: silentLog() };
  const admin = openAdmin({ ...common, answered });
  open.push(admin);
  for (const path of ["/healthz", "/api/v1/status", "/nothing/like/it"])
    await fetch(`http://127.0.0.1:${(admin.address as { port: number }).port}${path}`);
  expect(told).toBe(3);
});

describe("with a token", () => {
  test("only the right one is let in", async () => {
    const { ask } = stage("correct-horse-battery");
    const refused = await ask("/metrics");
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toBe('Bearer realm="sluice"');
    for (const authorization of ["Bearer wrong", "Basic correct-horse-battery", "Bearer correct-horse-battery x"])
      expect((await ask("/metrics", { headers: { authorization } })).status).toBe(401);
    const headers = { authorization: "Bearer correct-horse-battery" };
    expect((await ask("/metrics", { headers })).status).toBe(200);
  });

  test("who shows many wrong ones is not heard for a while, also with the right one", async () => {
    const { ask } = stage("correct-horse-battery");
    const shown = async (token: string): Promise<number> =>
      (await ask("/api/v1/certificates", { headers: { authorization: `Bearer ${token}` } })).status;
    for (let count = 0; count < 10; count++) expect(await shown("wrong")).toBe(401);
    expect([await shown("wrong"), await shown("correct-horse-battery")]).toEqual([429, 429]);
    // Nobody guesses who shows none.
    expect((await ask("/api/v1/certificates")).status).toBe(401);
  });

  test("liveness and readiness are told to anyone", async () => {
    const { ask } = stage("correct-horse-battery");
    expect((await ask("/healthz")).status).toBe(200);
    expect((await ask("/readyz")).status).toBe(200);
  });
});

test("on a unix socket the peer is just that", async () => {
  const folder = mkdtempSync(join(tmpdir(), "admin-"));
  const path = join(folder, "admin.sock");
  const records: AuditNote[] = [];
  const audit = { note: (record: AuditNote) => void records.push(record) };
  open.push(
    openAdmin({
      address: { kind: "unix", path },
      token: undefined,
      service: new FakeService(),
      audit,
      log: silentLog(),
    }),
  );
  const answer = await fetch("http://localhost/api/v1/pools/app/servers/a:1/drain", { unix: path, method: "POST" });
  expect([answer.status, records.map(({ actor, peer }) => [actor, peer])]).toEqual([200, [["unix", "unix"]]]);
  rmSync(folder, { recursive: true });
});

test("what takes its time on a unix socket is answered, as on TCP, for as long as it is given", async () => {
  const folder = mkdtempSync(join(tmpdir(), "admin-"));
  const path = join(folder, "admin.sock");
  const done = Promise.withResolvers<void>();
  const reload = async (): Promise<Changed> => {
    await done.promise;
    return { ok: true, answer: await new FakeService().reload() };
  };
  const common = {
    ...{ token: undefined, service: new FakeService(), audit: { note: () => {} }, log: silentLog() },
    ...{ operations: configOperations({ reload } as unknown as ConfigService) },
    silence: { usual: 1, stream: 1, long: 60, body: 60 },
  };
  open.push(openAdmin({ address: { kind: "unix", path }, ...common }));
  const onTcp = openAdmin({ address: { kind: "tcp", host: "127.0.0.1", port: 0 }, ...common });
  open.push(onTcp);
  const { port } = onTcp.address as { port: number };
  const answers = [
    fetch("http://localhost/api/v1/reload", { unix: path, method: "POST" }),
    fetch(`http://127.0.0.1:${port}/api/v1/reload`, { method: "POST" }),
  ].map((answer) =>
    answer.then(
      ({ status }) => status,
      (error: Error) => error.message,
    ),
  );
  // Two that have their answers, and are closed when they were silent for as long as they may be: by then the others would be, too.
  const bounded = join(folder, "bounded.sock");
  const silence = { ...common.silence, long: 1 };
  open.push(openAdmin({ ...common, address: { kind: "unix", path: bounded }, silence }));
  const idle = [connect(port, "127.0.0.1"), connect(bounded)].map((socket) => {
    socket.resume().write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return once(socket, "close");
  });
  await Promise.all(idle);
  done.resolve();
  expect(await Promise.all(answers)).toEqual([200, 200]);
  rmSync(folder, { recursive: true });
}, 15_000);

test("an address outside of loopback demands a token", () => {
  expect(exposureProblem({ kind: "tcp", host: "::", port: 1 }, undefined)).toContain("set admin.token");
  expect(exposureProblem({ kind: "tcp", host: "::", port: 1 }, "secret")).toBeNull();
  expect(exposureProblem({ kind: "tcp", host: "127.0.0.1", port: 1 }, undefined)).toBeNull();
  expect(exposureProblem({ kind: "unix", path: "/run/a.sock" }, undefined)).toBeNull();
});

test("a port in use is an error that names the address", () => {
  const { port } = stage();
  expect(() =>
    openAdmin({
      address: { kind: "tcp", host: "127.0.0.1", port },
      token: undefined,
      service: new FakeService(),
      audit: { note() {} },
      log: silentLog(),
    }),
  ).toThrow(`the admin interface cannot listen on 127.0.0.1:${port}: the address is in use`);
});
