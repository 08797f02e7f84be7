// gobetween's REST API and metrics in gobetween's place, asked by curl: each path as its users know it, with user and password, with TLS,
// and for pages of other origins; servers that are added serve, and those that are deleted do not.

import { expect, setDefaultTimeout, test } from "bun:test";
import { rmSync } from "node:fs";
import { stateFolderOf } from "../../src/control/state.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { curl, ran } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { authorityIn, put } from "./harness/signed.ts";
import { command } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** One that runs, from a file of gobetween's. */
class Gobetween {
  readonly api: number = freePort();
  readonly metrics: number = freePort();
  readonly port: number = freePort();
  readonly path: string;
  readonly origins: readonly Origin[];
  log = "";
  readonly #room: Room;
  #child: Bun.Subprocess<"ignore", "ignore", "pipe"> | null = null;

  /** `api`: more of its section; `servers`: others than the one. */
  constructor(room: Room, api = "", servers: string | null = null) {
    this.#room = room;
    this.origins = ["one", "two"].map((word) => new Origin(room, () => ok(word)));
    const [one, two] = this.origins;
    const text = `[api]\nenabled = true\nbind = "127.0.0.1:${this.api}"\n${api}
[metrics]
enabled = true
bind = "127.0.0.1:${this.metrics}"

[defaults]
max_connections = 500

${
  servers ??
  `[servers.sample]
bind = "127.0.0.1:${this.port}"
balance = "roundrobin"

  [servers.sample.discovery]
  kind = "static"
  static_list = ["${one!.address} weight=3", "${two!.address}"]
`
}`;
    this.path = room.write("gobetween.toml", text);
    room.ending(() => rmSync(stateFolderOf(this.path), { recursive: true, force: true }));
  }

  async start(): Promise<this> {
    const child = Bun.spawn([...command, "run", "-c", this.path], { stdio: ["ignore", "ignore", "pipe"] });
    this.#child = child;
    void this.#keep(child.stderr);
    this.#room.ending(() => this.stop());
    await until("it to be ready", async () => {
      if (child.exitCode !== null) throw new Error(`it ended:\n${this.log}`);
      const answer = await fetch(`http://127.0.0.1:${this.metrics}/readyz`).catch(() => null);
      return answer?.status === 200;
    });
    return this;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    child?.kill("SIGTERM");
    await child?.exited;
  }

  async #keep(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const part of stream) this.log += new TextDecoder().decode(part);
  }

  async ask(path: string, ...words: readonly string[]): Promise<Answer> {
    const { out, err, code } = await curl("-i", ...words, `http://127.0.0.1:${this.api}${path}`);
    if (code !== 0) throw new Error(err);
    return answerOf(out);
  }

  async json(path: string, ...words: readonly string[]): Promise<unknown> {
    return JSON.parse((await this.ask(path, ...words)).body) as unknown;
  }

  post(name: string, server: object, ...words: readonly string[]): Promise<Answer> {
    return this.ask(`/servers/${name}`, "-X", "POST", "-d", JSON.stringify(server), ...words);
  }
}

function answerOf(text: string): Answer {
  const end = text.indexOf("\r\n\r\n");
  const head = text.slice(0, end).toLowerCase();
  return { status: Number(/^http\/\S+ (\d+)/.exec(head)?.[1]), head, body: text.slice(end + 4) };
}

/** Over a connection of its own. */
async function fetched(port: number): Promise<string> {
  const { out, code } = await curl("-H", "Connection: close", `http://127.0.0.1:${port}/`);
  return code === 0 ? out : `curl ${code}`;
}

const nobody = (address: string) => ({ discovery: { kind: "static", static_list: [address] } });

test("every path answers as gobetween's users know it", async () => {
  await using room = new Room();
  const made = await new Gobetween(room).start();
  expect(await made.ask("/ping")).toMatchObject({ status: 200, body: "OK" });
  expect(await made.json("/")).toMatchObject({
    pid: expect.any(Number),
    uptime: expect.stringMatching(/^[\d.hms]+$/),
    configuration: { kind: "file", path: made.path },
  });
  const sample = {
    ...{ max_connections: 500, bind: `127.0.0.1:${made.port}`, protocol: "tcp", balance: "roundrobin", sni: null },
    discovery: { kind: "static", failpolicy: "keeplast" },
  };
  expect(await made.json("/servers")).toMatchObject({ sample });
  expect(await made.json("/servers/sample")).toMatchObject(sample);
  expect((await made.ask("/servers/nobody")).status).toBe(404);
  expect((await made.ask("/servers/nobody/stats")).status).toBe(404);
  const toml = await made.ask("/dump");
  expect(toml.body).toContain("[servers.sample.discovery]");
  expect(await made.json("/dump?format=json")).toMatchObject({
    defaults: { max_connections: 500 },
    servers: { sample },
  });
  // The dump is a file that starts it again.
  const dumped = room.write("dump.toml", toml.body);
  expect((await ran([...command, "check", dumped])).code).toBe(0);
});

