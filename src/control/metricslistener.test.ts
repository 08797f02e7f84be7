import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Address } from "../config/plan.ts";
import { silentLog } from "./log.ts";
import { type MetricsListener, openMetricsListener } from "./metricslistener.ts";

const open: MetricsListener[] = [];
afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close();
});

const service = { why: null as string | null, unreadiness: () => service.why, metrics: () => "a 1\n" };

function listening(address: Address): MetricsListener {
  const listener = openMetricsListener({ address, service, log: silentLog() });
  open.push(listener);
  return listener;
}

function portOf({ address }: MetricsListener): number {
  return address.kind === "tcp" ? address.port : 0;
}

test("everybody may read metrics and health there, on every address, whatever he calls it", async () => {
  const port = portOf(listening({ kind: "tcp", host: "::", port: 0 }));
  const ask = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}${path}`, init);
  const host = { headers: { host: "gopher-proxy:2112" } };
  expect([await (await ask("/metrics", host)).text(), await (await ask("/healthz", host)).text()]).toEqual([
    "a 1\n",
    "ok\n",
  ]);
  expect((await ask("/readyz")).status).toBe(200);
  service.why = "draining";
  expect([(await ask("/readyz")).status, (await ask("/healthz")).status]).toEqual([503, 200]);
  service.why = null;
});

test("nothing else is there, and nothing can be ordered", async () => {
  const port = portOf(listening({ kind: "tcp", host: "127.0.0.1", port: 0 }));
  const statusOf = async (path: string, method = "GET") =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { method })).status;
  for (const path of ["/", "/api/v1/status", "/api/v1/reload", "/metrics/"])
    expect([path, await statusOf(path), await statusOf(path, "POST")]).toEqual([path, 404, 404]);
  expect(await statusOf("/metrics", "POST")).toBe(405);
  const told = (await (await fetch(`http://127.0.0.1:${port}/api/v1/status`)).json()) as { error: string };
  expect(told.error).toContain("name it by --admin or SLUICE_ADMIN");
});

test("a unix socket will do, and an address that is taken is told", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-metrics-"));
  const path = join(folder, "m.sock");
  listening({ kind: "unix", path });
  expect(await (await fetch("http://localhost/healthz", { unix: path })).text()).toBe("ok\n");
  rmSync(folder, { recursive: true });
  const port = portOf(listening({ kind: "tcp", host: "127.0.0.1", port: 0 }));
  expect(() => listening({ kind: "tcp", host: "127.0.0.1", port })).toThrow(
    `metrics.listen cannot listen on 127.0.0.1:${port}: the address is in use`,
  );
});
