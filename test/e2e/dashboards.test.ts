// The dashboards in deploy/ before a real Prometheus, which scrapes a Sluice with something of everything and `sluice gopherproxy` under
// load, by the config in deploy/: every question of every panel has an answer, and every alert can be judged.

import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { dashboards, dashboardsFolder, dashboardText } from "../../scripts/dashboards.ts";
import { stateFolderOf } from "../../src/control/state.ts";
import { Load } from "./harness/load.ts";
import { Origin } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { testWith } from "./harness/program.ts";
import { Prometheus, prometheusFolder, type Series } from "./harness/prometheus.ts";
import { Redis } from "./harness/redis.ts";
import { Room } from "./harness/room.ts";
import { Showcase } from "./harness/showcase.ts";
import { command } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(150_000);

/**
 * Dashboards and panels whose metrics no Sluice has yet, with the reason. It may only become shorter: one that has data all the same
 * fails the test.
 */
const pending: Readonly<Record<string, string>> = {};

interface PanelJson {
  readonly type: string;
  readonly title: string;
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  readonly panels?: readonly PanelJson[];
}

interface DashboardJson {
  readonly uid: string;
  readonly title: string;
  readonly refresh: string;
  readonly time: { readonly from: string };
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition: string }[] };
  readonly panels: readonly PanelJson[];
}

const files = readdirSync(dashboardsFolder).sort();
const read = (file: string): DashboardJson =>
  JSON.parse(readFileSync(join(dashboardsFolder, file), "utf8")) as DashboardJson; // Its shape is what the tests are about.

function panelsOf(panels: readonly PanelJson[]): PanelJson[] {
  return panels.flatMap((panel) => (panel.type === "row" ? panelsOf(panel.panels ?? []) : [panel]));
}

const isPending = (dashboard: string, panel: string): boolean =>
  dashboard in pending || `${dashboard}: ${panel}` in pending;

test("dashboards are what scripts/dashboards.ts makes (npm run dashboards)", () => {
  expect(files).toEqual(Object.keys(dashboards).sort());
  for (const file of files)
    expect(readFileSync(join(dashboardsFolder, file), "utf8")).toBe(dashboardText(dashboards[file]!));
});

test("GopherProxy's dashboard has its uid, three rows and seven panels, over its own metrics alone", () => {
  const { uid, refresh, time, panels } = read("gopherproxy.json");
  expect([uid, refresh, time.from]).toEqual(["gopherproxy-main", "10s", "now-30m"]);
  expect(panels.filter(({ type }) => type === "row")).toHaveLength(3);
  expect(panelsOf(panels).map(({ title }) => title)).toEqual([
    "Request Rate",
    "Latency by Backend",
    "Active Backends",
    "Backend Health Over Time",
    "Total Processed",
    "Total Dropped",
    "Success Rate",
  ]);
  for (const { expr } of panelsOf(panels).flatMap(({ targets }) => targets ?? [])) {
    expect(expr).toContain("gopherproxy_");
    expect(expr).not.toContain("sluice_");
  }
});

test("titles, numbers and places of panels are unlike each other, and all ask the source that is provisioned", () => {
  const provisioned = readFileSync(join(dashboardsFolder, "../provisioning/datasources/prometheus.yaml"), "utf8");
  const uid = /^ {4}uid: (\S+)$/m.exec(provisioned)![1]!;
  expect(new Set(files.map((file) => read(file).uid)).size).toBe(files.length);
  for (const file of files) {
    const panels = panelsOf(read(file).panels);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    expect(new Set(panels.map(({ datasource }) => datasource?.uid))).toEqual(new Set([uid]));
  }
});

/** As Grafana fills in variables; its own are for what a panel shows, here for a few scrapes. */
const filled = (query: string): string =>
  query
    .replaceAll("$__rate_interval", "4s")
    // What is asked for each minute would be there after one only.
    .replaceAll("[1h:1m]", "[1h:1s]")
    .replaceAll(/"\$(instance|listener|pool)"/g, '".*"');

const hasData = (series: readonly Series[]): boolean => series.some(({ value }) => Number.isFinite(value));

/** `sluice gopherproxy` before two servers, asked for more than it lets one client have. */
async function gopherProxy(room: Room, redis: Redis): Promise<string> {
  const servers = [new Origin(room), new Origin(room)];
  await redis.ask("SADD", "gopher_backends", ...servers.map(({ address }) => `http://${address}`));
  const [port, metrics] = [freePort(), freePort()];
  const env = {
    ...process.env,
    REDIS_URL: redis.address,
    PROXY_PORT: String(port),
    METRICS_PORT: String(metrics),
    SLUICE_ADMIN: `127.0.0.1:${freePort()}`,
  };
  const child = Bun.spawn([...command, "gopherproxy"], {
    cwd: room.folder,
    env,
    stdio: ["ignore", "ignore", "inherit"],
  });
  room.ending(async () => {
    child.kill("SIGTERM");
    await child.exited;
    rmSync(stateFolderOf(`gopherproxy :${port} :${metrics}`), { recursive: true, force: true });
  });
  await until("gopherproxy to be there", async () => {
    if (child.exitCode !== null) throw new Error(`gopherproxy ended with ${child.exitCode}`);
    return (await fetch(`http://127.0.0.1:${metrics}/healthz`).catch(() => null))?.status === 200;
  });
  const load = new Load(port, { connections: 1, accepted: [200, 429] });
  room.ending(() => load.stop());
  return `127.0.0.1:${metrics}`;
}