test("the figures and the metrics count what was carried", async () => {
  await using room = new Room();
  const made = await new Gobetween(room).start();
  for (let turn = 0; turn < 4; turn++) await fetched(made.port);
  const stats = await until("all connections to have ended", async () => {
    const found = (await made.json("/servers/sample/stats")) as { active_connections: number };
    return found.active_connections === 0 ? found : null;
  });
  const backend = (host: string, weight: number, origin: Origin) => ({
    ...{ host, port: String(origin.port), priority: 1, weight },
    stats: {
      ...{ live: true, discovered: true, total_connections: 2, active_connections: 0, refused_connections: 0 },
      ...{ rx: expect.any(Number), tx: origin.received.length },
      ...{ rx_second: expect.any(Number), tx_second: expect.any(Number) },
    },
  });
  const [one, two] = made.origins;
  const sent = one!.received.length + two!.received.length;
  expect((stats as unknown as { rx_total: number }).rx_total).toBeGreaterThan(4 * "one".length);
  expect(stats).toMatchObject({
    tx_total: sent,
    backends: [backend("127.0.0.1", 3, one!), backend("127.0.0.1", 1, two!)],
  });
  const page = await (await fetch(`http://127.0.0.1:${made.metrics}/metrics`)).text();
  const labels = `server="sample",host="127.0.0.1",port="${one!.port}"`;
  expect(page).toContain('gobetween_server_count{server="sample"} 2\n');
  expect(page).toContain(`gobetween_server_tx_total{server="sample"} ${sent}\n`);
  expect(page).toContain(`gobetween_backend_total_connections{${labels}} 2\n`);
  expect(page).toContain(`gobetween_backend_live{${labels}} 1\n`);
  expect(page).toContain("sluice_connections_accepted_total");
});

test("bytes a second are those of the last two seconds", async () => {
  await using room = new Room();
  const made = await new Gobetween(room).start();
  await until("a rate", async () => {
    await fetched(made.port);
    const { rx_second: rx, tx_second: tx } = (await made.json("/servers/sample/stats")) as Record<string, number>;
    return rx! > 0 && tx! > 0;
  });
  await until("none", async () => {
    const { rx_second: rx, tx_second: tx } = (await made.json("/servers/sample/stats")) as Record<string, number>;
    return rx === 0 && tx === 0;
  });
});

test("servers are added and deleted, without a word in the file", async () => {
  await using room = new Room();
  const made = await new Gobetween(room, "", "[servers]\n").start();
  expect(await made.json("/servers")).toEqual({});
  const port = freePort();
  const server = { bind: `127.0.0.1:${port}`, ...nobody(made.origins[0]!.address) };
  expect(await made.post("web", server)).toMatchObject({ status: 200, body: "null" });
  expect(await fetched(port)).toBe("one");
  expect(await made.json("/servers/web")).toMatchObject({ max_connections: 500, bind: `127.0.0.1:${port}` });
  expect(await made.post("web", server)).toMatchObject({
    ...{ status: 409, body: '"Server with this name already exists: web"' },
  });
  expect((await made.post("other", server)).status).toBe(409);
  for (const [body, words] of [
    ["{}", "must have a bind"],
    ['{"bind": ":1", "discovery": {"kind": "magic"}}', "discovery.kind is not known"],
    ["{", "must be a JSON object"],
  ] as const) {
    const answer = await made.ask("/servers/bad", "-X", "POST", "-d", body);
    expect([answer.status, answer.body]).toEqual([400, expect.stringContaining(words)]);
  }
  expect(await made.ask("/servers/web", "-X", "DELETE")).toMatchObject({ status: 200, body: "null" });
  expect((await made.ask("/servers/web", "-X", "DELETE")).status).toBe(404);
  await until("nobody to listen there", async () => (await fetched(port)) === "curl 7");
  const audit = (await made.json("/api/v1/audit")) as { entries: { operation: string; status: number }[] };
  const done = audit.entries.map(({ operation, status }) => `${operation} ${status}`);
  expect(done).toContain("createServer 200");
  expect(done).toContain("createServer 409");
  expect(done).toContain("deleteServer 200");
});

test("what reaches beyond Sluice is added only by who shows a password", async () => {
  await using room = new Room();
  const made = await new Gobetween(room).start();
  const server = { bind: `127.0.0.1:${freePort()}`, discovery: { kind: "exec", exec_command: ["/bin/true"] } };
  const refused = await made.post("found", server);
  expect([refused.status, refused.body]).toEqual([400, expect.stringContaining("set api.basic_auth")]);
  await made.stop();
  const auth = 'basic_auth = { login = "admin", password = "1111" }\n';
  await using other = new Room();
  const guarded = await new Gobetween(other, auth).start();
  const { address } = guarded.origins[1]!;
  const listed = { ...server, discovery: { kind: "exec", exec_command: ["/bin/echo", address] } };
  expect((await guarded.post("found", listed, "-u", "admin:1111")).status).toBe(200);
  await until("what it lists to be asked", async () => (await fetched(Number(server.bind.slice(10)))) === "two");
});

