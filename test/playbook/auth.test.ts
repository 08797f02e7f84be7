import { expect, test } from "bun:test";
import { listenerCell } from "../../src/memory/tally.ts";
import { Playbook } from "../playbook.ts";
import type { PlanOptions } from "./plan.ts";
import { basic, connect, proxyPlan, users } from "./proxies.ts";
import { answer, deny, field, rule, rules, table, track } from "./rules.ts";
import { get, ok, reply } from "./words.ts";

const john = users(["john", "{PLAIN}so:so"]);
const hashed = users(["john", "$2y$10$hash"]);
const good = `Authorization: ${basic("john:so:so")}`;
const challenged = (status: 401 | 407): string =>
  status === 401
    ? reply(
        401,
        "Unauthorized",
        "the request has no good credentials",
        'WWW-Authenticate: Basic realm="here", charset="UTF-8"',
      )
    : reply(
        407,
        "Proxy Authentication Required",
        "the request has no good credentials for this proxy",
        'Proxy-Authenticate: Basic realm="here", charset="UTF-8"',
      );

function guarded(options: PlanOptions = {}, auth = john): Playbook {
  return new Playbook({ ...options, listener: { auth, ...options.listener } });
}

test("good credentials pass, and the server sees them", () => {
  const play = guarded();
  play.connect().sends(get("/", good));
  const server = play.accept();
  play.expect("dial one:80", server.gets(get("/", good)));
});

test("without good credentials they are asked for, and the connection goes on", () => {
  const play = guarded();
  const client = play.connect();
  const bad = [
    [],
    [`Authorization: ${basic("john:other")}`],
    [`Authorization: ${basic("jack:so:so")}`],
    [`Authorization: ${basic("john")}`],
    ["Authorization: Basic !!!"],
    ["Authorization: Bearer abc"],
    [good, good],
    [`Proxy-${good}`],
  ];
  for (const fields of bad) {
    client.sends(get("/", ...fields));
    play.expect(client.gets(challenged(401)), "report 401 unauthorized");
  }
  expect(play.totals.listener(0, listenerCell.authFailures)).toBe(2);
  client.sends(get("/", good));
  play.expect("dial one:80");
});

test("names and passwords may hold whatever UTF-8 has", () => {
  const play = guarded({}, users(["jürgen", "{PLAIN}söße: 1"]));
  play.connect().sends(get("/", `Authorization: ${basic("jürgen:söße: 1")}`));
  play.expect("dial one:80");
});

test("a hash is waited for; what the client sends meanwhile waits too", () => {
  const play = guarded({}, hashed);
  const client = play.connect();
  client.sends(`POST / HTTP/1.1\r\nHost: a\r\n${good}\r\nContent-Length: 4\r\n\r\nab`);
  play.expect("verify john:so:so", client.is("paused"));
  client.sends("cd");
  play.expect();
  play.verified("good");
  const server = play.accept();
  play.expect(
    "dial one:80",
    server.gets(`POST / HTTP/1.1\r\nHost: a\r\n${good}\r\nContent-Length: 4\r\n\r\nabcd`),
    client.is("resumed"),
  );
});

test("a hash that does not fit is 401, one that nobody has time for 503", () => {
  const play = guarded({}, hashed);
  const client = play.connect();
  client.sends(get("/", good));
  play.take();
  play.verified("bad");
  play.expect(client.gets(challenged(401)), "report 401 unauthorized");
  client.sends(get("/", good));
  play.take();
  play.verified("busy");
  play.expectAmong("report 503 auth_busy");
  client.sends(get("/", good));
  play.take();
  play.pass(10_500);
  play.expectAmong("report 503 auth_busy");
  play.verified("good");
  play.expect();
});

test("a client that leaves while its password is checked is let go", () => {
  const play = guarded({}, hashed);
  const client = play.connect();
  client.sends(get("/", good));
  expect(play.checking).toEqual(["192.0.2.1"]);
  client.closes();
  play.expect("verify john:so:so", "report 0 client_closed");
  expect(play.checking).toEqual([]);
  play.verified("good");
  play.expect();
  play.expectNothingLeft();
});

test("rules see whose credentials are good, and those who guess, before they are refused", () => {
  const play = guarded({
    tables: [table("guessers", ["http_err_cnt"])],
    listener: {
      rules: rules({
        request: [
          rule(null, null, { does: [track()] }),
          rule("guessers[src].http_err_cnt > 1", deny(429)),
          rule("user == 'john'", null, { does: [field("set", "X-User", "{user}")] }),
        ],
      }),
    },
  });
  const client = play.connect();
  const wrong = get("/", `Authorization: ${basic("john:wrong")}`);
  for (const status of [401, 401, 429]) {
    client.sends(wrong);
    const said = play.take();
    expect(said.some((line) => line.startsWith(`report ${status}`))).toBe(true);
  }
});

