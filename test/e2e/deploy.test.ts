// What lies in deploy/ agrees with itself and with Sluice: names, ports, users, variables and paths that two files mean the same by. And it is
// what those programs take that can be asked here: promtool, systemd-analyze, make. Kubernetes has a file of its own.

import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { gopherVariables } from "../../src/config/foreign/gopherproxy/gopherproxy.ts";
import { processesBytes } from "../../src/control/memoryneed.ts";
import { find, ran, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { repository } from "./harness/sluice.ts";

setDefaultTimeout(60_000);

const deploy = join(repository, "deploy");
const textOf = (path: string): string => readFileSync(join(deploy, path), "utf8");

interface Service {
  readonly image: string;
  readonly command?: string | readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly restart: string;
  readonly shm_size?: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck: { readonly test: readonly string[] };
  readonly build?: { readonly context: string; readonly dockerfile: string; readonly args: Record<string, string> };
  readonly deploy: { readonly resources: { readonly limits: { readonly cpus: string; readonly memory: string } } };
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
}

// Its shape is what the tests are about.
const compose = parse(textOf("compose.yaml"), { merge: true }) as Compose;
const service = (name: string): Service => compose.services[name]!;

test("compose.yaml has the five services, each with its limits, a health check and somebody to start it anew", () => {
  const limits = Object.entries(compose.services).map(
    ([
      name,
      {
        deploy: { resources },
        restart,
      },
    ]) => [name, Number(resources.limits.cpus), resources.limits.memory, restart],
  );
  expect(limits).toEqual([
    ["redis", 0.5, "256M", "unless-stopped"],
    ["gopher-proxy", 1, "128M", "unless-stopped"],
    ["sentinel", 0.25, "64M", "unless-stopped"],
    ["prometheus", 0.5, "512M", "unless-stopped"],
    ["grafana", 0.5, "256M", "unless-stopped"],
  ]);
  for (const { healthcheck } of Object.values(compose.services)) expect(healthcheck.test[0]).toBe("CMD");
  expect(service("redis").ports).toEqual(["127.0.0.1:16379:6379"]);
  expect(service("redis").command).toContain("--appendfsync everysec --maxmemory 128mb");
  expect(service("prometheus").command).toContain("--storage.tsdb.retention.time=15d");
  expect(service("prometheus").command).toContain("--web.enable-lifecycle");
  expect([service("redis").image, service("prometheus").image, service("grafana").image]).toEqual([
    "redis:7.4-alpine",
    "prom/prometheus:v3.2.1",
    "grafana/grafana:11.6.0",
  ]);
});

test("what Sluice may keep in memory fits beside its processes into the limits of compose.yaml and of the pods", () => {
  const {
    shm_size: size = "64m",
    cpus,
    memory,
  } = { ...service("gopher-proxy"), ...service("gopher-proxy").deploy.resources.limits };
  expect(processesBytes(Number(cpus)) + mibIn(size) * 2 ** 20).toBeLessThanOrEqual(mibIn(memory) * 2 ** 20);
  const text = textOf("kubernetes/deployment.yaml");
  const [, pod = "", volume = ""] =
    /limits:\s+cpu: "2"\s+memory: (\d+Mi)[\s\S]*sizeLimit: (\d+Mi)[\s\S]*sizeLimit:/.exec(text) ?? [];
  expect(processesBytes(2) + mibIn(volume) * 2 ** 20).toBeLessThanOrEqual(mibIn(pod) * 2 ** 20);
});

/** `128M`, `512Mi`, `32m`: of 1024 kB. */
function mibIn(text: string): number {
  const [, count = Number.NaN] = /^(\d+)(?:M|Mi|m)$/.exec(text) ?? [];
  return Number(count);
}

test("compose.yaml waits for who is well, and names only what there is", () => {
  for (const { depends_on = {}, volumes = [], build } of Object.values(compose.services)) {
    for (const [name, { condition }] of Object.entries(depends_on)) {
      expect(compose.services).toHaveProperty(name);
      expect(condition).toBe("service_healthy");
    }
    for (const [source] of volumes.map((volume) => volume.split(":") as [string]))
      expect(source.startsWith(".") ? existsSync(join(deploy, source)) : source in compose.volumes).toBe(true);
    if (build !== undefined) expect(existsSync(join(deploy, build.context, build.dockerfile))).toBe(true);
  }
  expect(Object.keys(service("prometheus").depends_on ?? {})).toEqual(["gopher-proxy"]);
  expect(Object.keys(service("grafana").depends_on ?? {})).toEqual(["prometheus"]);
});

test("variables are those that .env.example has, and that proxy and sentinel know", () => {
  const asked = new Set([...textOf("compose.yaml").matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name!));
  const offered = new Set([...textOf(".env.example").matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name!));
  expect([...offered].sort()).toEqual([...asked].sort());
  expect([...offered].sort()).toEqual(["COMMIT", "GRAFANA_PASSWORD", "GRAFANA_USER", "SENTINEL_TARGETS", "VERSION"]);
  const { SLUICE_ADMIN, ...others } = service("gopher-proxy").environment ?? {};
  for (const name of Object.keys(others)) expect(gopherVariables).toContain(name);
  expect(SLUICE_ADMIN).toStartWith("127.0.0.1:");
  expect(Object.keys(service("sentinel").environment ?? {})).toEqual(["REDIS_URL", "SENTINEL_TARGETS"]);
});

test("Prometheus asks the proxy where it answers, and Grafana asks Prometheus", () => {
  const { METRICS_PORT, PROXY_PORT } = service("gopher-proxy").environment ?? {};
  const jobs = parse(textOf("prometheus/prometheus.yml")) as {
    global: Record<string, string>;
    scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
  };
  const targets = Object.fromEntries(
    jobs.scrape_configs.map(({ job_name, static_configs }) => [job_name, static_configs[0]!.targets]),
  );
  expect(targets["gopher_proxy"]).toEqual([`gopher-proxy:${METRICS_PORT}`]);
  expect(targets["sluice"]).toEqual([`gopher-proxy:${METRICS_PORT}`]);
  expect([jobs.global["scrape_interval"], jobs.global["scrape_timeout"]]).toEqual(["15s", "10s"]);
  expect(service("gopher-proxy").healthcheck.test.at(-1)).toBe(`http://127.0.0.1:${METRICS_PORT}/healthz`);
  expect(service("gopher-proxy").ports).toEqual([`8080:${PROXY_PORT}`, `127.0.0.1:2112:${METRICS_PORT}`]);
  const [source] = (
    parse(textOf("grafana/provisioning/datasources/prometheus.yaml")) as {
      datasources: [{ uid: string; url: string }];
    }
  ).datasources;
  expect(source).toMatchObject({ uid: "prometheus", url: "http://prometheus:9090" });
  const [provider] = (
    parse(textOf("grafana/provisioning/dashboards/dashboards.yaml")) as {
      providers: [{ updateIntervalSeconds: number; options: { path: string } }];
    }
  ).providers;
  expect(provider.updateIntervalSeconds).toBe(30);
  const mounted = (service("grafana").volumes ?? []).map((volume) => volume.split(":") as [string, string]);
  const folder = mounted.find(([, inside]) => inside === provider.options.path)![0];
  const home = service("grafana").environment!["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]!;
  expect(existsSync(join(deploy, home.replace(provider.options.path, folder)))).toBe(true);
});

/** Instructions of a Dockerfile, lines that go on put together. */
function instructionsOf(text: string): { readonly word: string; readonly rest: string }[] {
  const lines = text.replaceAll(/^#.*\n/gm, "").replaceAll(/\\\n\s*/g, "");
  return [...lines.matchAll(/^([A-Z]+) (.*)$/gm)].map(([, word, rest]) => ({ word: word!, rest: rest! }));
}

test("the Dockerfile copies what is there, builds as we do, and runs as nobody with a health check", () => {
  const instructions = instructionsOf(textOf("Dockerfile"));
  const all = (word: string): string[] => instructions.filter((each) => each.word === word).map(({ rest }) => rest);
  const ignored = textOf("Dockerfile.dockerignore").split("\n");
  expect(ignored[1]).toBe("*");
  for (const rest of all("COPY").filter((each) => !each.startsWith("--from")))
    for (const source of rest.split(" ").slice(0, -1)) {
      expect([source, existsSync(join(repository, source))]).toEqual([source, true]);
      expect(ignored).toContain(`!${source}`);
    }
  const stages = all("FROM").map((rest) => / AS (\w+)$/.exec(rest)?.[1]);
  expect(stages).toEqual(["build", "tools", undefined]);
  for (const rest of all("COPY").filter((each) => each.startsWith("--from")))
    expect(stages).toContain(/^--from=(\w+)/.exec(rest)![1]!);
  expect(all("USER")).toEqual(["1001:1001"]);
  expect(all("HEALTHCHECK")[0]).toContain("/healthz");
  expect(JSON.parse(all("ENTRYPOINT")[0]!)).toEqual(["/usr/local/bin/sluice"]);
  const built = all("RUN").find((rest) => rest.startsWith("npm run build"))!;
  expect(all("COPY").some((rest) => rest.includes(built.split(" ").at(-1)!))).toBe(true);
  const { scripts } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  for (const [, name] of textOf("../Makefile").matchAll(/npm run --silent ([\w-]+)/g))
    expect(scripts).toHaveProperty(name!);
});

testWith(["promtool"])(
  "promtool likes config and alerts, and each alert is raised by its test and by nothing else",
  async () => {
    const promtool = find("promtool")!;
    const cwd = join(deploy, "prometheus");
    const checked = await ran([promtool, "check", "config", "prometheus.yml"], { cwd });
    expect([checked.code, checked.err]).toEqual([0, ""]);
    const played = await ran([promtool, "test", "rules", "alerts.test.yml"], { cwd });
    expect([played.code, played.out.includes("FAILED")]).toEqual([0, false]);
    const named = (path: string, pattern: RegExp): string[] =>
      [...new Set([...textOf(path).matchAll(pattern)].map(([, name]) => name!))].sort();
    const alerts = named("prometheus/alerts.yml", /^ +- alert: (\w+)$/gm);
    expect(named("prometheus/alerts.test.yml", /^ +- name: ([A-Z]\w+)$/gm)).toEqual(alerts);
  },
);

testWith(["systemd-analyze"])("systemd takes the unit, and finds little that it could still be denied", async () => {
  await using room = new Room();
  // The unit names a program that is not installed here.
  const unit = room.write(
    "sluice.service",
    textOf("systemd/sluice.service").replaceAll("/usr/local/bin/sluice", process.execPath),
  );
  const systemd = find("systemd-analyze")!;
  const verified = await ran([systemd, "verify", unit]);
  expect([verified.code, verified.err]).toEqual([0, ""]);
  const judged = await ran([systemd, "security", "--offline=true", "--threshold=25", unit]);
  expect([judged.code, judged.code === 0 ? "" : judged.out]).toEqual([0, ""]);
});

testWith(["make"])("make has the targets of GopherProxy's, each a call of npm", async () => {
  const targets = [
    ...["help", "up", "down", "build", "logs", "lint", "test", "tidy", "mock-backends", "clean"],
    ...["k6-smoke", "k6-load", "k6-spike", "k6-sustained"],
  ];
  for (const target of targets) {
    const { code, out } = await ran([find("make")!, "-n", target], { cwd: repository });
    expect([target, code]).toEqual([target, 0]);
    if (target !== "help") expect(out).toMatch(/^npm (run --silent|test) [\w-]+( -- \w+)?\n$/);
  }
  const { out } = await ran([find("make")!], { cwd: repository });
  for (const target of targets) expect(out).toContain(`  ${target} `);
});
