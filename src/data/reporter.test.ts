import { beforeEach, expect, test } from "bun:test";
import { makeClient, makeClientTls } from "../../test/playbook/client.ts";
import { egressPlan, egressProxy, two } from "../../test/playbook/egresses.ts";
import { Memory } from "../../test/playbook/memory.ts";
import { clearArena, makePlan, type PlanOptions, setServer } from "../../test/playbook/plan.ts";
import { users } from "../../test/playbook/proxies.ts";
import { deny, rule, rules } from "../../test/playbook/rules.ts";
import { Context } from "../flow/context.ts";
import { Downstream } from "../flow/downstream.ts";
import type { Client, Line } from "../flow/port.ts";
import { Site } from "../flow/site.ts";
import { Stream } from "../flow/stream.ts";
import { Arena } from "../memory/arena.ts";
import { Tally } from "../memory/tally.ts";
import type { LogFile } from "./accesslog/file.ts";
import { AccessLog } from "./accesslog.ts";
import { Driver } from "./driver.ts";
import { logExchange, logStream } from "./reporter.ts";

const arena = Arena.inMemory();
const tally = new Tally(arena, 0);
beforeEach(() => {
  clearArena(arena);
  // Nobody to ask: every exchange is over at once.
  setServer(arena, 0, false);
});

/** A client that takes everything and of which nothing is heard. */
const deafLine: Line = {
  send: () => true,
  offer: (_, start, end) => end - start,
  offerFile: (_, __, start, end) => end - start,
  takesFiles: false,
  pause() {},
  resume() {},
  end() {},
  destroy() {},
  reset() {},
  drop() {},
  heldBytes: 0,
  isHolding: false,
};

