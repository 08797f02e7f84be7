// Sections and the defaults that lie under them.

import { expect, test } from "bun:test";
import { tried } from "./translated.fixture.ts";

const told = (text: string): readonly string[] =>
  tried(text).told.filter((line) => !line.includes("it has no timeout"));
const balances = (text: string): unknown[] => Object.values(tried(text).input.pools!).map(({ balance }) => balance);

test("a proxy has the last defaults above it, or those that it names", () => {
  const text = (from: string): string => `defaults one
 balance leastconn
defaults two
 balance first
backend x${from}
 server a a:1`;
  expect(balances(text(""))).toEqual(["first"]);
  expect(balances(text(" from one"))).toEqual(["leastConnections"]);
  expect(balances(`defaults\n balance first\ndefaults\nbackend x\n server a a:1`)).toEqual([undefined]);
  expect(balances(`defaults one\n balance first\ndefaults two from one\nbackend x\n server a a:1`)).toEqual(["first"]);
});

test.each([
  ["foo", "1:1 error foo stands outside of any section"],
  ["frontnd x", '1:1 error frontnd stands outside of any section; did you mean "frontend"?'],
  ["backend", '1:1 error backend needs a name, as in "backend web"'],
  ["backend a/b", '1:9 error a/b may have letters, digits and "_", ".", ":", "-" only, as in HAProxy'],
  ["backend a b", "1:11 error b is one word too many behind backend and its name"],
  ["backend x from", "1:11 error from needs the name of a defaults section"],
  [
    "defaults one\nbackend x from oen",
    '2:16 error oen is the name of no defaults section above this backend; did you mean "one"?',
  ],
  ["defaults a\ndefaults a\nbackend x from a", "3:16 error a is the name of more than one defaults section"],
  ["backend x\nbackend x", "2:9 error x is the name of the backend in line 1 already"],
  ["frontend x\n bind :1\nlisten x", "3:8 error x is the name of the frontend in line 1 already"],
  ["defaults\n server a a:1", "2:2 error server cannot stand in a defaults section, as in HAProxy"],
  ["defaults\n mode htpp", '2:7 error htpp must be http or tcp; did you mean "http"?'],
  [
    "defaults\n mode health",
    "2:7 error health is refused, by HAProxy too: write mode http and http-request return status 200",
  ],
  ["defaults\n option", '2:2 error option needs a name, such as "option httplog"'],
  ["defaults\n option httplgo", '2:9 error httplgo is no option of HAProxy\'s; did you mean "httplog"?'],
  ["defaults\n no option httplog", '2:12 error httplog cannot have "no" in front of it, as in HAProxy'],
  ["defaults\n timeout clent 5s", '2:10 error clent is no timeout of HAProxy\'s; did you mean "client"?'],
  [
    "backend x\n blance first",
    '2:2 error blance is no keyword of HAProxy\'s in a backend section; did you mean "balance"?',
  ],
  [
    "backend x\n use_backnd y",
    '2:2 error use_backnd is no keyword of HAProxy\'s in a backend section; did you mean "use_backend"?',
  ],
  ["frontend x\n server a a:1", "2:2 error server cannot stand in a frontend, as in HAProxy: it belongs in a backend"],
  ["backend x\n bind :1", "2:2 warning bind does nothing in a backend, as in HAProxy"],
  ["frontend x\n balance first", "2:2 warning balance does nothing in a frontend, as in HAProxy"],
  ["frontend x", "1:10 warning x has no bind line, so that no client can reach it"],
  ["listen x :80\n server a a:1", "1:10 warning :80 is read as if it stood behind bind, where HAProxy wants it today"],
  [
    "frontend x\n monitor-net 10.0.0.0/8",
    "2:2 error monitor-net is refused, by HAProxy too: HAProxy has dropped it in 2.1; http-request return status 200 if { src ... } does the same",
  ],
  [
    "mailers x\n mailer a a:25",
    "1:1 error mailers is refused: no mails are sent; an alert on sluice_server_up in Prometheus does",
  ],
  [
    "resolvers x\n namserver a 127.0.0.1:53",
    '2:2 error namserver is no keyword of HAProxy\'s in section resolvers; did you mean "nameserver"?',
  ],
  [
    "cache x\n max-age 60",
    "1:1 warning cache is approximated: responses are not kept here: after `sluice convert`, `cache` of a pool keeps them",
  ],
])("%s is told", (text, message) => {
  expect(told(text)).toContain(message);
});

test("what leads to a backend that is disabled is answered 503", () => {
  const { input, told: lines } = tried(
    "defaults\n mode http\n timeout client 1s\nlisten x\n bind :1\n use_backend off if { path /off }\n server a a:1\nbackend off\n disabled\n http-request deny\n server a a:1",
  );
  expect(input.pools?.["off"]).toEqual({ reply: { status: 503 } });
  expect(lines.filter((line) => line.includes("error"))).toEqual([]);
});

