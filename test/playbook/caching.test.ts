// The cache's part in the flow, as conversations: what a client says and gets, and what a server is asked, by the sections of RFC 9111.

import { expect, test } from "bun:test";
import { Playbook } from "../playbook.ts";
import { cached, date, filled, fresh } from "./caching.ts";
import { field, rule, rules } from "./rules.ts";
import { get, ok, put } from "./words.ts";

const stored = "Cache-Status: Sluice; fwd=uri-miss; stored; ttl=60";

test("3, 4: a response that may be stored answers the next request, with its age", () => {
  const play = new Playbook(cached());
  const client = play.connect();
  client.sends(get("/a"));
  play.expect("dial one:80");
  const server = play.accept();
  play.expect(server.gets(get("/a")));
  server.sends(ok("hello", date, fresh));
  play.expect(client.gets(ok("hello", date, fresh, stored)), "report 200");
  play.pass(5_000);
  client.sends(get("/a"));
  play.expect(client.gets(ok("hello", date, fresh, "Age: 5", "Cache-Status: Sluice; hit; ttl=55")), "report 200");
  client.closes();
  play.expectNothingLeft();
});

test("2: another path, query, host or port is another response; the default port is not", () => {
  const play = new Playbook(cached({ isTold: false }));
  const { client, server } = filled(play, get("/a?x=1"), ok("one", date, fresh));
  for (const request of [
    get("/a"),
    get("/a?x=2"),
    get("/A?x=1"),
    get("/a?x=1").replace("Host: a", "Host: b"),
    get("/a?x=1").replace("Host: a", "Host: a:81"),
  ]) {
    client.sends(request);
    play.expect(server.gets(request));
    server.sends(ok("other", date, "Cache-Control: no-store"));
    play.take();
  }
  client.sends(get("/a?x=1").replace("Host: a", "Host: A:80"));
  play.expect(client.gets(ok("one", date, fresh, "Age: 0")), "report 200");
});

test("3: what must not be stored is asked for each time, and told why", () => {
  for (const [field, why] of [
    ["Cache-Control: no-store", "no-store"],
    ["Cache-Control: private, max-age=60", "private"],
    ["Cache-Control: max-age=60\r\nSet-Cookie: a=b", "set-cookie"],
    ["Cache-Control: max-age=60\r\nVary: *", "vary-star"],
    ["X: y", "no-lifetime"],
  ] as const) {
    const play = new Playbook(cached({ heuristicShare: 0 }));
    const { client, server } = filled(play, get("/"), ok("one", field));
    client.sends(get("/"));
    play.expect(server.gets(get("/")));
    server.sends(ok("two", field));
    play.expect(client.gets(ok("two", field, `Cache-Status: Sluice; fwd=uri-miss; detail=${why}`)), "report 200");
  }
});

test("a pool that drops cookies gives them to nobody, not to the client that its response was fetched for either", () => {
  const play = new Playbook(cached({ isTold: false, dropsCookies: true }));
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  play.take();
  server.sends(ok("one", date, fresh, "Set-Cookie: a=b"));
  play.expect(client.gets(ok("one", date, fresh)), "report 200");
  client.sends(get("/"));
  play.expect(client.gets(ok("one", date, fresh, "Age: 0")), "report 200");
  client.sends(get("/private"));
  server.sends(ok("mine", date, "Cache-Control: private", "Set-Cookie: a=b"));
  play.expectAmong(client.gets(ok("mine", date, "Cache-Control: private", "Set-Cookie: a=b")));
});

test("a visitor with a cookie takes nothing away from the others", () => {
  const play = new Playbook(cached({ isTold: false }));
  const guessed = "Last-Modified: Mon, 01 Dec 2025 00:00:00 GMT";
  const html = "Content-Type: text/html";
  const { client, server } = filled(play, get("/"), ok("page", date, html, guessed));
  client.sends(get("/other", "Cookie: sid=1"));
  server.sends(ok("mine", date, html, guessed));
  play.take();
  client.sends(get("/"));
  play.expect(client.gets(ok("page", date, html, guessed, "Age: 0")), "report 200");
  client.sends(get("/other"));
  play.expectAmong(server.gets(get("/other")));
  server.sends(ok("anybody's", date, html, guessed));
  play.take();
  client.sends(get("/other"));
  play.expect(client.gets(ok("anybody's", date, html, guessed, "Age: 0")), "report 200");
});