test("user and password are asked for, and nothing is told without, but that it lives", async () => {
  await using room = new Room();
  const made = await new Gobetween(room, 'basic_auth = { login = "admin", password = "1111" }\n').start();
  expect((await made.ask("/ping")).status).toBe(200);
  for (const path of ["/", "/dump", "/servers", "/servers/sample", "/servers/sample/stats", "/api/v1/config"])
    expect([path, (await made.ask(path)).status]).toEqual([path, 401]);
  expect((await made.ask("/servers")).head).toContain('www-authenticate: basic realm="sluice"');
  expect((await made.ask("/servers", "-u", "admin:1112")).status).toBe(401);
  const dump = await made.ask("/dump", "-u", "admin:1111");
  expect(dump.status).toBe(200);
  expect(dump.body).not.toContain("1111");
  // The commands find the password where gobetween's file has it.
  const status = await ran([...command, "status", "-c", made.path]);
  expect([status.code, status.err]).toEqual([0, ""]);
  const console = await made.ask("/", "-H", "Accept: text/html");
  expect([console.status, console.body]).toEqual([200, expect.stringContaining("<!doctype html>")]);
});

test("pages of other origins have leave where the file gives it, and never with what a browser keeps", async () => {
  await using room = new Room();
  const auth = 'basic_auth = { login = "admin", password = "1111" }\n';
  const shared = await new Gobetween(room, `cors = true\n${auth}`).start();
  const page = ["-H", "Origin: https://page.test", "-H", "Sec-Fetch-Site: cross-site"];
  const leave = await shared.ask("/servers/x", "-X", "OPTIONS", ...page, "-H", "Access-Control-Request-Method: DELETE");
  expect(leave.status).toBe(204);
  expect(leave.head).toContain("access-control-allow-origin: *");
  expect(leave.head).toContain("access-control-allow-headers: origin, authorization, content-type");
  expect(leave.head).not.toContain("credentials");
  const told = await shared.ask("/servers", "-u", "admin:1111", ...page);
  expect([told.status, told.head.includes("access-control-allow-origin: *")]).toEqual([200, true]);
  expect((await shared.ask("/servers", ...page)).status).toBe(403);
  const form = await shared.post("x", {}, "-u", "admin:1111", ...page, "-H", "Content-Type: text/plain");
  expect(form.status).toBe(403);
  expect((await shared.ask("/api/v1/config", "-u", "admin:1111", ...page)).status).toBe(403);
  await using other = new Room();
  const own = await new Gobetween(other, auth).start();
  expect((await own.ask("/servers", "-u", "admin:1111", ...page)).status).toBe(403);
  expect((await own.ask("/servers", "-u", "admin:1111")).head).not.toContain("access-control");
});

test("with a certificate it speaks TLS there, and commands of this machine find the interface without", async () => {
  await using room = new Room();
  const authority = authorityIn(room);
  put(room, "api", authority.issue(["DNS:localhost", "IP:127.0.0.1"]));
  const own = freePort();
  const password = "long-enough-to-be-a-token";
  const made = new Gobetween(
    room,
    `tls = { cert_path = "api.crt", key_path = "api.key" }\nbasic_auth = { login = "admin", password = "${password}" }\n`,
  );
  // Where it is without TLS is said by nobody in gobetween's file; a test may not have the usual port to itself.
  const converted = await ran([...command, "convert", made.path]);
  expect(converted.code).toBe(0);
  const config = room.write("sluice.yaml", converted.out.replace("admin:\n", `admin:\n  listen: 127.0.0.1:${own}\n`));
  const child = Bun.spawn([...command, "run", "-c", config], { stdio: ["ignore", "ignore", "inherit"] });
  room.ending(async () => {
    child.kill("SIGTERM");
    await child.exited;
  });
  room.ending(() => rmSync(stateFolderOf(config), { recursive: true, force: true }));
  const secure = (...words: readonly string[]) => curl("--cacert", room.path("ca.pem"), ...words);
  const ping = `https://localhost:${made.api}/ping`;
  await until("it to be ready", async () => (await secure(ping)).out === "OK");
  const servers = `https://localhost:${made.api}/servers`;
  expect((await secure(servers)).out).toContain("a token is required");
  expect(JSON.parse((await secure("-u", `admin:${password}`, servers)).out)).toHaveProperty("sample");
  expect(JSON.parse((await secure("-H", `Authorization: Bearer ${password}`, servers)).out)).toHaveProperty("sample");
  expect((await curl(`http://127.0.0.1:${made.api}/ping`)).out).not.toBe("OK");
  const status = await ran([...command, "status", "-c", config]);
  expect([status.code, status.err]).toEqual([0, ""]);
});

test("a certificate that is not there keeps it from starting, and check says so at gobetween's key", async () => {
  await using room = new Room();
  const made = new Gobetween(room, 'tls = { cert_path = "/nowhere/a.pem", key_path = "/nowhere/a.key" }\n');
  const answer = await ran([...command, "check", made.path]);
  expect(answer.code).toBe(1);
  expect(answer.err).toContain("api.tls.cert_path");
});