test("what is still to come is a dashboard or a panel that there is", () => {
  const names = files.flatMap((file) => {
    const { title, panels } = read(file);
    return [title, ...panelsOf(panels).map((panel) => `${title}: ${panel.title}`)];
  });
  for (const name of Object.keys(pending)) expect(names).toContain(name);
});

testWith(["prometheus", "redis-server", "openssl"])(
  "every question of every panel has an answer, and every alert can be judged",
  async () => {
    await using room = new Room();
    const redis = await Redis.start(room);
    const [{ sluice, ipmanager }, gopher] = await Promise.all([Showcase.start(room, redis), gopherProxy(room, redis)]);
    // ipmanager's metrics have no job in deploy/, where there is no ipmanager: here they stand in the place of Prometheus' own.
    const jobs = { gopher_proxy: [gopher], sluice: [sluice.admin, gopher], prometheus: [ipmanager] };
    const prometheus = await Prometheus.start(room, jobs);
    const asked = files.flatMap((file) => {
      const { title: dashboard, panels } = read(file);
      return panelsOf(panels).flatMap(({ title, targets = [] }) =>
        targets.map(({ expr, legendFormat }) => ({ dashboard, title, query: filled(expr), legend: legendFormat })),
      );
    });
    const [awaited, others] = [true, false].map((is) =>
      asked.filter(({ dashboard, title }) => isPending(dashboard, title) !== is),
    ) as [typeof asked, typeof asked];
    let without = awaited;
    const legends: string[] = [];
    await until(
      "an answer to each",
      async () => {
        const answers = await Promise.all(
          without.map(async (each) => ({ each, series: await prometheus.ask(each.query) })),
        );
        for (const { each, series } of answers) {
          const names = [...each.legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name!);
          for (const name of names)
            if (series.length > 0 && series.every(({ metric }) => metric[name] === undefined))
              legends.push(`${each.dashboard}: ${each.title}: nothing is labelled ${name} in ${each.query}`);
        }
        without = answers.filter(({ series }) => !hasData(series)).map(({ each }) => each);
        return without.length === 0;
      },
      60_000,
    ).catch((error: Error) => {
      throw new Error(
        [error.message, ...without.map((each) => `${each.dashboard}: ${each.title}: ${each.query}`)].join("\n"),
      );
    });
    expect(legends).toEqual([]);
    for (const { dashboard, title, query } of others)
      expect([dashboard, title, hasData(await prometheus.ask(query))]).toEqual([dashboard, title, false]);
    for (const file of files)
      for (const { definition } of read(file).templating.list) {
        const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(definition)!;
        expect((await prometheus.values(metric!, label!)).length).toBeGreaterThan(0);
      }
    const rules = await until("all alerts to be judged", async () => {
      const all = await prometheus.rules();
      return all.every(({ health }) => health !== "unknown") ? all : null;
    });
    expect(rules.length).toBeGreaterThan(20);
    expect(rules.filter(({ health }) => health !== "ok")).toEqual([]);
    // Nothing is measured that nobody would see, and no alert is about what is not measured.
    const known = await prometheus.values('{job=~"sluice|gopher_proxy"}', "__name__");
    const shown = readFileSync(join(dashboardsFolder, "sluice.json"), "utf8");
    const bare = (name: string): string => name.replace(/_(bucket|sum|count)$/, "");
    const measured = new Set(known.filter((name) => name.startsWith("sluice_")).map(bare));
    expect(measured.size).toBeGreaterThan(80);
    expect([...measured].filter((name) => !shown.includes(name))).toEqual([]);
    const alerts = readFileSync(join(prometheusFolder, "alerts.yml"), "utf8").replaceAll(
      /^ +(description|summary):.*$/gm,
      "",
    );
    const named = [...alerts.matchAll(/\b(?:sluice|gopherproxy)_\w+/g)].map(([name]) => name);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
    // What is kept of gopherproxy is under its own names, and what is not, under the others.
    expect(await prometheus.ask('count({job="gopher_proxy", __name__=~"sluice_.*"})')).toEqual([]);
    expect(await prometheus.ask('count({job="sluice", __name__=~"gopherproxy_.*"})')).toEqual([]);
  },
);
