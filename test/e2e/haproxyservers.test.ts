// Long for its one configuration: servers of one haproxy.cfg, HAProxy's and Sluice's: who gets which request, and what becomes of one when a server is slow, full, down or
// gone; mode tcp, names in a ClientHello, and PROXY headers. Servers answer with their names.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout } from "bun:test";
import { connect } from "node:net";
import { StuckListener } from "../runtime/stuck.ts";
import { helloFor } from "./harness/openssl.ts";
import { type Handler, ok } from "./harness/origin.ts";
import { find, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { Twins } from "./harness/twins.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);
const test = testWith(["haproxy"]);
const testHello = testWith(["haproxy", "openssl"]);
const get = (target = "/", ...fields: string[]): string =>
  `${[`GET ${target} HTTP/1.1`, "Host: x.test", ...fields].join("\r\n")}\r\n\r\n`;

const text = `
defaults
  mode http
  timeout connect 500ms
  timeout client 5s
  timeout server 5s
frontend turns
  bind 127.0.0.1:{PORT:turns}
  default_backend turns
backend turns
  balance roundrobin
  server a {ORIGIN:a} weight 3
  server b {ORIGIN:b} weight 1
frontend source
  bind 127.0.0.1:{PORT:source}
  default_backend source
backend source
  balance source
  server a {ORIGIN:a}
  server b {ORIGIN:b}
  server c {ORIGIN:c}
frontend uri
  bind 127.0.0.1:{PORT:uri}
  default_backend uri
backend uri
  balance uri whole
  hash-type consistent
  server a {ORIGIN:a}
  server b {ORIGIN:b}
  server c {ORIGIN:c}
frontend field
  bind 127.0.0.1:{PORT:field}
  default_backend field
backend field
  balance hdr(x-user)
  server a {ORIGIN:a}
  server b {ORIGIN:b}
  server c {ORIGIN:c}
frontend first
  bind 127.0.0.1:{PORT:first}
  default_backend first
backend first
  balance first
  server a {ORIGIN:a}
  server b {ORIGIN:b}
frontend cookie
  bind 127.0.0.1:{PORT:cookie}
  default_backend cookie
backend cookie
  cookie SRV insert
  server a {ORIGIN:a} cookie a
  server b {ORIGIN:b} cookie b
frontend backup
  bind 127.0.0.1:{PORT:backup}
  default_backend backup
backend backup
  option redispatch
  retries 2
  server a {CLOSED} check inter 500ms fall 1
  server b {ORIGIN:b} backup
frontend full
  bind 127.0.0.1:{PORT:full}
  default_backend full
backend full
  timeout queue 300ms
  server a {ORIGIN:slow} maxconn 1
frontend checked
  bind 127.0.0.1:{PORT:checked}
  default_backend checked
backend checked
  option httpchk GET /health
  http-check expect status 200
  server a {ORIGIN:ill} check inter 500ms fall 1 rise 1
  server b {ORIGIN:well} check inter 500ms fall 1 rise 1
frontend again
  bind 127.0.0.1:{PORT:again}
  default_backend again
backend again
  option redispatch 1
  retries 3
  balance roundrobin
  server a {CLOSED}
  server b {ORIGIN:b}
frontend unconnected
  bind 127.0.0.1:{PORT:unconnected}
  use_backend fine if { path_beg /fine }
  use_backend paged if { path_beg /paged }
  use_backend stuck if { path_end /stuck }
  use_backend plain_tls if { path_end /tls }
  default_backend refusing
backend refusing
  retries 0
  server a {CLOSED}
backend stuck
  retries 0
  server a 127.0.0.1:{STUCK}
backend plain_tls
  retries 0
  server a {ORIGIN:a} ssl verify none
backend paged
  retries 0
  errorfile 503 {FOLDER}/503.http
  errorfile 502 {FOLDER}/502.http
  server a {CLOSED}
backend fine
  retries 0
  errorfile 503 {FOLDER}/200.http
  server a {CLOSED}
listen located
  bind 127.0.0.1:{PORT:located}
  retries 0
  errorloc303 503 http://sorry.test/
  server a {CLOSED}
frontend slow
  bind 127.0.0.1:{PORT:slow}
  timeout http-request 400ms
  timeout client 2s
  default_backend slow
backend slow
  timeout server 300ms
  server a {ORIGIN:never}
listen both
  bind 127.0.0.1:{PORT:both}
  http-request set-header x-listen yes
  server a {ORIGIN:a}
listen told
  bind 127.0.0.1:{PORT:told} accept-proxy
  http-request return status 200 content-type text/plain lf-string "%[src]:%[src_port]"
listen one
  mode tcp
  bind 127.0.0.1:{PORT:tell}
  server told 127.0.0.1:{PORT:told} send-proxy
listen two
  mode tcp
  bind 127.0.0.1:{PORT:tell2}
  server told 127.0.0.1:{PORT:told} send-proxy-v2
listen plain
  mode tcp
  bind 127.0.0.1:{PORT:tcp}
  acl friend src 127.0.0.2 127.0.0.4
  tcp-request connection reject if !friend !{ src 127.0.0.1 }
  server a {ORIGIN:a}
frontend names
  mode tcp
  bind 127.0.0.1:{PORT:names}
  tcp-request inspect-delay 1s
  tcp-request content accept if { req.ssl_hello_type 1 }
  use_backend name_a if { req.ssl_sni -i a.test }
  use_backend name_b if { req.ssl_sni -m end .b.test }
  default_backend name_none
backend name_a
  mode tcp
  server a 127.0.0.1:{PORT:says_a}
backend name_b
  mode tcp
  server b 127.0.0.1:{PORT:says_b}
backend name_none
  mode tcp
  server c 127.0.0.1:{PORT:says_none}
`;

/** Waits for what never comes. */
const never: Handler = () => null;
const pages = Object.fromEntries(
  ([200, 502, 503] as const).map((status) => {
    const body = `page ${status}\n`;
    const head = `HTTP/1.1 ${status} Said\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}`;
    return [`${status}.http`, `${head}\r\n\r\n${body}`];
  }),
);
/** Answers after far longer than a queue is waited in. */
const slowly: Handler = async () => {
  await Bun.sleep(2000);
  return ok("slow");
};
const ill: Handler = ({ target }) =>
  target === "/health" ? ok("ill").toString().replace("200 OK", "500 Oh") : ok("ill");

describe("servers of one haproxy.cfg", () => {
  const room = new Room();
  let twins: Twins;
  beforeAll(async () => {
    if (find("haproxy") === null) return;
    const stuck = await StuckListener.start();
    room.ending(() => stuck[Symbol.asyncDispose]());
    const filled = text.replace("{STUCK}", String(stuck.port));
    twins = await Twins.start(room, filled, { files: pages, origins: { never, slow: slowly, ill } });
    for (const { ports } of [twins.haproxy, twins.sluice])
      for (const name of ["says_a", "says_b", "says_none"]) speaker(room, ports[name]!, name);
  });
  afterAll(() => room[Symbol.asyncDispose]());

  /** Bodies of as many requests, each on a connection of its own. */
  async function bodies(port: string, requests: readonly string[], from?: string): Promise<Record<Name, string[]>> {
    const seen = { haproxy: [] as string[], sluice: [] as string[] };
    for (const request of requests) {
      const both = await twins.both(request, { port, ...(from === undefined ? {} : { from }) });
      for (const name of names) seen[name].push(both[name].body);
    }
    return seen;
  }

  test("turns go by weight", async () => {
    const seen = await bodies(
      "turns",
      Array.from({ length: 16 }, () => get()),
    );
    for (const name of names) expect(counted(seen[name])).toEqual({ a: 12, b: 4 });
  });

  test("a client, an address or a field has one server, and not all have the same", async () => {
    for (const [port, requests] of [
      ["uri", Array.from({ length: 24 }, (_, index) => get(`/x/${index}`))],
      ["field", Array.from({ length: 24 }, (_, index) => get("/", `X-User: ${index}`))],
    ] as const) {
      const [once, again] = [await bodies(port, requests), await bodies(port, requests)];
      expect([port, again]).toEqual([port, once]);
      for (const name of names) expect([port, name, new Set(once[name]).size > 1]).toEqual([port, name, true]);
    }
    // Servers are placed by their ports, which differ in each run: 24 clients of one server by chance is one run in eight million.
    const clients = Array.from({ length: 24 }, (_, index) => `127.0.0.${index + 1}`);
    const chosen = { haproxy: new Set<string>(), sluice: new Set<string>() };
    for (const from of clients) {
      const seen = await bodies("source", [get("/1"), get("/2")], from);
      for (const name of names) {
        expect(new Set(seen[name]).size).toBe(1);
        chosen[name].add(seen[name][0]!);
      }
    }
    for (const name of names) expect(chosen[name].size).toBeGreaterThan(1);
  });

  test("the first server serves as long as it has room", async () => {
    const seen = await bodies(
      "first",
      Array.from({ length: 4 }, () => get()),
    );
    for (const name of names) expect(seen[name]).toEqual(["a", "a", "a", "a"]);
  });

  test("a cookie is set once, and keeps its client", async () => {
    for (const twin of [twins.haproxy, twins.sluice]) {
      const first = await twin.ask(get(), { port: "cookie" });
      const cookie = first.fields["set-cookie"]!.split(";")[0]!;
      expect(cookie).toStartWith("SRV=");
      for (let turn = 0; turn < 4; turn++) {
        const next = await twin.ask(get("/", `Cookie: other=1; ${cookie}`), { port: "cookie" });
        expect([twin.name, next.body, next.fields["set-cookie"]]).toEqual([twin.name, first.body, undefined]);
      }
    }
  });

  test("a backup serves while the others are down", async () => {
    await settled("backup", "b");
    expect((await twins.same(get(), { port: "backup" })).body).toBe("b");
  });

  test("a server that answers its check wrong is left out", async () => {
    await settled("checked", "well");
    const seen = await bodies(
      "checked",
      Array.from({ length: 6 }, () => get()),
    );
    for (const name of names) expect(counted(seen[name])).toEqual({ well: 6 });
  });

  test("a server that refuses is passed over, and the request goes to another", async () => {
    const seen = await bodies(
      "again",
      Array.from({ length: 4 }, () => get()),
    );
    for (const name of names) expect(counted(seen[name])).toEqual({ b: 4 });
  });

  test("a server that cannot be connected to is told of as 503, with the page that there is for that", async () => {
    for (const [target, status, body] of [
      ["/refused", 503, /./],
      ["/stuck", 503, /./],
      ["/tls", 503, /./],
      ["/paged", 503, /^page 503\n$/],
      ["/fine", 200, /^page 200\n$/],
    ] as const) {
      const said = await twins.same(get(target), { port: "unconnected" });
      expect([target, said.status, body.test(said.body)]).toEqual([target, status, true]);
    }
    const located = await twins.same(get(), { port: "located", fields: ["location"] });
    expect([located.status, located.fields["location"]]).toEqual([303, "http://sorry.test/"]);
  });

  test("beyond maxconn a request waits, and not longer than timeout queue", async () => {
    const first = twins.both(get(), { port: "full" });
    await until("both to be at their servers", () =>
      [twins.haproxy, twins.sluice].every(({ origins }) => origins["slow"]!.asked.length === 1),
    );
    const two = await twins.both(get(), { port: "full" });
    const one = await first;
    for (const name of names) {
      expect([name, one[name].status, two[name].status]).toEqual([name, 200, 503]);
      expect(two[name].elapsedMs).toBeWithin(200, 1500);
    }
  });

  test("a server that says nothing is given up with 504, a client with 408", async () => {
    const late = await twins.both(get(), { port: "slow" });
    const half = await twins.both("GET / HTTP/1.1\r\nHost: x", { port: "slow", isEndAwaited: true });
    for (const name of names) {
      expect([name, late[name].status, half[name].status, half[name].end]).toEqual([name, 504, 408, "fin"]);
      expect(late[name].elapsedMs).toBeWithin(250, 1200);
      expect(half[name].elapsedMs).toBeWithin(350, 1300);
    }
  });

  test("listen is both halves in one", async () => {
    await twins.same(get(), { port: "both" });
    for (const { origins } of [twins.haproxy, twins.sluice])
      expect(origins["a"]!.asked.at(-1)!.fields.get("x-listen")).toEqual(["yes"]);
  });

  test("a PROXY header of either version tells the client to who believes it", async () => {
    for (const port of ["tell", "tell2"]) {
      const { haproxy, sluice } = await twins.both(get(), { port, from: "127.0.0.9" });
      expect([haproxy.body, sluice.body].map((body) => body.replace(/:\d+$/, ""))).toEqual(["127.0.0.9", "127.0.0.9"]);
    }
  });

  test("in mode tcp some clients are let in, and others are not", async () => {
    expect((await twins.same(get(), { port: "tcp" })).body).toBe("a");
    expect((await twins.same(get(), { port: "tcp", from: "127.0.0.4" })).body).toBe("a");
    const { haproxy, sluice } = await twins.both(get(), { port: "tcp", from: "127.0.0.3" });
    expect([haproxy.status, sluice.status]).toEqual([0, 0]);
    // By a reset or by a FIN, as what the client sent came before the close or after it.
    for (const { end, body } of [haproxy, sluice]) expect([["fin", "rst"].includes(end), body]).toEqual([true, ""]);
  });

  testHello("a ClientHello goes where its name says", async () => {
    for (const [name, expected] of [
      ["a.test", "says_a"],
      ["A.Test", "says_a"],
      ["x.b.test", "says_b"],
      ["c.test", "says_none"],
    ] as const) {
      const hello = await helloFor(name);
      for (const { name: who, ports } of [twins.haproxy, twins.sluice])
        expect([who, name, await spoken(ports["names"]!, hello)]).toEqual([who, name, expected]);
    }
  });

  /** Until both have seen who is down. */
  async function settled(port: string, wanted: string): Promise<void> {
    await until(`${port} to be served by ${wanted} alone`, async () => {
      const seen = await bodies(port, [get(), get(), get()]);
      return names.every((name) => seen[name].every((body) => body === wanted));
    });
  }
});

test("a check may take longer than the time to the next, when timeout check lets it", async () => {
  await using room = new Room();
  // The next check begins when the one before has ended, and one that fails would be enough to be down.
  const slow: Handler = async ({ target }) => {
    if (target === "/health") await Bun.sleep(700);
    return ok("a");
  };
  const twins = await Twins.start(
    room,
    `
defaults
  mode http
  timeout connect 5s
  timeout client 20s
  timeout server 20s
  timeout check 10s
frontend web
  bind 127.0.0.1:{PORT}
  default_backend app
backend app
  option httpchk GET /health
  server a {ORIGIN:a} check inter 200ms fall 1
`,
    { origins: { a: slow } },
  );
  for (const { origins } of [twins.haproxy, twins.sluice])
    await until(
      "checks that have ended",
      () => origins["a"]!.asked.filter(({ target }) => target === "/health").length > 2,
    );
  expect((await twins.same(get())).status).toBe(200);
});

type Name = "haproxy" | "sluice";
const names: readonly Name[] = ["haproxy", "sluice"];

function counted(bodies: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const body of bodies) counts[body] = (counts[body] ?? 0) + 1;
  return counts;
}

/** Says its name to whoever says something, and ends. */
function speaker(room: Room, port: number, name: string): void {
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port,
    socket: {
      data: (socket) => {
        socket.end(name);
      },
      error: () => {},
    },
  });
  room.ending(() => listener.stop(true));
}

function spoken(port: number, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes))
      .on("data", (more) => {
        said += more;
      })
      .on("end", () => resolve(said))
      .on("error", reject);
  });
}