test("3.5: what a request with Authorization got is for that one only, unless it says otherwise", () => {
  const play = new Playbook(cached({ isTold: false }));
  const secret = get("/", "Authorization: Basic eDp5");
  const { client, server } = filled(play, secret, ok("mine", date, fresh));
  client.sends(get("/"));
  play.expect(server.gets(get("/")));
  server.sends(ok("all", date, fresh));
  play.take();
  const shared = get("/shared", "Authorization: Basic eDp5");
  client.sends(shared);
  play.expect(server.gets(shared));
  server.sends(ok("shared", date, "Cache-Control: public, max-age=60"));
  play.take();
  client.sends(get("/shared"));
  play.expect(client.gets(ok("shared", date, "Cache-Control: public, max-age=60", "Age: 0")), "report 200");
});

test("3.1: fields of the connection are not kept, and a body in chunks is told by its length", () => {
  const play = new Playbook(cached({ isTold: false }));
  const head = `HTTP/1.1 200 OK\r\n${date}\r\n${fresh}\r\nConnection: X-Hop\r\nX-Hop: 1\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const { client } = filled(play, get("/"), `${head}3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-Trailer: 1\r\n\r\n`);
  client.sends(get("/"));
  play.expect(
    client.gets(`HTTP/1.1 200 OK\r\n${date}\r\n${fresh}\r\nContent-Length: 7\r\nAge: 0\r\n\r\nabcdefg`),
    "report 200",
  );
});

test("4.2.3: an age that comes from another cache goes on", () => {
  const play = new Playbook(cached());
  const { client } = filled(play, get("/"), ok("x", date, "Age: 50", fresh));
  play.pass(4_000);
  client.sends(get("/"));
  play.expect(client.gets(ok("x", date, fresh, "Age: 54", "Cache-Status: Sluice; hit; ttl=6")), "report 200");
});

test("4.3.2: conditions are answered from what is stored", () => {
  const play = new Playbook(cached({ isTold: false }));
  const modified = "Last-Modified: Wed, 31 Dec 2025 00:00:00 GMT";
  const { client } = filled(
    play,
    get("/"),
    ok("hello", date, fresh, 'ETag: "1"', modified, "Content-Type: text/plain"),
  );
  const unchanged = `HTTP/1.1 304 Not Modified\r\n${date}\r\n${fresh}\r\nETag: "1"\r\n${modified}\r\nAge: 0\r\n\r\n`;
  for (const field of [
    'If-None-Match: "1"',
    'If-None-Match: "0", W/"1"',
    "If-None-Match: *",
    "If-Modified-Since: Wed, 31 Dec 2025 00:00:00 GMT",
    'If-None-Match: "1"\r\nIf-Modified-Since: Tue, 30 Dec 2025 00:00:00 GMT',
  ]) {
    client.sends(get("/", field));
    play.expect(client.gets(unchanged), "report 304");
  }
  const whole = ok("hello", date, fresh, 'ETag: "1"', modified, "Content-Type: text/plain", "Age: 0");
  for (const field of ['If-None-Match: "2"', "If-Modified-Since: Tue, 30 Dec 2025 00:00:00 GMT"]) {
    client.sends(get("/", field));
    play.expect(client.gets(whole), "report 200");
  }
});

test("4.3.2: a condition for which nothing is stored is left out: the whole answer is stored, and judged by from then on", () => {
  const play = new Playbook(cached({ isTold: false }));
  const client = play.connect();
  const asked = get("/", 'If-None-Match: "2"');
  client.sends(asked);
  const server = play.accept();
  play.expect("dial one:80", server.gets(get("/")));
  server.sends(ok("new", date, fresh, 'ETag: "2"'));
  play.expect(client.gets(ok("new", date, fresh, 'ETag: "2"')), "report 200");
  client.sends(asked);
  play.expectAmong("report 304");
  client.sends(get("/", 'If-None-Match: "1"'));
  play.expect(client.gets(ok("new", date, fresh, 'ETag: "2"', "Age: 0")), "report 200");
});

test("conditions that only an origin can judge, and bodies, go on as they are", () => {
  const play = new Playbook(cached());
  const { client, server } = filled(play, get("/"), ok("hello", date, fresh, 'ETag: "1"'));
  const asked = get("/", 'If-Match: "2"');
  client.sends(asked);
  play.expect(server.gets(asked));
  server.sends("HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n");
  play.take();
  const searched = put("GET", "query");
  client.sends(searched);
  play.expect(server.gets(searched));
  server.sends(ok("found", date, fresh));
  play.expect(client.gets(ok("found", date, fresh, "Cache-Status: Sluice; fwd=bypass; detail=bypass")), "report 200");
});

test("5.2.1.4, 5.2.1.1: a client that wants another gets it, by a condition of ours, and its own is answered by us", () => {
  const play = new Playbook(cached());
  const { client, server } = filled(play, get("/"), ok("hello", date, fresh, 'ETag: "1"'));
  for (const wish of ["Cache-Control: no-cache", "Cache-Control: max-age=0", "Pragma: no-cache"]) {
    client.sends(get("/", wish, 'If-None-Match: "1"'));
    play.expect(server.gets(get("/", wish, 'If-None-Match: "1"')));
    server.sends(`HTTP/1.1 304 Not Modified\r\n${date}\r\n\r\n`);
    const status = "Cache-Status: Sluice; fwd=request; fwd-status=304; ttl=60";
    play.expect(
      client.gets(`HTTP/1.1 304 Not Modified\r\n${fresh}\r\nETag: "1"\r\n${date}\r\nAge: 0\r\n${status}\r\n\r\n`),
      "report 304",
    );
  }
});

test("5.2.1.5: what a request with no-store gets is neither looked up nor stored", () => {
  const play = new Playbook(cached());
  const { client, server } = filled(play, get("/", "Cache-Control: no-store"), ok("mine", date, fresh));
  client.sends(get("/"));
  play.expect(server.gets(get("/")));
  server.sends(ok("all", date, fresh));
  play.take();
  client.sends(get("/", "Cache-Control: no-store"));
  play.expect(server.gets(get("/", "Cache-Control: no-store")));
});

test("5.2.1.7: only-if-cached gets what is there, or 504", () => {
  const play = new Playbook(cached({ isTold: false }));
  const { client } = filled(play, get("/"), ok("hello", date, fresh));
  client.sends(get("/", "Cache-Control: only-if-cached"));
  play.expect(client.gets(ok("hello", date, fresh, "Age: 0")), "report 200");
  client.sends(get("/other", "Cache-Control: only-if-cached"));
  expect(play.take()[0]).toStartWith("client 1 gets HTTP/1.1 504 Gateway Timeout");
});

test("RFC 9211 section 2: an answer that is made here, and of nothing stored, says nothing of the cache", () => {
  const play = new Playbook(cached());
  play.connect().sends(get("/", "Cache-Control: only-if-cached"));
  expect(play.take()[0]).not.toContain("Cache-Status");
});

test("a policy that ignores wishes of requests shows what is stored", () => {
  const play = new Playbook(cached({ isTold: false, honorsRequests: false }));
  const { client } = filled(play, get("/"), ok("hello", date, fresh));
  client.sends(get("/", "Cache-Control: no-cache, no-store"));
  play.expect(client.gets(ok("hello", date, fresh, "Age: 0")), "report 200");
});

test("a bypass condition keeps requests out of the cache, and what comes of them too", () => {
  const play = new Playbook(cached({ bypass: "headers['x-private'] == '1'" }));
  const { client, server } = filled(play, get("/", "X-Private: 1"), ok("mine", date, fresh));
  client.sends(get("/"));
  play.expect(server.gets(get("/")));
  server.sends(ok("all", date, fresh));
  play.take();
  client.sends(get("/", "X-Private: 1"));
  play.expect(server.gets(get("/", "X-Private: 1")));
  server.sends(ok("mine", date, fresh));
  play.expect(client.gets(ok("mine", date, fresh, "Cache-Status: Sluice; fwd=bypass; detail=bypass")), "report 200");
});

test("4.4: a request that changes something makes stale what is stored for it, and what its answer names", () => {
  const play = new Playbook(cached({ isTold: false }));
  const { client, server } = filled(play, get("/"), ok("root", date, fresh));
  const fill = (path: string): void => {
    client.sends(get(path));
    server.sends(ok("old", date, fresh));
    play.take();
  };
  for (const path of ["/list", "/item", "/kept"]) fill(path);
  const post = put("POST", "x").replace("POST /", "POST /list");
  client.sends(post);
  play.expect(server.gets(post));
  server.sends(
    "HTTP/1.1 201 Created\r\nLocation: /item\r\nContent-Location: http://b/kept\r\nContent-Length: 0\r\n\r\n",
  );
  play.take();
  for (const path of ["/list", "/item"]) {
    client.sends(get(path));
    play.expect(server.gets(get(path)));
    server.sends(ok("new", date, fresh));
    play.take();
  }
  client.sends(get("/kept"));
  play.expect(client.gets(ok("old", date, fresh, "Age: 0")), "report 200");
  client.sends(put("PUT", "x"));
  server.sends("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  play.take();
  client.sends(get("/"));
  play.expect(client.gets(ok("root", date, fresh, "Age: 0")), "report 200");
});

test("4.4: all variants go", () => {
  const play = new Playbook(cached({ isTold: false }));
  const { client, server } = filled(play, get("/", "X: 1"), ok("one", date, fresh, "Vary: X"));
  client.sends(get("/", "X: 2"));
  server.sends(ok("two", date, fresh, "Vary: X"));
  client.sends(put("DELETE", "x"));
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  play.take();
  for (const value of ["1", "2"]) {
    client.sends(get("/", `X: ${value}`));
    play.expect(server.gets(get("/", `X: ${value}`)));
    server.sends(ok("new", date, fresh, "Vary: X"));
    play.take();
  }
});

test("what is stored is what the pool's rules have made; the listener's are taken at each delivery", () => {
  const set = (name: string, value: string) =>
    rule(null, null, { does: [{ kind: "field", operation: "set", name, value }] });
  const play = new Playbook(
    cached(
      { isTold: false },
      {
        listener: { rules: rules({ response: [set("X-At", "{response.headers['age']}")] }) },
        own: {},
        pool: { rules: rules({ response: [set("X-Pool", "made {response.headers['x-n']}")] }) },
      },
    ),
  );
  const { client } = filled(play, get("/"), ok("hello", date, fresh, "X-N: 1"));
  play.pass(3_000);
  client.sends(get("/"));
  play.expect(client.gets(ok("hello", date, fresh, "X-N: 1", "X-Pool: made 1", "Age: 3", "X-At: 3")), "report 200");
});

test("what rules have set for a client holds for what is asked anew while it is shown what is stale", () => {
  const sets = (name: string) => [rule(null, null, { does: [{ kind: "variable", name, value: "'x'" }] })];
  const hides = rule("vars.c == 'x' && vars.r == 'x'", null, { does: [field("remove", "X-Secret")] });
  const given = {
    listener: { rules: rules({ connection: sets("c") }) },
    pool: { rules: rules({ request: sets("r"), response: [hides] }) },
  };
  const play = new Playbook(cached({ isTold: false }, given));
  const control = "Cache-Control: max-age=10, stale-while-revalidate=30";
  const { client, server } = filled(play, get("/"), ok("hello", date, control));
  play.pass(20_000);
  client.sends(get("/"));
  play.expectAmong(server.gets(get("/")));
  server.sends(ok("other", "Date: Thu, 01 Jan 2026 00:00:20 GMT", control, "X-Secret: 1"));
  play.take();
  client.sends(get("/"));
  const lines = ["Date: Thu, 01 Jan 2026 00:00:20 GMT", control, "Age: 0"];
  play.expect(client.gets(ok("other", ...lines)), "report 200");
});

test("a sticky cookie is the first client's own; a hit has none", () => {
  const sticky = {
    cookie: "srv",
    isPrefix: false,
    maxAgeS: null,
    secure: false,
    httpOnly: true,
    sameSite: null,
    path: "/",
  } as const;
  const play = new Playbook(cached({ isTold: false }, { balance: { sticky } }));
  const { client } = filled(play, get("/"), ok("hello", date, fresh));
  client.sends(get("/"));
  play.expect(client.gets(ok("hello", date, fresh, "Age: 0")), "report 200");
});

test("dropped cookies are the first client's own, and not stored", () => {
  const play = new Playbook(cached({ isTold: false, dropsCookies: true }));
  const { client } = filled(play, get("/"), ok("hello", date, fresh, "Set-Cookie: a=b"));
  client.sends(get("/"));
  play.expect(client.gets(ok("hello", date, fresh, "Age: 0")), "report 200");
});

test("forced, usual and negative lifetimes come from the policy", () => {
  const play = new Playbook(
    cached({ isTold: false, ttlMs: 5_000, negative: [{ on: { from: 404, to: 404 }, ttlMs: 1_000 }] }),
  );
  const { client, server } = filled(play, get("/"), ok("hello", date, "Cache-Control: max-age=0"));
  play.pass(4_000);
  client.sends(get("/"));
  play.expect(client.gets(ok("hello", date, "Cache-Control: max-age=0", "Age: 4")), "report 200");
  client.sends(get("/none"));
  const none = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n";
  server.sends(`${none}\r\n`);
  play.take();
  client.sends(get("/none"));
  const now = "Date: Thu, 01 Jan 2026 00:00:04 GMT";
  play.expect(client.gets(`${none}${now}\r\nAge: 0\r\n\r\n`), "report 404");
  play.pass(2_000);
  client.sends(get("/none"));
  play.expect(server.gets(get("/none")));
});
