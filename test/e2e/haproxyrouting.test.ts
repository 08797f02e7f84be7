// One long table: ways and answers of one haproxy.cfg, HAProxy's and Sluice's: which backend a request goes to, what is redirected, edited, answered and
// refused, and in which order. Each frontend is a group; each line under it is a request, and both outcomes must be the same.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout } from "bun:test";
import { type Handler, ok } from "./harness/origin.ts";
import type { Outcome } from "./harness/outcome.ts";
import { find, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { Twins } from "./harness/twins.ts";

setDefaultTimeout(60_000);
const test = testWith(["haproxy"]);

/** What the server saw: its own name, then method, target without a host and fields in the order of their names. */
function echoOf(name: string): Handler {
  return ({ method, target, fields, body }) => {
    const lines = [...fields].flatMap(([field, values]) => values.map((value) => `${field}: ${value}`));
    const status = fields.get("x-status")?.[0] ?? "200 OK";
    const said = fields.get("x-say")?.[0]?.split("|") ?? [];
    const text = [name, `${method} ${target.replace(/^http:\/\/[^/]*/, "")}`, ...lines.sort(), body.toString()].join(
      "\n",
    );
    const head = ok(text, "Server: origin", "X-Powered-By: test", ...said).toString("latin1");
    return head.replace("200 OK", status);
  };
}

interface Group {
  readonly front: string;
  readonly requests: readonly string[];
  /** Fields of answers that are compared. */
  readonly fields?: readonly string[];
}

const get = (target: string, ...fields: string[]): string =>
  [
    `GET ${target} HTTP/1.1`,
    ...(fields.some((field) => field.startsWith("Host:")) ? [] : ["Host: x.test"]),
    ...fields,
  ].join("\r\n");

const groups: Readonly<Record<string, Group>> = {
  backends: {
    front: `
  acl is_api path_beg /api
  acl is_static path_end .css .js
  acl is_static hdr_beg(host) -i static.
  acl old hdr(host) -i old.test
  use_backend one if is_api !old
  use_backend two if is_static or { path /two }
  use_backend %[hdr(x-to),lower,map(ways.map)] if { hdr(x-to) -m found }
  use_backend %[path,word(2,/)] if { path_beg /to/ }
  use_backend one unless { path_beg / }
  default_backend app`,
    requests: [
      get("/"),
      get("/api/x"),
      get("/api/x", "Host: OLD.test"),
      get("/a.css"),
      get("/x", "Host: Static.x.test"),
      get("/two"),
      get("/", "X-To: First"),
      get("/", "X-To: SECOND"),
      get("/", "X-To: third"),
      get("/to/one"),
      get("/to/two/x"),
      get("/to/nowhere"),
    ],
  },
  nowhere: { front: "use_backend one if { path /one }", requests: [get("/"), get("/one")] },
  families: {
    // In HAProxy's order, not in that of the file.
    front: `
  use_backend one if { path_beg /one }
  redirect location /moved if { path_end /moving }
  http-request set-header x-order request
  http-request redirect location /first if { path /one/moving }
  http-request allow if { hdr(x-allow) -m found }
  http-request deny if { path_sub deny }
  http-request set-header x-last yes
  tcp-request content set-var(txn.early) path
  http-request set-header x-early %[var(txn.early)]
  default_backend ruled`,
    requests: [
      get("/"),
      get("/one"),
      get("/one/moving"),
      get("/two/moving"),
      get("/one/deny"),
      get("/one/deny", "X-Allow: 1"),
      get("/deny/moving", "X-Allow: 1"),
      get("/no"),
      get("/stop"),
    ],
    fields: ["location"],
  },
  redirects: {
    front: `
  redirect scheme https if { path /scheme }
  redirect scheme https code 301 if { path_beg /scheme/301 }
  redirect prefix https://p.test if { path_beg /prefix }
  redirect prefix /pre drop-query if { path_beg /drop }
  redirect prefix / drop-query append-slash if { path_beg /slash }
  redirect location https://l.test/x code 303 if { path /location }
  redirect location /l code 307 if { path /307 }
  http-request redirect location https://%[hdr(host)]%[path] code 308 if { path_beg /format }
  http-request redirect location %[path,regsub(^/re,/er)]?%[query] if { path_beg /re }
  http-request redirect code 301 location https://%[hdr(host),regsub(^www\\.,,i)]%[capture.req.uri] if { hdr_beg(host) -i www. }
  http-request redirect location /c set-cookie SEEN=1 if { path /cookie }
  http-request redirect location /c clear-cookie SEEN= if { path /clear }
  default_backend app`,
    requests: [
      get("/scheme"),
      get("/scheme?a=b"),
      get("/scheme/301?x"),
      get("/prefix/a?b=c"),
      get("/drop/a?b=c"),
      get("/slash/a?b"),
      get("/slash/a/?b"),
      get("/location?x"),
      get("/307"),
      get("/format/x?y"),
      get("/re/x?y"),
      get("/x?y", "Host: WWW.x.test"),
      get("/cookie"),
      get("/clear"),
      "HEAD /location HTTP/1.1\r\nHost: x.test",
      "POST /307 HTTP/1.1\r\nHost: x.test\r\nContent-Length: 0",
    ],
    fields: ["location", "set-cookie"],
  },
  edits: {
    front: `
  http-request set-header x-new %[src]
  http-request set-header x-old changed
  http-request add-header x-more two
  http-request del-header x-gone
  http-request replace-header x-list ([a-z]+)=(\\d+) \\2=\\1
  http-request replace-value x-values ^a(.*)$ b\\1
  http-request replace-header cookie (.*)secret=[^;]*(.*) \\1secret=x\\2
  http-request set-path /set%[path] if { path_beg /sp }
  http-request set-query q=%[query] if { path_beg /sq }
  http-request set-uri /uri%[url] if { path_beg /su }
  http-request set-uri http://u.test:81/abs/%[path]/%[hdr(host)] if { path_beg /abs }
  http-request set-uri http://u.test/uri?%[query]x if { path_beg /query }
  http-request set-uri http://user:word@u.test/whose if { path /user }
  http-request set-pathq /pq?%[query] if { path_beg /spq }
  http-request replace-path /rp/(.*) /\\1/rp if { path_beg /rp }
  http-request replace-path ^/plain$ /changed
  http-request replace-pathq /rpq([^?]*)(.*) /qpr\\1\\2 if { path_beg /rpq }
  http-request replace-uri ^/ru/(.*) /ur/\\1 if { path_beg /ru }
  http-request set-method PUT if { path /method }
  http-request set-header x-received %[capture.req.uri]
  default_backend app`,
    requests: [
      get("/", "X-Old: a", "X-Gone: 1", "X-More: one", "X-Gone: 2"),
      get("/", "X-List: abc=12", "X-Values: abc", "Cookie: a=b; secret=1; c=d"),
      get("/", "X-List: 12=abc", "X-Values: xbc"),
      get("/sp/a?b"),
      get("/sq/a?b"),
      get("/sq/a"),
      get("/user"),
      get("/su/a?b"),
      get("/spq/a?b"),
      get("/abs/a?b"),
      get("/query?b"),
      get("/query"),
      get("/user"),
      get("http://x.test/a?b"),
      get("/", "X-Values: a b , abc , c, ac  ,a"),
      get("/rp/a/b?c"),
      get("/plain?c"),
      get("/plain/x"),
      get("/rpq/a?b"),
      get("/ru/a?b"),
      get("/method"),
    ],
  },
  unanchored: {
    front: `
  http-request replace-header x-a b B
  http-request replace-header x-b b(.) [\\1]
  http-request replace-header x-c (b|c) x\\0
  http-request replace-value x-d b B
  http-request replace-value x-e ^b(.)$ \\1b\\0
  http-request replace-value x-f [^a]+ x
  http-request replace-path /foo/(.*) /\\1
  http-request replace-path v1 /v2
  http-request replace-uri zz/(.) /yy\\1
  http-request replace-pathq \\?k=(.*) /q?j=\\1
  http-response replace-header x-powered-by o s
  default_backend app`,
    requests: [
      ...["A", "B", "C", "D", "E", "F"].flatMap((letter) =>
        ["abc b", "b", "http://x", "cb", "a, b", "bb", "xb, b1 , bx,c", ",b1,,"].map((value) =>
          get("/", `X-${letter}: ${value}`),
        ),
      ),
      get("/", "X-D: a, b", "X-D: b ,c"),
      ...["/foo/x", "/x/foo/bar?q", "/foo/", "/api/v1/x", "/v1v1", "/a/zz/q?x", "/p?k=1&k=2", "/p?k="].map((target) =>
        get(target),
      ),
    ],
    fields: ["x-powered-by"],
  },
  forwarded: {
    front: "option forwardfor\n  default_backend app",
    requests: [get("/")],
  },
  named: {
    front: "option forwardfor header X-Client-IP\n  use_backend app if { path_beg /u }\n  default_backend app",
    requests: [get("/"), get("/", "X-Client-IP: 1.2.3.4"), get("/u"), get("/u", "X-Client-IP: 1.2.3.4")],
  },
  unless: {
    front: "option forwardfor header X-Real-IP if-none\n  default_backend app",
    requests: [get("/"), get("/", "X-Real-IP: 1.2.3.4")],
  },
  original: { front: "option originalto\n  default_backend app", requests: [get("/")] },
  returns: {
    front: `
  errorfile 403 403.http
  http-request return status 200 content-type text/plain string "all good" if { path /ok }
  http-request return status 200 content-type text/plain lf-string "you are %[src] at %[path]" hdr X-At %[path] if { path /lf }
  http-request return status 404 content-type text/plain file body.txt if { path /file }
  http-request return status 200 content-type text/plain lf-file body.txt if { path /lffile }
  http-request return status 403 errorfile 403.http if { path /errorfile }
  http-request return status 503 default-errorfiles if { path /default }
  http-request return status 204 if { path /none }
  http-request return status 200 hdr x-a 1 hdr x-b "two words" if { path /empty }
  http-request deny if { path /deny }
  http-request deny deny_status 429 if { path /429 }
  http-request deny status 418 content-type text/plain string teapot if { path /418 }
  http-request deny hdr x-why because if { path /why }
  http-request deny deny_status 200 if { path /200 }
  http-request reject if { path /reject }
  http-request auth realm "The Place" if { path /auth }
  http-request auth unless { path /open }
  default_backend app`,
    requests: [
      "/ok",
      "/lf?x",
      "/file",
      "/lffile",
      "/errorfile",
      "/default",
      "/none",
      "/empty",
      "/deny",
      "/429",
      "/418",
      "/why",
      "/200",
      "/reject",
      "/auth",
      "/else",
      "/open",
    ]
      .map((target) => get(target))
      .concat("HEAD /ok HTTP/1.1\r\nHost: x.test", "POST /deny HTTP/1.1\r\nHost: x.test\r\nContent-Length: 0"),
    fields: ["content-type", "x-at", "x-a", "x-b", "x-why", "www-authenticate"],
  },
  responses: {
    front: `
  http-request set-var(txn.path) path
  http-response set-header x-path %[var(txn.path)]
  http-response del-header server
  http-response add-header x-many 2
  http-response replace-header x-url ^http://(.*)$ https://\\1
  http-response set-header x-status %[status]
  http-response set-header x-server-name "%s %[srv_name]"
  http-response set-status 503 reason "Slow Down" if { status 500 }
  http-response deny if { res.hdr(x-bad) -m found }
  http-response return status 410 content-type text/plain string gone if { status 404 }
  http-response redirect location /login code 303 if { status 401 }
  http-response set-header x-slow 1 if { res.hdr(x-many) 1 }
  default_backend answered`,
    requests: [
      get("/a"),
      get("/b", "X-Say: X-Many: 1|X-URL: http://a.test/b"),
      get("/c", "X-Status: 500 Oh"),
      get("/d", "X-Say: X-Bad: 1"),
      get("/e", "X-Status: 404 Not Found"),
      get("/f", "X-Status: 401 Unauthorized"),
      get("/g", "X-Status: 201 Created"),
    ],
    fields: [
      "x-path",
      "server",
      "x-many",
      "x-url",
      "x-status",
      "x-slow",
      "x-powered-by",
      "x-backend",
      "x-server-name",
      "location",
    ],
  },
  monitored: {
    front: `
  http-request deny
  monitor-uri /alive
  monitor fail if { nbsrv(down) lt 1 } { hdr(x-fail) -m found }
  default_backend app`,
    requests: [get("/alive"), get("/alive", "X-Fail: 1"), get("/alive/x"), get("/")],
  },
  errors: {
    front: `
  errorfiles pages
  use_backend empty if { path /empty }
  use_backend own if { path /own }
  use_backend off if { path /off }
  http-request deny deny_status 429 if { path /429 }
  default_backend app`,
    requests: [get("/empty"), get("/own"), get("/off"), get("/429"), get("/")],
    fields: ["content-type", "x-page"],
  },
  pages: {
    front: `
  errorfile 403 403.http
  errorfile 429 429.http
  http-request deny if { path /deny }
  http-request deny deny_status 429 if { path /429 }
  http-request deny deny_status 503 if { path /503 }
  http-request return status 403 default-errorfiles if { path /default }
  http-response deny deny_status 403 if { path_beg /late }
  default_backend paged`,
    requests: [get("/deny"), get("/429"), get("/503"), get("/default"), get("/late"), get("/back"), get("/")],
    fields: ["content-type", "x-page"],
  },
  located: {
    front: `
  http-request deny if { path /deny }
  http-request deny deny_status 404 if { path /404 }
  errorloc303 404 /own
  default_backend located`,
    requests: [get("/deny"), get("/404"), get("/back"), get("/back404"), get("/")],
    fields: ["location"],
  },
  environment: {
    front: `
  http-request set-header x-env "\${SLUICE_TEST_NAME-usual}"
  http-request set-header x-quoted 'single "double" $NOT'
  http-request set-header x-escaped a\\ b\\"c\\#d
  http-request set-header x-hash "a # b" # a comment
  http-request set-header x-set "\${SET_HERE}"
  default_backend app`,
    requests: [get("/")],
  },
  users: {
    front: `
  http-request auth realm Inside unless { http_auth(people) }
  http-request deny unless { http_auth_group(people) ops } or { path_beg /all }
  default_backend app`,
    requests: [
      get("/"),
      get("/", `Authorization: Basic ${btoa("ann:one")}`),
      get("/", `Authorization: Basic ${btoa("bob:two")}`),
      get("/all", `Authorization: Basic ${btoa("bob:two")}`),
      get("/all", `Authorization: Basic ${btoa("bob:one")}`),
      get("/all", "Authorization: Bearer x"),
    ],
    fields: ["www-authenticate"],
  },
  one_defaults: { front: "default_backend app", requests: [get("/"), get("/deny")] },
};

const files = {
  "ways.map": "first one\nsecond two\n",
  "body.txt": "from a file, %[path]\n",
  "403.http": "HTTP/1.0 403 Forbidden\r\nContent-Type: text/plain\r\nX-Page: own\r\n\r\nnot for you\n",
  "503.http":
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\nX-Page: pages\r\nContent-Length: 6\r\n\r\nlater\n",
  "own503.http": "HTTP/1.0 503 Service Unavailable\r\nContent-Type: text/plain\r\nX-Page: backend\r\n\r\nown\n",
  "429.http": "HTTP/1.0 429 Too Many Requests\r\nContent-Type: text/plain\r\nX-Page: 429\r\n\r\nslow down\n",
};

function configOf(): string {
  const fronts = Object.entries(groups).map(
    ([name, { front }]) =>
      `frontend ${name}${name === "one_defaults" ? " from ruled_defaults" : " from usual"}\n  bind 127.0.0.1:{PORT:${name}}\n  ${front.trim()}`,
  );
  return `
global
  setenv SET_HERE here
userlist people
  group ops users ann
  user ann insecure-password one
  user bob insecure-password two
http-errors pages
  errorfile 503 503.http
  errorfile 429 429.http
defaults usual
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
  retries 0
defaults ruled_defaults from usual
  http-request set-header x-default 1
  http-request deny if { path /deny }
${fronts.join("\n")}
backend app from usual
  server app {ORIGIN:app}
backend one from usual
  http-request set-header x-backend one
  server one {ORIGIN:one}
backend two from usual
  server two {ORIGIN:two}
backend ruled from usual
  http-request deny deny_status 404 if { path /no }
  http-request set-header x-backend-order %[req.hdr(x-order)]
  http-request set-path /went%[path]
  tcp-request content reject if { path /stop }
  server app {ORIGIN:app}
backend answered from usual
  http-response set-header x-backend yes
  server app {ORIGIN:app}
backend down from usual
  server down {CLOSED}
backend empty from usual
backend paged from usual
  errorfile 403 429.http
  errorfile 503 own503.http
  http-request deny if { path /back }
  server app {ORIGIN:app}
backend located from usual
  errorloc 403 /sorry
  errorloc 404 /none
  http-request deny if { path /back }
  http-request deny deny_status 404 if { path /back404 }
  server app {ORIGIN:app}
backend off from usual
  disabled
  errorfile 503 own503.http
  server app {ORIGIN:app}
backend own from usual
  errorfile 503 own503.http
`;
}

describe("one haproxy.cfg, the same outcomes", () => {
  const room = new Room();
  let twins: Twins;
  beforeAll(async () => {
    const origins = { app: echoOf("app"), one: echoOf("one"), two: echoOf("two") };
    if (find("haproxy") !== null) twins = await Twins.start(room, configOf(), { files, origins });
  });
  afterAll(() => room[Symbol.asyncDispose]());

  for (const [port, { requests, fields = [] }] of Object.entries(groups))
    test(port, async () => {
      const seen = { haproxy: [] as unknown[], sluice: [] as unknown[] };
      for (const request of requests) {
        const both = await twins.both(`${request}\r\n\r\n`, { port });
        for (const name of ["haproxy", "sluice"] as const) seen[name].push({ request, ...shown(both[name], fields) });
      }
      expect(seen.sluice).toEqual(seen.haproxy);
    });
});

/**
 * A page of a program's own is as good as that of the other, and so is what stands in the body of a redirect. HAProxy closes the connection
 * after an errorfile without a length, Sluice gives it one: how a connection ends is told where nothing was answered.
 */
function shown({ status, reason, body, end, fields }: Outcome, names: readonly string[]): object {
  const isOwn =
    /^<html><body><h1>\d{3} /.test(body) ||
    body.startsWith(`${status} ${reason}`) ||
    (body === "" && (status >= 300 || status === 200));
  return {
    status,
    body: isOwn ? "(a page of its own)" : body.split("\n"),
    end: status === 0 ? end : "",
    fields: Object.fromEntries(
      names.map((name) => [name, (isOwn && name === "content-type" ? null : fields[name]) ?? null]),
    ),
  };
}
