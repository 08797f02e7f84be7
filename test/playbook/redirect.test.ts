import { expect, test } from "bun:test";
import type { ListenerPlan, RedirectPlan } from "../../src/config/plan.ts";
import { listenerCell, routeCell } from "../../src/memory/tally.ts";
import { Playbook } from "../playbook.ts";
import { makeClient, makeClientTls } from "./client.ts";
import { get, put } from "./words.ts";

function redirecting(redirect: Partial<RedirectPlan> = {}, listener: Partial<ListenerPlan> = {}): Playbook {
  const plan = { status: 308, port: 443, ...redirect } as const;
  return new Playbook({ isPoolless: true, listener: { redirect: plan, ...listener } });
}

const reasons = { 301: "Moved Permanently", 302: "Found", 307: "Temporary Redirect", 308: "Permanent Redirect" };

function moved(location: string, status: keyof typeof reasons = 308, ...fields: string[]): string {
  const further = fields.map((field) => `${field}\r\n`).join("");
  const date = "Date: Thu, 01 Jan 2026 00:00:00 GMT";
  return `HTTP/1.1 ${status} ${reasons[status]}\r\n${date}\r\nLocation: ${location}\r\nContent-Length: 0\r\n${further}\r\n`;
}

test("every request is sent to the same place over https, and the connection goes on", () => {
  const play = redirecting();
  const client = play.connect();
  client.sends(get("/a?b=c"));
  play.expect(client.gets(moved("https://a/a?b=c")), "report 308");
  client.sends("GET / HTTP/1.1\r\nHost: shop.example:8080\r\n\r\n");
  play.expect(client.gets(moved("https://shop.example/")), "report 308");
  client.ends();
  play.expect(client.is("destroyed"));
  play.expectNothingLeft();
});

test("status and port are as planned", () => {
  for (const status of [301, 302, 307, 308] as const) {
    const play = redirecting({ status, port: 8443 });
    const client = play.connect();
    client.sends(get("/"));
    play.expect(client.gets(moved("https://a:8443/", status)), `report ${status}`);
  }
});

for (const [request, location] of [
  ["GET http://b.example:81/x?y HTTP/1.1\r\nHost: b.example:81\r\n\r\n", "https://b.example/x?y"],
  ["GET http://b.example HTTP/1.1\r\nHost: b.example\r\n\r\n", "https://b.example/"],
  ["GET http://b.example?y HTTP/1.1\r\nHost: b.example\r\n\r\n", "https://b.example/?y"],
  ["GET /x HTTP/1.1\r\nHost: [2001:db8::1]:81\r\n\r\n", "https://[2001:db8::1]/x"],
  ["GET /x HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\n", "https://[2001:db8::1]/x"],
  ["GET //evil.example/ HTTP/1.1\r\nHost: a\r\n\r\n", "https://a//evil.example/"],
  ["OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "https://a/"],
] as const) {
  test(`${request.split("\r\n")[0]} is sent to ${location}`, () => {
    const play = redirecting();
    const client = play.connect();
    client.sends(request);
    play.expect(client.gets(moved(location)), "report 308");
  });
}

test("a request that does not say which host it is for cannot be sent anywhere", () => {
  for (const request of [
    "GET / HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost:\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: :80\r\n\r\n",
  ]) {
    const play = redirecting();
    const client = play.connect();
    client.sends(request);
    const [answer, report] = play.take();
    expect(answer).toStartWith(`${client.name} gets HTTP/1.1 400 Bad Request`);
    expect(report).toBe("report 400 bad_host");
  }
});

test("HTTP/1.0 is told that the connection goes on, when that was asked", () => {
  const play = redirecting();
  const client = play.connect();
  client.sends("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
  play.expect(client.gets(moved("https://a/", 308, "Connection: keep-alive")), "report 308");
});

test("pipelined requests are answered in order, and bodies that came with them passed over", () => {
  const play = redirecting();
  const client = play.connect();
  client.sends(put("POST", "body") + get("/2") + get("/3"));
  const answer = (path: string): string => client.gets(moved(`https://a${path}`));
  const said = play.take().filter((line) => line.includes("gets"));
  expect(said).toEqual([answer("/"), answer("/2"), answer("/3")]);
  expect(play.totals.route(0, routeCell.status3xx)).toBe(3);
});

test("a body that is still to come is not waited for: answered, closed, and read away for a while", () => {
  const play = redirecting();
  const client = play.connect();
  client.sends("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  play.expect(client.gets(moved("https://a/", 308, "Connection: close")), "report 308", client.is("ended"));
  client.sends("defghij");
  play.pass(2_100);
  play.expect(client.is("destroyed"));
  play.expectNothingLeft();
});

test("what is refused elsewhere is refused here", () => {
  const play = redirecting();
  const client = play.connect();
  client.sends("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n");
  play.expectAmong("report 405 method_refused");
  play.connect().sends("GET / HTTP/1.1\r\n\r\n");
  play.expectAmong("report 400 bad_host");
});

test("redirects count as the route's 3xx, and nothing was dropped", () => {
  const play = redirecting();
  const client = play.connect();
  client.sends(get("/"));
  expect(play.totals.route(0, routeCell.status3xx)).toBe(1);
  expect(play.totals.route(0, routeCell.dropped)).toBe(0);
  expect(play.totals.route(0, routeCell.aborted)).toBe(0);
  expect(play.totals.listener(0, listenerCell.bytesSent)).toBe(moved("https://a/").length);
  client.ends();
  play.expectNothingLeft();
});

test("a draining worker says that the connection ends", () => {
  const play = redirecting();
  const client = play.connect();
  client.sends("GET / HT");
  play.drain();
  client.sends("TP/1.1\r\nHost: a\r\n\r\n");
  play.expectAmong(client.gets(moved("https://a/", 308, "Connection: close")));
});

test("a redirect over TLS carries Strict-Transport-Security where it is planned, one without TLS never", () => {
  const play = redirecting({}, { hsts: "max-age=60" });
  const plain = play.connect();
  plain.sends(get("/"));
  play.expectAmong(plain.gets(moved("https://a/")));
  const secure = play.connect(makeClient("192.0.2.1", { tls: makeClientTls() }));
  secure.sends(get("/"));
  play.expectAmong(secure.gets(moved("https://a/", 308, "Strict-Transport-Security: max-age=60")));
});
