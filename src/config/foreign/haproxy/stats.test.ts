import { expect, test } from "bun:test";
import type { AdminInput } from "../../input.ts";
import { judge } from "../../judge.ts";
import { translateHaproxy } from "./haproxy.ts";
import { translateRules } from "./rules.ts";

const usual = "defaults\n mode http\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n";
const web = "frontend web\n bind :8080\n default_backend app\nbackend app\n server a 10.0.0.1:80\n";

function tried(text: string): { admin: AdminInput | undefined; told: string[]; errors: unknown[] } {
  const { input, ledger } = translateHaproxy(`${usual}${text}`, "/etc/haproxy.cfg", {}, translateRules);
  const errors = judge(input).findings.filter(({ severity }) => severity === "error");
  return { admin: input.admin, told: ledger.findings.map(({ message }) => message), errors };
}

const page = (bind: string, more = ""): string =>
  `${web}listen stats\n bind ${bind}\n stats enable\n stats uri /stats\n stats refresh 5\n stats hide-version\n${more}`;

const listens = (list: readonly { [key in "listen" | "uri" | "path"]?: string | undefined }[] | undefined): unknown =>
  list?.map(({ listen, uri, path }) => [listen, uri ?? path]);
const adminTold =
  "the admin interface, with the console and the API, is at 127.0.0.1:2112, or where SLUICE_ADMIN in the environment says";

test("on a loopback address is the page with what is said of it, and the admin interface is elsewhere", () => {
  const { admin, told, errors } = tried(
    page("127.0.0.1:8404", " stats auth ann:secret\n stats realm Here\n stats scope .\n"),
  );
  expect(errors).toEqual([]);
  expect(admin?.listen).toBeUndefined();
  expect(admin?.haproxy?.pages).toEqual([
    {
      ...{ listen: "127.0.0.1:8404", uri: "/stats", refresh: "5s", hideVersion: true, realm: "Here", scope: ["stats"] },
      users: [{ user: "ann", password: "secret" }],
    },
  ]);
  expect(admin?.haproxy?.proxies?.map(({ name }) => name)).toEqual(["web", "app"]);
  expect(told).toContain(
    `is approximated: here is the page at /stats, for its users, and nothing can be changed; ${adminTold}`,
  );
  const open = tried(page("127.0.0.1:8404"));
  expect([open.admin?.listen, listens(open.admin?.haproxy?.pages)]).toEqual([
    undefined,
    [["127.0.0.1:8404", "/stats"]],
  ]);
});

test("on an address that others reach it is there where it asks for a password, and only there", () => {
  const asking = tried(page("*:8404", " stats auth ann:secret\n"));
  expect(asking.errors).toEqual([]);
  expect(asking.admin?.listen).toBeUndefined();
  expect(listens(asking.admin?.haproxy?.pages)).toEqual([["0.0.0.0:8404", "/stats"]]);
  const open = tried(page("*:8404"));
  expect(listens(open.admin?.haproxy?.pages)).toEqual([[undefined, "/stats"]]);
  expect(open.told).toContain(
    `is approximated: the page is at 127.0.0.1:2112/stats, for beyond loopback the page demands a password (stats auth); ${adminTold}`,
  );
  const both = tried(page("127.0.0.1:8404\n bind *:8405"));
  expect(listens(both.admin?.haproxy?.pages)).toEqual([
    ["127.0.0.1:8404", "/stats"],
    [undefined, "/stats"],
  ]);
  expect(both.told.filter((line) => line.includes(adminTold))).toHaveLength(1);
});

test("metrics are where the rule of the exporter says, beside the page or alone", () => {
  const service = " http-request use-service prometheus-exporter";
  const of = (more: string, bind = ":8404"): [unknown, unknown] => {
    const { admin, errors } = tried(page(bind, more));
    expect(errors).toEqual([]);
    return [listens(admin?.haproxy?.exporters), listens(admin?.haproxy?.pages)];
  };
  const auth = " stats auth ann:secret\n";
  const there = [["0.0.0.0:8404", "/stats"]];
  expect(of(`${auth}${service} if { path /metrics }\n`)).toEqual([[["0.0.0.0:8404", undefined]], there]);
  expect(of(`${auth}${service} if { path -m beg /figures }\n`)).toEqual([[["0.0.0.0:8404", "/figures"]], there]);
  expect(of(`${auth} acl asked path /figures\n${service} if asked\n`)[0]).toEqual([["0.0.0.0:8404", "/figures"]]);
  expect(of(`${auth}${service}\n`)[0]).toEqual([["0.0.0.0:8404", undefined]]);
  // Without a word for it there is no page.
  const { admin } = tried(`${web}frontend numbers\n bind 127.0.0.1:8405\n${service} if { path /metrics }\n`);
  expect(admin).toEqual({
    haproxy: { exporters: [{ listen: "127.0.0.1:8405" }], proxies: admin!.haproxy!.proxies! },
  });
  expect(of(auth)[0]).toBeUndefined();
});

