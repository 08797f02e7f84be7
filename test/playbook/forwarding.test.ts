import { expect, test } from "bun:test";
import { Playbook } from "../playbook.ts";
import type { PlanOptions } from "./plan.ts";
import { deny, field, rule, rules } from "./rules.ts";
import { get, ok } from "./words.ts";

/** What the server gets for a request of a client at that address. */
function forwarded(request: string, options: PlanOptions, address = "192.0.2.1"): string {
  const play = new Playbook(options);
  play.connect(address).sends(request);
  play.take();
  play.accept();
  const [said] = play.take();
  return JSON.parse(`"${said!.slice(said!.indexOf(" gets ") + 6)}"`);
}

const all: PlanOptions = {
  forwarding: {
    trusted: ["10.0.0.0/8"],
    xForwardedFor: true,
    xForwardedProto: true,
    xForwardedHost: true,
    forwarded: true,
  },
};
const claims = [
  "X-Forwarded-For: 203.0.113.7",
  "X-Forwarded-Proto: https",
  "X-Forwarded-Host: b",
  "Forwarded: for=203.0.113.7",
];

test("what a stranger says about itself is replaced by what we know", () => {
  expect(forwarded(get("/", ...claims), all)).toBe(
    get(
      "/",
      "X-Forwarded-For: 192.0.2.1",
      "X-Forwarded-Proto: http",
      "X-Forwarded-Host: a",
      'Forwarded: for=192.0.2.1;proto=http;host="a"',
    ),
  );
});

test("nor does the rest of the family go on, from which applications build their links", () => {
  const family = ["Port: 81", "Prefix: /x", "Server: b", "Scheme: https", "Ssl: on", "Protocol: https"];
  const rest = family.map((field) => `X-Forwarded-${field}`);
  const none = { forwarding: { trusted: ["10.0.0.0/8"] } };
  expect(forwarded(get("/", ...rest, "x_forwarded_port: 81", "X-Forwarded-Else: y"), none)).toBe(
    get("/", "X-Forwarded-Else: y"),
  );
  expect(forwarded(get("/", ...rest), none, "10.1.2.3")).toBe(get("/", ...rest));
});

test("what a trusted proxy says is continued", () => {
  expect(forwarded(get("/", ...claims), all, "10.1.2.3")).toBe(
    get(
      "/",
      "X-Forwarded-Proto: https",
      "X-Forwarded-Host: b",
      "X-Forwarded-For: 203.0.113.7, 10.1.2.3",
      'Forwarded: for=203.0.113.7, for=10.1.2.3;proto=http;host="a"',
    ),
  );
});

test("what a peer that is excepted says goes on as it is, and rules go by the peer", () => {
  const does = [field("add", "X-Forwarded-Proto", "http"), field("add", "X-Client", "{src}")];
  const plan: PlanOptions = {
    listener: { rules: rules({ request: [rule("src == ip('203.0.113.7')", deny(403)), rule(null, null, { does })] }) },
    forwarding: { xForwardedFor: true, except: ["10.0.0.0/8"] },
  };
  expect(forwarded(get("/", ...claims), plan, "10.1.2.3")).toBe(
    get("/", ...claims, "X-Forwarded-Proto: http", "X-Client: 10.1.2.3"),
  );
  expect(forwarded(get("/"), plan, "10.1.2.3")).toBe(get("/", "X-Forwarded-Proto: http", "X-Client: 10.1.2.3"));
  expect(forwarded(get("/", claims[0]!), plan)).toContain("\r\nX-Forwarded-For: 192.0.2.1\r\n");
});

test("with PROXY headers alone believed, a trusted proxy's fields are a stranger's", () => {
  const { forwarding } = all;
  expect(forwarded(get("/", ...claims), { forwarding: { ...forwarding, areFieldsBelieved: false } }, "10.1.2.3")).toBe(
    forwarded(get("/"), all, "10.1.2.3"),
  );
});

test("claims are removed even where we make none", () => {
  expect(forwarded(get("/", ...claims), {})).toBe(get("/"));
});

test("a stranger cannot have our fields removed by naming them in Connection", () => {
  expect(forwarded(get("/", "Connection: X-Forwarded-For, close", "X-Forwarded-For: 1.1.1.1"), all)).toContain(
    "\r\nX-Forwarded-For: 192.0.2.1\r\n",
  );
});

test("an IPv6 client is quoted in Forwarded", () => {
  expect(forwarded(get("/"), all, "2001:db8::1")).toContain('Forwarded: for="[2001:db8::1]";');
});

test("fields for one connection only go no further, in requests and in answers", () => {
  const hops = [
    "Connection: x-hop, keep-alive",
    "Keep-Alive: 5",
    "Proxy-Connection: close",
    "TE: gzip",
    "X-Hop: 1",
    "X-Stays: 1",
  ];
  expect(forwarded(get("/", ...hops, "Proxy-Authorization: Basic eA=="), {})).toBe(get("/", "X-Stays: 1"));
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  play.take();
  server.sends(ok("1", ...hops));
  play.expect(client.gets(ok("1", "X-Stays: 1")), "report 200");
});