test("the field user is what a rule can set a header from", () => {
  const play = guarded({
    listener: { rules: rules({ request: [rule("user == 'john'", null, { does: [field("set", "X-User", "a")] })] }) },
  });
  play.connect().sends(get("/", good));
  const server = play.accept();
  play.expect("dial one:80", server.gets(get("/", good, "X-User: a")));
});

test("the question of a browser whether it may ask is not asked for credentials where CORS is set", () => {
  const cors = { origins: ["*"], methods: [], headers: [], exposed: [], isWithCredentials: false, maxAgeS: 0 };
  const preflight = "OPTIONS / HTTP/1.1\r\nHost: a\r\nOrigin: https://b\r\nAccess-Control-Request-Method: PUT\r\n\r\n";
  const play = guarded({ listener: { cors } });
  play.connect().sends(preflight);
  expect(play.take().some((line) => line.includes("report 401"))).toBe(false);
  const other = guarded();
  other.connect().sends(preflight);
  other.expectAmong("report 401 unauthorized");
});

test("what only looks like that question gets no further without credentials, nor does it get what stands in place of servers", () => {
  const cors = { origins: ["*"], methods: [], headers: [], exposed: [], isWithCredentials: false, maxAgeS: 0 };
  const asking = (what: string): string =>
    `OPTIONS / HTTP/1.1\r\nHost: a\r\nOrigin: https://b\r\nAccess-Control-Request-Method: ${what}\r\n\r\n`;
  for (const what of ["", "a b", "PUT, GET", "("]) {
    const play = guarded({ listener: { cors } });
    play.connect().sends(asking(what));
    play.expectAmong("report 401 unauthorized");
    expect(play.dialing).toBe(0);
  }
  const answering = guarded({ listener: { cors }, pool: { reply: answer(200, { body: "secret" }) } });
  answering.connect().sends(asking("PUT"));
  const said = answering.take();
  expect(said).toContain("report 204");
  expect(said.join()).not.toContain("secret");
});

test("an answer that stands in place of servers needs credentials too, a redirect to https does not", () => {
  const answering = guarded({ pool: { reply: answer(200, { body: "secret" }) } });
  const client = answering.connect();
  client.sends(get("/"));
  answering.expect(client.gets(challenged(401)), "report 401 unauthorized");
  client.sends(get("/", good));
  answering.expectAmong("report 200");
  const redirecting = guarded({ isPoolless: true, listener: { redirect: { status: 308, port: 443 } } });
  redirecting.connect().sends(get("/"));
  redirecting.expectAmong("report 308");
});

test("a rule may answer somebody of whom no credentials are known", () => {
  const ready = rule("path == '/ready'", { kind: "reply", reply: answer(204), isDenial: false });
  const play = guarded({ listener: { rules: rules({ request: [ready] }) } });
  play.connect().sends(get("/ready"));
  play.expectAmong("report 204");
});

test("a forward proxy asks with 407, and the target does not see the credentials", () => {
  const play = new Playbook(proxyPlan({ auth: john }));
  play.names.set("a.example", ["8.8.8.8"]);
  const client = play.connect();
  client.sends("GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n");
  play.expect(client.gets(challenged(407)), "report 407 proxy_unauthorized");
  // Those for the target are not for us.
  client.sends(`GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n${good}\r\n\r\n`);
  play.expect(client.gets(challenged(407)), "report 407 proxy_unauthorized");
  client.sends(`GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\nProxy-${good}\r\n\r\n`);
  const server = play.accept();
  play.expect("dial a.example:80", server.gets("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"));
});

test("so does CONNECT, and the tunnel may be asked for again on the same connection", () => {
  const play = new Playbook(proxyPlan({ auth: john }));
  play.names.set("a.example", ["8.8.8.8"]);
  const client = play.connect();
  client.sends(connect("a.example:443"));
  play.expect(client.gets(challenged(407)), "report 407 proxy_unauthorized");
  client.sends(connect("a.example:443", `Proxy-${good}`));
  play.expect("dial a.example:443");
});

test("on a proxy that is a website too, its pages are asked for with 401", () => {
  const play = new Playbook(proxyPlan({ auth: john, use: "web" }));
  const client = play.connect();
  client.sends(get("/"));
  play.expect(client.gets(challenged(401)), "report 401 unauthorized");
  client.sends(get("/", good));
  const server = play.accept();
  play.expect("dial web:80", server.gets(get("/", good)));
  server.sends(ok("page"));
});

test("where the plan says so Proxy-Authorization is taken too, and Authorization beside it is the server's", () => {
  const play = guarded({}, { ...john, takesProxyField: true });
  const client = play.connect();
  client.sends(get("/", `Proxy-${good}`, "Authorization: Bearer own"));
  const server = play.accept();
  play.expect("dial one:80", server.gets(get("/", "Authorization: Bearer own")));
  server.sends(ok("yes"));
  play.take();
  client.sends(get("/", good));
  play.expect(server.gets(get("/", good)));
  server.sends(ok("yes"));
  play.take();
  client.sends(get("/", `Proxy-Authorization: ${basic("john:other")}`, good));
  play.expect(client.gets(challenged(401)), "report 401 unauthorized");
});
