// Pages that need a stage of their own, walked through: several nodes and a Redis, servers from elsewhere, tests of a config, expressions. And
// those whose commands are tried by tests of their own, or are what this test is a part of: they say which.

import { expect, setDefaultTimeout } from "bun:test";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readPage } from "../../scripts/docs/pages.ts";
import type { FleetAnswer } from "../../src/control/fleet/nodestatus.ts";
import { stateFolderOf } from "../../src/control/state.ts";
import { exampleNames, examplesFolder } from "../examples.ts";
import { Origin } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { childrenOf } from "./harness/processes.ts";
import { Redis } from "./harness/redis.ts";
import { Room } from "./harness/room.ts";
import { command, type Draft, Sluice, sources } from "./harness/sluice.ts";
import { typed } from "./harness/transcript.ts";
import { until } from "./harness/wait.ts";
import { sluiceOf, walked } from "./harness/walk.ts";

setDefaultTimeout(180_000);

walked("docs/FLEET.md", ["redis-server"], async (walk) => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const servers = [1, 2, 3].map((last) => `127.0.0.${last}:${redis.port}`);
  const node = (name: string): Promise<Sluice> =>
    Sluice.start(room, {
      fleet: { redis: `redis://${redis.address}`, name: "shop", node: name, interval: "100ms", stale: "1s" },
      tables: { marked: { key: "ip", expire: "10m", share: true, store: ["gpc0"] } },
      pools: { app: { servers } },
    } as Draft);
  const [one, two] = (await Promise.all([node("edge-1"), node("edge-2")])) as [Sluice, Sluice];
  const nodes = async (): Promise<FleetAnswer["nodes"]> =>
    ((await (await fetch(`http://${one.admin}/api/v1/fleet`)).json()) as FleetAnswer).nodes;
  await until("both to have heard of each other", async () => {
    const all = await nodes();
    return all.length === 2 && all.every(({ exchangeAgeMs }) => exchangeAgeMs !== null);
  });
  // As a machine that loses its power.
  for (const pid of [...childrenOf(two.pid), two.pid]) process.kill(pid, "SIGKILL");
  await until("it to be called gone", async () => (await nodes()).some(({ standing }) => standing === "gone"));
  expect(await walk.follow({ room, admin: one.admin })).toBe(1);
});

walked("docs/DISCOVERY.md", ["redis-server"], async (walk) => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const { address } = new Origin(room);
  await redis.ask("SADD", "shop", `http://${address}`, `http://${address.replace("127.0.0.1", "localhost")}`);
  room.write("servers.txt", walk.next("text").text);
  const sluice = await sluiceOf(
    room,
    (port) => `registry: { redis: "${redis.address}", timeout: 1s, poll: 1s }
listeners:
  web: { listen: "127.0.0.1:${port}", use: app, rules: [{ if: path == '/a', use: lines }, { if: path == '/b', use: web }] }
pools:
  app: { balance: p2c, check: { tcp: true }, discover: { registry: shop } }
  web: { discover: { consul: { service: web, endpoint: "http://127.0.0.1:${freePort()}" } } }
  lines: { discover: { file: servers.txt } }
`,
  );
  const lines = (await sluice.status()).pools.find(({ name }) => name === "lines")!;
  expect(lines.servers.map(({ name, state, backup, weight }) => ({ name, state, backup, weight }))).toEqual([
    { name: "10.0.0.1:80", state: "up", backup: false, weight: 2 },
    { name: "10.0.0.2:80", state: "draining", backup: false, weight: 1 },
    { name: "10.0.0.3:80", state: "up", backup: true, weight: 1 },
  ]);
  await redis.stop();
  await until("it to be told why it is not asked", async () =>
    JSON.stringify((await sluice.status()).pools.find(({ name }) => name === "app")).includes("connection refused"),
  );
  const { out: said } = await typed(room, sluice.admin, "sluice status");
  walk.shows(said);
  walk.shows(said.replace("pool web (", "pool app ("));
});

walked("docs/TESTING.md", [], async (walk) => {
  await using room = new Room();
  const config = `listeners:
  web:
    listen: ":8080"
    use: app
    rules:
      - { name: admin, if: path.startsWith('/admin'), deny: 403 }
      - { name: fast, limit: { rate: 1/10s, burst: 3 } }
pools:
  app: { servers: ["10.0.0.1:80"] }
`;
  room.write(
    "shop.yaml",
    `${config}tests:
  - name: whoever is fast waits
    steps:
      - { request: /, repeat: 3, expect: 200 }
      - { request: /, expect: 429 }
      - { request: /, from: 203.0.113.7, expect: 200 }
  - { name: the admin area is open, request: "GET http://shop.test/admin", expect: 200 }
`,
  );
  await walk.follow({ room, admin: "", codes: { "sluice test shop.yaml": 1 } });
  // The page's own, of the config and in TypeScript, which an executable does not run.
  await using other = new Room();
  other.write("shop.yaml", config + walk.next("yaml").text);
  for (const name of ["limit", "hook"]) other.write(`${name}.sluice.test.ts`, walk.next("ts").text);
  const { code, out } = await typed(other, "", "sluice test shop.yaml *.sluice.test.ts", "", sources);
  expect([code, out.trimEnd().split("\n").at(-1)]).toEqual([0, "5 passed (3 files)"]);
});