test("Connection cannot take away what frames or routes a request", () => {
  const request = "PUT / HTTP/1.1\r\nHost: a\r\nConnection: Content-Length, Host\r\nContent-Length: 2\r\n\r\nab";
  expect(forwarded(request, {})).toBe("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab");
});

test("a client that accepts trailers says so to the server through us", () => {
  expect(forwarded(get("/", "TE: trailers", "Connection: TE"), {})).toBe(get("/", "TE: trailers", "Connection: TE"));
});

test("Via is added behind those that are there, both ways", () => {
  const play = new Playbook({ forwarding: { via: "sluice" } });
  const client = play.connect();
  client.sends(get("/", "Via: 1.0 fred"));
  const server = play.accept();
  play.expect("dial one:80", server.gets(get("/", "Via: 1.0 fred", "Via: 1.1 sluice")));
  server.sends(ok("1"));
  play.expect(client.gets(ok("1", "Via: 1.1 sluice")), "report 200");
});

test("an absolute target becomes a path; its host was the same as Host", () => {
  expect(forwarded("GET http://a/b?c HTTP/1.1\r\nHost: a\r\n\r\n", {})).toBe("GET /b?c HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(forwarded("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", {})).toBe("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(forwarded("GET http://a?b HTTP/1.1\r\nHost: A\r\n\r\n", {})).toBe("GET /?b HTTP/1.1\r\nHost: A\r\n\r\n");
});

test("OPTIONS * goes on as it is", () => {
  expect(forwarded("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", {})).toBe("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
});

test("each request gets an id of its own, whatever the client sent", () => {
  const play = new Playbook({ requestId: { header: "x-request-id", keep: true } });
  const client = play.connect();
  client.sends(get("/", "X-Request-ID: mine"));
  const server = play.accept();
  play.expect("dial one:80", server.gets(get("/", "x-request-id: 80000080000000000001")));
  server.sends(ok("1"));
  play.take();
  client.sends(get("/"));
  play.expect(server.gets(get("/", "x-request-id: 80000080000000000002")));
});

test("a trusted proxy's request id is kept, or not, as the plan says", () => {
  const forwarding = { trusted: ["10.0.0.0/8"] };
  const request = get("/", "X-Request-ID: theirs");
  expect(forwarded(request, { forwarding, requestId: { header: "x-request-id", keep: true } }, "10.1.1.1")).toBe(
    request,
  );
  expect(forwarded(request, { forwarding, requestId: { header: "x-request-id", keep: false } }, "10.1.1.1")).toBe(
    get("/", "x-request-id: 80000080000000000001"),
  );
});

test("a second request id is not left beside the one", () => {
  const options: PlanOptions = { requestId: { header: "x-request-id", keep: true } };
  const request = get("/", "X-Request-ID: 1", "A: b", "x-request-id: 2");
  expect(forwarded(request, options)).toBe(get("/", "A: b", "x-request-id: 80000080000000000001"));
  const trusting = { ...options, forwarding: { trusted: ["10.0.0.1"] } };
  expect(forwarded(request, trusting, "10.0.0.1")).toBe(get("/", "X-Request-ID: 1", "A: b"));
});

const sticky: PlanOptions = {
  servers: ["one", "two"],
  balance: {
    sticky: { cookie: "at", isPrefix: false, maxAgeS: 60, secure: true, httpOnly: true, sameSite: "Lax", path: "/" },
  },
};
const cookieOf = (server: string): string =>
  `Set-Cookie: at=${server}; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax`;

test("a client without the sticky cookie is given one", () => {
  const play = new Playbook(sticky);
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  play.take();
  server.sends(ok("1"));
  play.expect(client.gets(ok("1", cookieOf("one"))), "report 200");
});

test("the sticky cookie decides, and is not given again", () => {
  const play = new Playbook(sticky);
  const client = play.connect();
  client.sends(get("/", "Cookie: a=1; at=two"));
  play.expect("dial two:80");
  const server = play.accept();
  play.take();
  server.sends(ok("1"));
  play.expect(client.gets(ok("1")), "report 200");
});

test("a sticky server that refuses is replaced, and the cookie with it", () => {
  const play = new Playbook(sticky);
  const client = play.connect();
  client.sends(get("/", "Cookie: at=two"));
  play.refuse();
  play.expect("dial two:80", "dial one:80");
  const server = play.accept();
  play.take();
  server.sends(ok("1"));
  play.expect(client.gets(ok("1", cookieOf("one"))), "report 200");
});

test("the options of a whole server that are asked for by an absolute target are asked for by *", () => {
  const play = new Playbook();
  play.connect().sends("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n");
  play.take();
  const server = play.accept();
  play.expect(server.gets("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"));
});
