// `sluice ipmanager` in ipmanager's place: its config.json, its ports and pages, in front of a real nginx with 300 servers.

import { expect, setDefaultTimeout } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { stateFolderOf } from "../../src/control/state.ts";
import { askBy, EgressApi, inTurns } from "./harness/egress.ts";
import { type Gateway, Gateways, nginxTime } from "./harness/gateways.ts";
import { Outside } from "./harness/outside.ts";
import { freePort } from "./harness/port.ts";
import { ran, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const withNginx = testWith(["nginx"]);

interface History {
  readonly AvailableIP: readonly string[];
  readonly IPHistory: Readonly<
    Record<
      string,
      {
        readonly Port: string;
        readonly Addr: string;
        readonly Banned: boolean;
        readonly History: readonly object[];
        readonly Failure: number;
        readonly CoolDowns: readonly (readonly [string, string])[];
      }
    >
  >;
}

/** One that runs, from its config.json. */
class Ipmanager {
  readonly probe: number = freePort();
  readonly proxy: number = freePort();
  readonly admin: string = `127.0.0.1:${freePort()}`;
  readonly path: string;
  stdout = "";
  stderr = "";
  child: Bun.Subprocess<"ignore", "pipe", "pipe"> | null = null;
  readonly #room: Room;

  constructor(room: Room, gateways: Gateways, own: object = {}) {
    this.#room = room;
    this.path = room.path("config.json");
    const config = {
      ...{ mode: "serve", debug: true, probe_port: String(this.probe), proxy_port: String(this.proxy) },
      ...{ next: gateways.host, scan_interval_min: 5, access_log_path: gateways.log },
      ...{ upstream_conf_path: gateways.path, max_history_log_each_ip: 1000, max_cool_down_log_each_ip: 1000 },
      ...{ cool_down_min: 10, dial_timeout: 15, max_connection_timeout: 100, strategy: "consecutive" },
      ...{ consecutive_failure: 3, allow_private: true, ...own },
    };
    writeFileSync(this.path, JSON.stringify(config));
    room.ending(() => rmSync(stateFolderOf(this.path), { recursive: true, force: true }));
  }

  /** By `words` before the config: `ipmanager --config`, or `run -c`. */
  async start(words: readonly string[] = ["ipmanager", "--config"]): Promise<this> {
    const child = Bun.spawn([...command, ...words, this.path], {
      cwd: this.#room.folder,
      env: { ...process.env, SLUICE_ADMIN: this.admin, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child = child;
    void this.#keep(child.stdout, (text) => {
      this.stdout += text;
    });
    void this.#keep(child.stderr, (text) => {
      this.stderr += text;
    });
    this.#room.ending(() => this.stop());
    await until("it to be ready", async () => {
      if (child.exitCode !== null) throw new Error(`it ended:\n${this.stderr}`);
      return (await this.page("/probe").catch(() => null))?.status === 200;
    });
    return this;
  }

  async stop(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (child === null) return;
    child.kill("SIGTERM");
    await child.exited;
  }

  page(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.probe}${path}`, init);
  }

  async history(query = ""): Promise<History> {
    return (await (await this.page(`/api/ip/history${query}`)).json()) as History; // What ipmanager answers.
  }

  async renew(): Promise<void> {
    const answer = await this.page("/api/ip/renew", { method: "POST" });
    expect([answer.status, await answer.text()]).toEqual([200, "Renewed"]);
  }

  async #keep(stream: ReadableStream<Uint8Array>, add: (text: string) => void): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) add(decoder.decode(chunk, { stream: true }));
  }
}

withNginx("its file starts it with its ports, its pages and its metrics, in front of 300 addresses", async () => {
  await using room = new Room();
  const outside = new Outside(room);
  const gateways = await Gateways.start(room, 300);
  const ipmanager = await new Ipmanager(room, gateways).start();
  const started = await until("its first line", () =>
    ipmanager.stderr
      .split("\n")
      .slice(0, -1)
      .find((line) => line.includes('"started"')),
  );
  const start = JSON.parse(started) as object;
  const egress = [{ name: "ips", members: 300, available: 300 }];
  expect(start).toMatchObject({ ipmanager: `[::]:${ipmanager.probe}`, egress });
  const refused = new Set(gateways.gateways.slice(0, 5).map(({ ip }) => ip));
  outside.manner = ({ from }) => (refused.has(from) ? 403 : 200);
  const host = outside.host(1);
  const answers = await inTurns(500, 16, (index) => askBy(ipmanager.proxy, host, { key: `key${index % 250}` }));
  expect(answers.filter(({ ip, status, body }) => status === 200 && ip !== body)).toEqual([]);
  // Three for each that is refused, by the servers themselves: it is the log that counts, not what goes through here.
  for (const { port } of gateways.gateways.slice(0, 5))
    for (let time = 0; time < 3; time++) await askBy(port, host, { at: gateways.host });
  const calm = await ipmanager.history();
  expect([calm.AvailableIP.length, Object.values(calm.IPHistory)[0]!.History.length]).toEqual([300, 0]);
  await until("the log to be read", async () => {
    await ipmanager.renew();
    const { IPHistory } = await ipmanager.history();
    return Object.values(IPHistory).reduce((sum, { History }) => sum + History.length, 0) === 515;
  });
  const { AvailableIP, IPHistory } = await ipmanager.history();
  expect(Object.keys(IPHistory)).toEqual(gateways.gateways.map(({ ip }) => ip));
  expect(AvailableIP).toEqual(gateways.gateways.slice(5).map(({ ip }) => ip));
  const { ip, port } = gateways.gateways[0]!;
  const first = IPHistory[ip]!;
  expect(first).toMatchObject({ Port: String(port), Addr: ip, Banned: true });
  expect(Object.keys(first)).toEqual(["Port", "Addr", "Banned", "History", "Failure", "CoolDowns"]);
  expect(first.Failure).toBeGreaterThanOrEqual(3);
  expect(first.History.at(-1)).toEqual({
    Time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
    ...{ StatusCode: 403, ExgressKey: "", Target: "127.1.0.1", Port: String(port) },
  });
  const [[from, to]] = first.CoolDowns as [[string, string]];
  expect(Date.parse(to) - Date.parse(from)).toBe(600_000);
  const metrics = await (await ipmanager.page("/metric")).text();
  for (const line of [
    `ipmanager_all_list{ip="${ip}",port="${port}"} 1`,
    `ipmanager_available_list{ip="${ip}",port="${port}"} 0`,
    `ipmanager_cooldown_list{ip="${ip}",port="${port}"} 1`,
    `ipmanager_history_response{ip="${ip}",port="${port}",status_code="403",target="127.1.0.1"} ${first.History.length}`,
  ])
    expect(metrics).toContain(`${line}\n`);
  expect(metrics).toMatch(/^# TYPE ipmanager_consecutive_failure gauge$/m);
  expect(await (await ipmanager.page("/metrics")).text()).toContain("ipmanager_all_list");
  expect(await (await ipmanager.page("/ping")).text()).toBe("pong\n");
  expect((await ipmanager.page("/api/ip/renew")).status).toBe(405);
  expect(await (await ipmanager.page("/debug/")).text()).toContain("set token in the config file");
  const config = (await (await ipmanager.page("/api/config")).json()) as object;
  expect(config).toMatchObject({ probe_port: String(ipmanager.probe), cool_down_min: 10, consecutive_failure: 3 });
  expect(await (await ipmanager.page("/config")).json()).toEqual(config);
  // Those five are used no more, whatever the target.
  outside.visits.length = 0;
  await inTurns(200, 8, () => askBy(ipmanager.proxy, outside.host(2)));
  expect(outside.from().filter((each) => refused.has(each))).toEqual([]);
  // debug tells of each request, with its address.
  await until("the last line", () => ipmanager.stdout.split("\n").length > 700);
  expect(ipmanager.stdout.split("\n")[0]).toContain("127.0.");
});

withNginx("the same file by `run -c`; a request without a target, or to the inside, is told why", async () => {
  await using room = new Room();
  const outside = new Outside(room);
  const gateways = await Gateways.start(room, 3);
  const ipmanager = await new Ipmanager(room, gateways, { allow_private: false }).start(["run", "-c"]);
  const url = `http://127.0.0.1:${ipmanager.proxy}/`;
  const none = await fetch(url);
  expect([none.status, await none.text()]).toEqual([400, expect.stringContaining("X-Egress-Host")]);
  const odd = await askBy(ipmanager.proxy, outside.host(1), { scheme: "ftp" });
  expect([odd.status, odd.body]).toEqual([400, expect.stringContaining("X-Egress-Scheme")]);
  const inner = await askBy(ipmanager.proxy, outside.host(1));
  expect(inner.status).toBe(403);
  expect(outside.visits).toEqual([]);
  // The proxy is for this machine alone.
  const reached = await ran(["ss", "-Hltn", `sport = :${ipmanager.proxy}`]);
  expect(reached.out.trim().split(/\s+/)[3]).toBe(`127.0.0.1:${ipmanager.proxy}`);
});