test("of a backend that is disabled the table and the servers' names are known, and no server is up", () => {
  const rules = ["srv_is_up(off/a)", "srv_is_up(off/b)", "nbsrv(off) gt 0", "src_conn_rate(off) gt 1"].map(
    (condition, index) => ` http-request set-header x ${index} if { ${condition} }`,
  );
  const { input, told: lines } = tried(
    `defaults\n mode http\n timeout client 1s\nlisten x\n bind :1\n http-request track-sc0 src table off\n${rules.join("\n")}\n server a a:1 track off/a\nbackend off\n disabled\n stick-table type ip size 10 store conn_rate(1s) peers nope\n server a a:1 check\n server b a:2 disabled`,
  );
  expect(lines.filter((line) => line.includes("error"))).toEqual([]);
  expect(input.tables?.["off"]).toMatchObject({ store: ["conn_rate(1s)"] });
  expect(input.listeners["x"]?.rules).toEqual([
    { track: { table: "off", by: "src", slot: 0 } },
    { setHeader: { x: "0" } },
    { if: "0 > 0", setHeader: { x: "2" } },
    { if: "off[src].conn_rate > 1", setHeader: { x: "3" } },
  ]);
});

test("connections that a rule leads to a backend that is disabled are closed; as the default one it is refused, and why", () => {
  const tcp = (last: string): string =>
    `defaults\n mode tcp\n timeout client 1s\nfrontend x\n bind :1\n use_backend off if { src 10.0.0.1 }\n default_backend ${last}\nbackend b\n server a a:1\nbackend off\n disabled\n server a a:1`;
  const { input, told: lines } = tried(tcp("b"));
  expect(input.listeners["x"]?.rules).toEqual({ connection: [{ if: "src in cidr('10.0.0.1')", reject: true }] });
  expect(lines.filter((line) => line.includes("error"))).toEqual([]);
  expect(tried(tcp("off")).told).toContainEqual(
    "10:9 error off is refused: it is disabled, and connections that it would close are closed by a rule: tcp-request content reject",
  );
});

test("a proxy that is disabled is left out, whole", () => {
  const { input, told: lines } = tried("listen x\n disabled\n bind :1\n server a a:1");
  const nothing = "1:1 error  there is no frontend or listen with a bind line, and so nothing to listen on";
  expect([input.listeners, input.pools, lines]).toEqual([{}, {}, [nothing]]);
});

test("a mistake in a defaults section is told once, however many proxies have it", () => {
  expect(told("defaults\n balance wild\nbackend a\n server s a:1\nbackend b\n server s a:1")).toEqual([
    "2:10 error wild is no algorithm of HAProxy's",
  ]);
});

test("users of a userlist, with their groups", () => {
  expect(told("userlist u\n group g users a,c\n user a insecure-password x\n user b\n user d pasword x")).toEqual([
    "4:2 error user needs password or insecure-password",
    "5:2 error user needs password or insecure-password",
    '1:1 error userlist names the user "c" in a group, who is not in this list',
  ]);
});

test("SLUICE_ADMIN says where the admin interface is, which is told where a page of statistics is", () => {
  const text = "listen s\n mode http\n bind 127.0.0.1:8404\n stats enable\n";
  const environment = { SLUICE_ADMIN: "127.0.0.1:3000" };
  expect(tried(text, environment).input.admin?.listen).toBe("127.0.0.1:3000");
  const { input, told: lines } = tried(text.replace("127.0.0.1", "10.0.0.1"), environment);
  expect(input.admin?.listen).toBe("127.0.0.1:3000");
  expect(lines.join()).toContain(
    "3:2 warning bind is approximated: the page is at 127.0.0.1:3000/haproxy?stats, for beyond loopback the page demands a password (stats auth); the admin interface, with the console and the API, is at 127.0.0.1:3000, where SLUICE_ADMIN says",
  );
  expect(tried("listen w\n mode http\n bind 127.0.0.1:8404\n", environment).input.admin).toEqual({
    listen: "127.0.0.1:3000",
  });
  expect(tried(text, { SLUICE_ADMIN: "here" }).told[0]).toStartWith("1:1 error listen says not where");
});

test("a page of statistics is at its address, and is nothing to listen on", () => {
  const page = (bind: string): ReturnType<typeof tried> =>
    tried(`listen stats\n mode http\n bind ${bind}\n stats enable\n stats uri /\n stats auth a:b`);
  for (const bind of ["127.0.0.1:8404", "*:8404"]) expect(page(bind).input.admin?.listen).toBeUndefined();
  expect(page("*:8404").told).toEqual([
    "3:2 warning bind is approximated: here is the page at /, for its users, and nothing can be changed; the admin interface, with the console and the API, is at 127.0.0.1:2112, or where SLUICE_ADMIN in the environment says",
    "1:1 error  there is nothing to listen on but for statistics: no other frontend or listen has a bind line",
  ]);
  expect(told("listen x\n bind :1\n stats enabel\n server a a:1")[0]).toStartWith(
    "3:2 error stats enabel must be one of enable, uri",
  );
});

test("frontends and backends cannot share defaults that have rules", () => {
  const shared = (rule: string): readonly string[] =>
    tried(
      `defaults base\n mode http\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n ${rule}\nfrontend f from base\n bind :1\n default_backend b\nbackend b from base\n server a a:1`,
    ).told;
  expect(shared("http-request deny if { path /x }")).toEqual([
    "10:16 error base has rules and is the defaults of a frontend already: frontends and backends cannot share those, as in HAProxy",
  ]);
  expect(shared("option httplog")).toEqual([]);
});

test("a frontend of mode tcp that leads nowhere is told once, and by what HAProxy makes of it", () => {
  expect(tried("frontend x\n mode tcp\n timeout client 1s\n bind :1").told).toEqual([
    "1:10 error x is refused: it has no default_backend and no use_backend, and HAProxy closes whoever connects to it: leave it out",
  ]);
});
