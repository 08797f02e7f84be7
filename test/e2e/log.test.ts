import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { Client, get } from "./harness/client.ts";
import { Load } from "./harness/load.ts";
import { Origin, ok, write } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { Room } from "./harness/room.ts";
import { type Draft, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

type Line = Record<string, string | number>;

function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
}

function lines(path: string, count: number): Promise<string[]> {
  return until(`${count} lines in ${path}`, () => {
    const found = linesOf(path);
    return found.length >= count ? found : null;
  });
}

function logging(
  room: Room,
  origin: Origin,
  format: "json" | "common" | "combined" = "json",
): Draft & { path: string } {
  const path = room.path("access.log");
  const draft: Draft = { pools: { app: { servers: [origin.address] } }, accessLog: { path, format, flush: "10ms" } };
  return Object.defineProperty(draft, "path", { value: path, enumerable: false }) as Draft & { path: string };
}

test("a JSON line tells what was asked, by whom, of whom, and what came of it", async () => {
  await using room = new Room();
  const origin = new Origin(room, ({ body }) => ok(`got ${body.length}`));
  const draft = logging(room, origin);
  const sluice = await Sluice.start(room, draft);
  const headers = { "user-agent": 'cur"l\\', referer: "http://a/b", host: "shop.example" };
  await fetch(`${sluice.url}/a%20b?q=é`, { method: "POST", body: "hello", headers });
  const line = JSON.parse((await lines(draft.path, 1))[0]!) as Line;
  expect(line).toMatchObject({
    client: "127.0.0.1",
    method: "POST",
    target: "/a%20b?q=%C3%A9",
    host: "shop.example",
    version: "1.1",
    status: 200,
    bytes_received: 5,
    bytes_sent: 5,
    listener: "web",
    pool: "app",
    server: origin.address,
    attempts: 1,
    user_agent: 'cur"l\\',
    referer: "http://a/b",
  });
  expect(Date.now() - Date.parse(line["time"] as string)).toBeLessThan(20_000);
  expect(line["duration_ms"]).toBeGreaterThan(0);
  const { fields } = await origin.request(1);
  expect(line["request_id"]).toBe(fields.get("x-request-id")![0]!);
});

test("refused, failed and aborted requests have lines that say why", async () => {
  await using room = new Room();
  const origin = new Origin(room, ({ target, socket }) => {
    if (target === "/cut") {
      write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\ncut");
      socket.shutdown();
    }
    return null;
  });
  const draft = logging(room, origin);
  const sluice = await Sluice.start(room, draft);
  const bad = await Client.connect(room, sluice.port);
  await bad.send("GET / HTTP/1.1\r\nHost: a\r\nBad Field: 1\r\n\r\n").over();
  const gone = (await Client.connect(room, sluice.port)).send(get("/gone"));
  await origin.request(1);
  gone.socket.terminate();
  await lines(draft.path, 2);
  const cut = (await Client.connect(room, sluice.port)).send(get("/cut"));
  await cut.over();
  const found = (await lines(draft.path, 3)).map((line) => JSON.parse(line) as Line);
  expect(found[0]).toMatchObject({ status: 400, fault: "bad_field", attempts: 0 });
  expect(found[1]).toMatchObject({ fault: "client_closed", target: "/gone", attempts: 1, server: origin.address });
  expect(found[2]).toMatchObject({ status: 200, fault: "truncated_response", target: "/cut" });
  const dead = { ...draft, pools: { app: { servers: [`127.0.0.1:${freePort()}`] } } };
  await sluice.reload(dead);
  await fetch(`${sluice.url}/dead`);
  const line = JSON.parse((await lines(draft.path, 4))[3]!) as Line;
  expect(line).toMatchObject({ status: 502, fault: "connect_refused", target: "/dead" });
});