withNginx(
  "--parse reads what stands in the log; cool-downs end when they would have, and nothing dies when none is left",
  async () => {
    await using room = new Room();
    const outside = new Outside(room);
    const gateways = await Gateways.start(room, 3);
    const [one, two, three] = gateways.gateways as readonly [Gateway, Gateway, Gateway];
    const now = Date.now();
    const line = (port: number, status: number, agoS: number): string =>
      `127.0.0.1 [${nginxTime(now - agoS * 1000)}] "GET / HTTP/1.1" ${status} 2 0.001 Exgress_key: k1 127.0.0.1:${port} -> Request Host: shop.example <-\n`;
    const log = [
      // Cooled down and back again, as far as a minute reaches.
      ...[400, 390, 380].map((ago) => line(one.port, 500, ago)),
      // Out for twelve seconds more: time for the start, and for some questions.
      ...[70, 60, 48].map((ago) => line(two.port, 404, ago)),
      // In a row, but not within five minutes; and one that began the count anew.
      ...[line(three.port, 403, 700), line(three.port, 403, 650), line(three.port, 403, 20)],
      ...[line(three.port, 200, 15), line(three.port, 403, 10)],
    ];
    writeFileSync(gateways.log, log.join(""));
    const ipmanager = await new Ipmanager(room, gateways, { cool_down_min: 1, scan_interval_min: 1 }).start([
      ...["ipmanager", "--parse", "--config"],
    ]);
    const history = await until("the log to be read", async () => {
      const found = await ipmanager.history();
      return found.IPHistory[three.ip]!.History.length === 5 && found.AvailableIP.length === 2 ? found : null;
    });
    expect(history.AvailableIP).toEqual([one.ip, three.ip]);
    expect(history.IPHistory[three.ip]!.Failure).toBe(1);
    expect(history.IPHistory[one.ip]).toMatchObject({ Failure: 0, Banned: false });
    const span = ([from, to]: readonly [string, string]) => [now - Date.parse(from), Date.parse(to) - Date.parse(from)];
    const [spanned] = history.IPHistory[one.ip]!.CoolDowns.map(span) as [number[]];
    expect(Math.abs(spanned[0]! - 380_000)).toBeLessThan(1001);
    expect(spanned[1]).toBe(60_000);
    const api = new EgressApi(ipmanager.admin, "ips");
    expect((await api.one(two.ip)).member).toMatchObject({ state: "coolingDown", cause: "failures" });
    for (const { ip } of [one, three]) await api.order(`${ip}/ban`, { reason: "for the test" });
    const none = await askBy(ipmanager.proxy, outside.host(1));
    expect([none.status, none.ip]).toEqual([503, ""]);
    expect(Number(none.retryAfter)).toBeLessThan(14);
    const back = await until("one to be back", async () => {
      const answer = await askBy(ipmanager.proxy, outside.host(1));
      return answer.status === 200 ? answer : null;
    });
    expect(back.ip).toBe(two.ip);
    expect(Date.now() - now).toBeGreaterThan(11_000);
  },
);