/** What the log's file holds after these requests on one connection; "timeout" is one that does not come. */
async function linesOf(
  requests: readonly string[],
  options: PlanOptions = {},
  client: Client = makeClient("203.0.113.7"),
  isHttp2 = false,
): Promise<Record<string, unknown>[]> {
  let text = "";
  const file: LogFile = {
    readEnd: () => null,
    write(bytes, start, end, done) {
      text += Buffer.from(bytes.subarray(start, end)).toString();
      queueMicrotask(() => done(null, end - start));
    },
    close() {},
  };
  const opener = { openNow: () => file, open: () => {} };
  const logPlan = {
    path: "-",
    format: "json",
    fields: null,
    layout: null,
    isNormalLogged: true,
    syslog: [],
    bufferBytesMax: 1 << 20,
    flushMs: 1,
  } as const;
  const log = new AccessLog(logPlan, tally, () => {}, { opener });
  const driver = new Driver((error) => {
    throw error;
  });
  const plan = makePlan(options);
  // Who answers by itself has a route that leads nowhere.
  const routes = plan.listeners[0]!.redirect === null ? plan.routes : [{ slot: 0, listener: 0, pool: null }];
  const site = new Site(
    { ...plan, routes },
    { arena, tally, workers: 1, random: Math.random, ...new Memory().parts },
    null,
  );
  const context = new Context(
    driver,
    tally,
    site,
    (exchange) => logExchange(log, exchange, driver.wallMs, driver.nowMs),
    (stream) => logStream(log, stream, driver.wallMs),
  );
  const listener = site.listeners[0]!;
  if (listener.plan.mode === "tcp") new Stream(context, listener, deafLine, client);
  else {
    const downstream = new Downstream(context, listener, deafLine, client);
    if (isHttp2) Object.defineProperty(downstream, "isHttp2", { value: true });
    for (const request of requests) {
      if (request === "timeout") downstream.ticked();
      else downstream.received(new TextEncoder().encode(request));
    }
  }
  await log.close();
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const head = (target: string, fields: string): string => `GET ${target} HTTP/1.1\r\nHost: a.example\r\n${fields}\r\n`;

test("a line tells who asked for what and how it ended", async () => {
  const [line] = await linesOf([head("/x?y=1", "User-Agent: curl/8\r\nReferer: http://r.example/\r\n")]);
  expect(line).toMatchObject({
    client: "203.0.113.7",
    method: "GET",
    target: "/x?y=1",
    host: "a.example",
    user_agent: "curl/8",
    referer: "http://r.example/",
    status: 503,
    listener: "web",
    pool: "app",
    attempts: 0,
    fault: "no_server",
  });
});

test("a line tells in which version the client has asked", async () => {
  expect(await linesOf([head("/", "")])).toMatchObject([{ version: "1.1" }]);
  expect(await linesOf([head("/", "")], {}, makeClient("203.0.113.7"), true)).toMatchObject([{ version: "2.0" }]);
  expect(await linesOf([head("/", "").replace("1.1", "1.0")])).toMatchObject([{ version: "1.0" }]);
});

test("the rule that decided is told, what rules log, and the request as it was sent", async () => {
  const effects = [
    { kind: "rewrite", part: "path", value: "/changed" },
    { kind: "log", text: "from {src}" },
    { kind: "log", text: "again" },
  ] as const;
  const request = [rule("path == '/no'", deny(), { name: 'no "more"' }), rule(null, null, { does: effects })];
  const options: PlanOptions = { listener: { rules: rules({ request }) } };
  const [first, second] = await linesOf([head("/no", ""), head("/x", "")], options);
  expect(first).toMatchObject({ rule: 'no "more"', status: 403, fault: "denied" });
  expect(first).not.toHaveProperty("note");
  expect(second).toMatchObject({ target: "/x", note: "from 203.0.113.7; again" });
  expect(second).not.toHaveProperty("rule");
  const connection = [rule(null, { kind: "reject" }, { name: "none", does: [{ kind: "log", text: "go" }] })];
  const [stream] = await linesOf([], { listener: { mode: "tcp", rules: rules({ connection }) } });
  expect(stream).toMatchObject({ rule: "none", note: "go", fault: "rejected" });
});

test("what a client was told of its mistake is there too, where it is more than the code says", async () => {
  const options = egressProxy({ egress: egressPlan(two), proxy: { fields: true }, auth: users(["ann", "{PLAIN}x"]) });
  const as = (name: string): string => `Proxy-Authorization: Basic ${btoa(`${name}:x`)}\r\n`;
  const fields = `X-Egress-Host: 192.0.2.1\r\nX-Egress-Scheme: ftp\r\n${as("ann")}`;
  const [bad] = await linesOf([head("/x", fields)], options);
  const [unfit] = await linesOf([head("http://8.8.8.8/x", as("ann-country-us"))], options);
  expect(bad).toMatchObject({ fault: "bad_target", note: "X-Egress-Scheme is neither http nor https" });
  expect(unfit).toMatchObject({
    fault: "egress_unfit",
    note: "no outbound address of the pool has country=us and an IPv4 address",
  });
});

test("nothing of a request is left in the line of the next", async () => {
  const [, second, third] = await linesOf([
    head("/first", "User-Agent: one\r\nReferer: http://r.example/\r\n"),
    head("/second", ""),
    "nonsense\r\n\r\n",
  ]);
  expect(second).toMatchObject({ target: "/second", host: "a.example" });
  for (const line of [second, third]) {
    expect(line!["user_agent"] ?? "").toBe("");
    expect(line!["referer"] ?? "").toBe("");
  }
  expect(third).toMatchObject({ status: 400, fault: "bad_start_line" });
  expect(third!["target"] ?? "").toBe("");
  expect(third!["host"] ?? "").toBe("");
});

test("a head that never became whole leaves a line without one, whatever was asked before", async () => {
  const [, timedOut] = await linesOf([head("/first/and/long", "User-Agent: one\r\n"), "GET /second HT", "timeout"]);
  expect(timedOut).toMatchObject({ status: 408, fault: "head_timeout", method: "", target: "", host: "" });
  expect(timedOut!["user_agent"] ?? "").toBe("");
});

test("a request id of our own is written as it was sent on, one that a trusted proxy gave as it came", async () => {
  const requestId = { header: "x-request-id", keep: true };
  const sent = head("/", "X-Request-Id: theirs\r\n");
  const forwarding = { trusted: ["203.0.113.0/24"] };
  const [trusted] = await linesOf([sent], { requestId, forwarding });
  const [stranger] = await linesOf([sent], { requestId });
  const [none] = await linesOf([sent]);
  expect([trusted!["request_id"], none!["request_id"] ?? ""]).toEqual(["theirs", ""]);
  expect(stranger!["request_id"] ?? "").not.toBe("theirs");
});

test("what TLS has shown of a client is written, and nothing of it without TLS", async () => {
  const tls = makeClientTls({ serverName: "a.test", subject: "CN=client" });
  const [shown] = await linesOf([head("/", "")], {}, makeClient("203.0.113.7", { tls, ja4: "t13d" }));
  expect(shown).toMatchObject({
    server_name: "a.test",
    ja4: "t13d",
    tls_version: "1.3",
    tls_cipher: "TLS_AES_128_GCM_SHA256",
    client_subject: "CN=client",
  });
  const [bare] = await linesOf([head("/", "")]);
  expect(Object.keys(bare!).filter((key) => /tls|ja4|server_name|subject/.test(key))).toEqual([]);
});

test("a connection that was carried has a line of its own", async () => {
  const [line] = await linesOf([], { listener: { mode: "tcp" } }, makeClient("203.0.113.7", { port: 4711 }));
  expect(line).toMatchObject({
    kind: "tcp",
    client: "203.0.113.7",
    client_port: 4711,
    listener: "web",
    pool: "app",
    server: "",
    fault: "no_server",
    bytes_received: 0,
  });
});

test("an exchange that a listener answers by itself has no pool", async () => {
  const plan = { redirect: { status: 308, port: 443 } } as const;
  const [line] = await linesOf([head("/", "")], { listener: plan });
  expect(line).toMatchObject({ status: 308, pool: "", server: "", attempts: 0 });
});