test("the common and combined formats are those of Apache and nginx", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("12345"));
  const draft = logging(room, origin, "common");
  const sluice = await Sluice.start(room, draft);
  const headers = { "user-agent": 'a"b', referer: "http://r/" };
  await fetch(`${sluice.url}/x`, { headers });
  const [common] = await lines(draft.path, 1);
  const stamp = String.raw`\[\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]`;
  expect(common).toMatch(new RegExp(String.raw`^127\.0\.0\.1 - - ${stamp} "GET /x HTTP/1\.1" 200 5$`));
  await sluice.reload({ ...draft, accessLog: { path: draft.path, format: "combined", flush: "10ms" } });
  await fetch(`${sluice.url}/y`, { headers });
  const [, combined] = await lines(draft.path, 2);
  expect(combined).toMatch(
    new RegExp(String.raw`^127\.0\.0\.1 - - ${stamp} "GET /y HTTP/1\.1" 200 5 "http://r/" "a\\x22b"$`),
  );
});

test("after a rotation by SIGUSR1 lines go on in the new file, and under load none is lost or cut", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const draft = { ...logging(room, origin), workers: 2 };
  const path = room.path("access.log");
  const sluice = await Sluice.start(room, draft);
  const load = new Load(sluice.port, { connections: 4 });
  for (let turn = 1; turn <= 3; turn++) {
    const before = load.answered;
    await until("traffic", () => load.answered > before + 200);
    renameSync(path, `${path}.${turn}`);
    sluice.child.kill("SIGUSR1");
    await until("the new file to be used", () => linesOf(path).length > 0);
  }
  await load.stop();
  const files = [path, `${path}.1`, `${path}.2`, `${path}.3`];
  await until("all lines", () => files.flatMap(linesOf).length === load.answered);
  for (const line of files.flatMap(linesOf)) expect((JSON.parse(line) as Line)["status"]).toBe(200);
  expect(load.errors).toEqual([]);
  await sluice.counted(load.answered, "sluice_access_log_lines_total");
  await sluice.counted(0, "sluice_access_log_dropped_total");
});

test("each worker that cannot open its log anew says who it is", async () => {
  await using room = new Room();
  const path = room.path("access.log");
  const sluice = await Sluice.start(room, { ...logging(room, new Origin(room)), workers: 2 });
  renameSync(path, `${path}.1`);
  mkdirSync(path);
  sluice.child.kill("SIGUSR1");
  for (const worker of [0, 1])
    await until("it to say so", () =>
      sluice.stderr.includes(
        `worker ${worker}: access log ${path} cannot be reopened (EISDIR); the old file is written on`,
      ),
    );
});

test("each request has an id of its own, over all workers", async () => {
  await using room = new Room();
  const origin = new Origin(room, ({ fields }) => ok(fields.get("x-request-id")![0]!));
  const draft = { ...logging(room, origin), workers: 2 };
  const sluice = await Sluice.start(room, draft);
  const load = new Load(sluice.port, { connections: 8 });
  await until("a thousand answers", () => load.answered >= 1000);
  await load.stop();
  expect(load.byBody.size).toBe(load.answered);
  const logged = await lines(room.path("access.log"), load.answered);
  expect(new Set(logged.map((line) => (JSON.parse(line) as Line)["request_id"]))).toEqual(new Set(load.byBody.keys()));
});

test("the lines of the last moment are written before the end", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const draft = { ...logging(room, origin), accessLog: { path: room.path("access.log"), flush: "30s" } };
  const sluice = await Sluice.start(room, draft);
  for (let count = 0; count < 10; count++) await fetch(sluice.url);
  expect(linesOf(room.path("access.log"))).toHaveLength(0);
  sluice.child.kill("SIGTERM");
  expect(await sluice.exited()).toBe(0);
  expect(linesOf(room.path("access.log"))).toHaveLength(10);
});

test("a log to stdout comes from Sluice's own stdout", async () => {
  await using room = new Room();
  const origin = new Origin(room);
  const sluice = await Sluice.run(room, ["--to", origin.address, "--access-log", "-", "--log-format", "common"]);
  await fetch(`${sluice.url}/here`);
  await until("the line", () => sluice.stdout.includes('"GET /here HTTP/1.1" 200'));
});