walked("docs/EXPRESSIONS.md", [], async (walk) => {
  await using room = new Room();
  const lines = walk.next("text").text.trimEnd().split("\n");
  room.write(
    "sluice.yaml",
    `lists: { office: { addresses: [10.0.0.0/8] } }
tables:
  marked: { key: ip, expire: 1m, store: [gpc0] }
  clients: { key: ip, expire: 1m, store: ["http_req_rate(10s)"] }
listeners:
  web:
    listen: ":8080"
    use: app
    rules: ${JSON.stringify(lines.map((line) => ({ if: line, deny: 403 })))}
pools: { app: { servers: ["127.0.0.1:8081"] } }
`,
  );
  const { code, out } = await typed(room, "", "sluice check sluice.yaml");
  expect([lines.length, code, out]).toEqual([4, 0, expect.stringContaining("ok")]);
});

const isWhole = "it takes minutes; test/e2e/load.test.ts runs a short one";
const isForeign = "k6 is in no package of the system; test/e2e/load.test.ts compares what it would be told";

walked("docs/LOAD.md", [], async (walk) => {
  await walk.follow({
    ...{ room: new Room(), admin: "" },
    untried: {
      "npm run load -- smoke": isWhole,
      "npm run load -- load --duration-scale 0.1": isWhole,
      "npm run load -- load --url http://10.0.0.5:8080": isWhole,
      "npm run load -- all --write docs/LOAD.md": isWhole,
      "k6 run -e PROXY_URL=http://localhost:8080 deploy/k6/load.js": isForeign,
      "k6 run -e SCENARIO=spike -e DURATION_SCALE=0.1 deploy/k6/run.js": isForeign,
      "k6 run --local-ips=127.1.0.1-127.1.1.244 -e LIMITER=on deploy/k6/load.js": isForeign,
    },
  });
});

walked("CONTRIBUTING.md", [], async (walk) => {
  const [block] = walk.blocks;
  const isOfThis = "this test is a part of it, or it is minutes of its own";
  const lines = block!.text.trim().split("\n");
  const untried = Object.fromEntries(lines.map((line) => [line.replace(/\s+#.*/, ""), isOfThis]));
  await walk.follow({ room: new Room(), admin: "", untried });
  const { scripts } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    scripts: object;
  };
  for (const line of lines) expect(scripts).toHaveProperty(/^npm (?:run )?([\w-]+)/.exec(line)![1]!);
});

walked("examples/README.md", ["openssl"], async (walk) => {
  await using room = new Room();
  cpSync(examplesFolder, room.folder, {
    recursive: true,
    filter: (path) => !/\/(certs|own\.(crt|key)|ca\.pem)$/.test(path),
  });
  expect((await typed(room, "", "sluice check tls.yaml")).out).toContain("names certs, which does not exist");
  await walk.follow({ room, admin: "" });
  const links = new Set(readPage("examples/README.md").links.map(({ text }) => text));
  expect(exampleNames().filter((name) => !links.has(name) && !/^(minimal|full)\./.test(name))).toEqual([]);
});

walked("examples/ipmanager/README.md", ["nginx"], async (walk) => {
  await using room = new Room();
  const origin = new Origin(room);
  const place = room.path("examples/ipmanager");
  cpSync(join(examplesFolder, "ipmanager"), place, { recursive: true });
  const [probe, proxy] = [freePort(), freePort()];
  const edit = (name: string, change: (text: string) => string): void =>
    writeFileSync(join(place, name), change(readFileSync(join(place, name), "utf8")));
  const temporary = room.path("temporary");
  edit("nginx.conf", (text) => text.replaceAll("/tmp/sluice-ipmanager", temporary));
  edit("conf.d/001-upstream.conf", (text) => text.replaceAll(/(?<=listen 127.0.0.1:)\d+/g, () => String(freePort())));
  edit("config.json", (text) =>
    text
      .replace("9095", String(probe))
      .replace("9096", String(proxy))
      .replace("/tmp/sluice-ipmanager", temporary)
      .replace('"debug": true,', '"debug": true,\n  "allow_private": true,'),
  );
  room.ending(() => process.kill(Number(readFileSync(`${temporary}/nginx.pid`, "utf8")), "SIGTERM"));
  const admin = `127.0.0.1:${freePort()}`;
  const asking = `curl http://127.0.0.1:9096/ -H 'X-Egress-Scheme: https' -H 'X-Egress-Host: example.com' -H 'X-Egress-Key: a-session'`;
  await walk.follow({
    room,
    admin,
    words: {
      "/tmp/sluice-ipmanager": temporary,
      "127.0.0.1:9096": `127.0.0.1:${proxy}`,
      "127.0.0.1:9095": `127.0.0.1:${probe}`,
      "X-Egress-Scheme: https": "X-Egress-Scheme: http",
      "example.com": origin.address,
    },
    before: { [asking]: () => runs(room, join(place, "config.json"), admin) },
    says: { "curl http://127.0.0.1:9095/api/ip/history": /AvailableIP/ },
  });
});

async function runs(room: Room, path: string, admin: string): Promise<void> {
  const child = Bun.spawn([...command, "ipmanager", "--config", path, "--admin", admin], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  room.ending(async () => {
    child.kill("SIGTERM");
    await child.exited;
    rmSync(stateFolderOf(path), { recursive: true, force: true });
  });
  await until("it to be ready", async () => (await fetch(`http://${admin}/readyz`).catch(() => null))?.status === 200);
}