test("what rules keep from somebody is not there for everybody", () => {
  const service = " http-request use-service prometheus-exporter if { path /metrics }";
  const of = (more: string, bind = "127.0.0.1:8404"): [unknown, unknown, string[]] => {
    const { admin, told } = tried(page(bind, more));
    return [listens(admin?.haproxy?.exporters), listens(admin?.haproxy?.pages), told];
  };
  const away = [[undefined, "/stats"]];
  const here = [["127.0.0.1:8404", "/stats"]];
  for (const rule of [
    "http-request deny unless { src 10.0.0.0/8 }",
    "http-request auth unless { hdr(authorization) x }",
    "tcp-request connection reject unless { src 10.0.0.0/8 }",
    "stats http-request deny unless { src 10.0.0.0/8 }",
  ]) {
    const [exporters, pages, told] = of(` ${rule}\n${service}\n`);
    expect([rule, exporters, pages]).toEqual([rule, undefined, away]);
    expect(told.join()).toContain("for the rules that say who may ask are not played here");
    // Who has to show a password there has to here.
    expect(of(` ${rule}\n stats auth ann:secret\n`)[1]).toEqual(here);
  }
  expect(of(` http-request set-header x close\n${service}\n`).slice(0, 2)).toEqual([
    [["127.0.0.1:8404", undefined]],
    here,
  ]);
  for (const condition of [" { src 10.0.0.0/8 }", " or { path /more }", " !{ method POST }"])
    expect(of(`${service}${condition}\n`).slice(0, 2)).toEqual([undefined, here]);
});

test("what is said of a page is told at its line", () => {
  const { input, ledger, origins } = translateHaproxy(
    `${usual}${page("*:8404", " stats auth ann:secret\n")}`,
    "/etc/haproxy.cfg",
    {},
    translateRules,
  );
  const told = judge(input).findings.map((finding) => origins.bring(finding));
  const bind = ledger.findings.find(({ message }) => message.includes("here is the page at /stats, for its users"))!;
  expect(told.map(({ path, message }) => [path, message.slice(0, 55)])).toEqual([
    [bind.path, "is not a loopback address, and the page has no TLS: who"],
  ]);
});

test("in a frontend with traffic it is on the admin interface, once for all that a defaults section says it to", () => {
  const { admin, told } = tried(
    ` stats enable\n stats uri /s\n${web}${web.replaceAll("web", "more").replaceAll("app", "other")}`,
  );
  expect(admin?.haproxy?.pages).toEqual([{ uri: "/s" }]);
  expect(told.filter((line) => line.includes("there is no page at this address"))).not.toEqual([]);
});

test("changes by the page, and passwords that cannot be, are told", () => {
  const { told } = tried(page("127.0.0.1:8404", " stats admin if TRUE\n stats auth nobody\n stats uri ;x\n"));
  expect(told).toContain(
    "is approximated: the page changes nothing; the console, the runtime socket and sluice drain do",
  );
  expect(told).toContain("needs a user, a colon and a password without spaces");
  expect(told.some((line) => line.includes("a path begins with /"))).toBe(true);
});

test("a config of one's own does not put a page without users where others reach it", () => {
  const of = (listen: string, users: object[]): string[] =>
    judge({
      ...{ listeners: { web: { listen: "127.0.0.1:1", use: "app" } }, pools: { app: { servers: ["10.0.0.1:80"] } } },
      admin: { haproxy: { pages: [{ listen, users: users as never }] } },
    }).findings.map(({ path, message }) => `${path.join(".")} ${message}`);
  expect(of("127.0.0.1:9", [])).toEqual([]);
  expect(of(":9", [{ user: "a", password: "b" }])).toEqual([
    "admin.haproxy.pages.0.listen is not a loopback address, and the page has no TLS: whoever sees the traffic reads its passwords; put it on loopback, behind a listener with tls",
  ]);
  expect(of(":9", [])[0]).toStartWith("admin.haproxy.pages.0.listen is not a loopback address, so users must be set");
  expect(of("127.0.0.1:2112", [])[0]).toContain("127.0.0.1:2112");
});

test("a realm that no field of HTTP holds is told; a config of one's own is refused with it", () => {
  for (const realm of ["caf\u00e9", "\u7d71\u8a08", 'a\\"b', "a\u007fb"]) {
    const { admin, told, errors } = tried(page("127.0.0.1:8404", ` stats auth ann:secret\n stats realm ${realm}\n`));
    expect(errors).toEqual([]);
    expect(admin?.haproxy?.pages?.[0]?.realm).toBeUndefined();
    expect(told.filter((line) => line.includes('asks as "HAProxy Statistics"'))).toHaveLength(1);
    const pages = [{ realm, users: [{ user: "ann", password: "secret" }] }];
    const { findings } = judge({
      ...{ listeners: { web: { listen: ":1", use: "app" } }, pools: { app: { servers: ["a:1"] } } },
      admin: { haproxy: { pages } },
    });
    expect(findings.map(({ severity, path }) => [severity, path.join(".")])).toEqual([
      ["error", "admin.haproxy.pages.0.realm"],
    ]);
  }
  expect(tried(page("127.0.0.1:8404", " stats realm Who\\ is\\ there?\n")).admin?.haproxy?.pages?.[0]?.realm).toBe(
    "Who is there?",
  );
});
