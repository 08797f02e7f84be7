import { expect, test } from "bun:test";
import type { HaproxyInput } from "../../input.ts";
import { judge } from "../../judge.ts";
import { translateHaproxy } from "./haproxy.ts";
import { translateRules } from "./rules.ts";

const rest =
  "defaults\n mode http\n timeout client 1s\n timeout server 1s\n timeout connect 1s\nfrontend web\n bind :8080\n default_backend app\nbackend app\n server a 10.0.0.1:80\n";

function tried(lines: string, text: string = rest): { haproxy: HaproxyInput | undefined; told: string[] } {
  const { input, ledger } = translateHaproxy(`global\n${lines}\n${text}`, "/etc/haproxy.cfg", {}, translateRules);
  const told = ledger.findings.map(({ severity, path, message }) => `${path.join(":")} ${severity} ${message}`);
  return { haproxy: input.admin?.haproxy, told };
}

test("a socket keeps its mode, owner and level, and asks by HAProxy's names", () => {
  const { haproxy, told } = tried(
    " stats socket /run/haproxy/admin.sock mode 660 user haproxy group adm level admin expose-fd listeners\n stats timeout 30s\n stats maxconn 5",
  );
  expect(told).toEqual([]);
  expect(haproxy).toEqual({
    sockets: [{ listen: "unix:/run/haproxy/admin.sock", mode: "660", user: "haproxy", group: "adm", level: "admin" }],
    ...{ timeout: "30s", connections: 5 },
    proxies: [
      { name: "web", listeners: ["web"] },
      { name: "app", pool: "app", servers: [{ name: "a", server: "10.0.0.1:80" }] },
    ],
  });
});

test("an address of this machine is one too, of which that is told; one that others reach is left out, and why", () => {
  const local = tried(" stats socket ipv4@127.0.0.1:9999 level admin");
  expect(local.haproxy?.sockets).toEqual([{ listen: "127.0.0.1:9999", level: "admin" }]);
  expect(local.told).toEqual([
    "2:2 warning is approximated: every user of this machine may give commands there, as in HAProxy, for no password is asked for; a path with a mode has an owner",
  ]);
  const { haproxy, told } = tried(" stats socket ipv4@*:9999 level admin");
  expect(haproxy).toBeUndefined();
  expect(told[0]).toStartWith(
    "2:2 warning is approximated: it is left out: whoever reaches that address would control",
  );
  expect(tried(" stats socket fd@3").told[0]).toStartWith(
    "2:2 warning is approximated: it is left out: sockets are not",
  );
});

test("what HAProxy does not take is told", () => {
  const told = [
    ...[
      " stats socket",
      " stats socket /x level root",
      " stats socket /x mode rw",
      " stats socket nowhere",
      " stats x y",
    ],
    " stats socket /x mode",
  ].map((line) => tried(line).told[0]);
  expect(told.map((line) => line?.split(" ").slice(0, 2).join(" "))).toEqual([
    ...["2 error", "2:4 error", "2:4 error", "2:2 error", "2:1 error", "2:3 error"],
  ]);
});

test("two addresses of a frontend are two listeners under one name, and names that are none here are found again", () => {
  const text =
    "frontend my:web\n mode http\n bind :8080\n bind :8443\n stick-table type ip size 1k store gpc0\n http-request track-sc0 src\n default_backend app\nbackend app\n mode http\n server a 10.0.0.1:80\n server b 10.0.0.1:80\n";
  expect(tried(" stats socket /x", text).haproxy?.proxies).toEqual([
    { name: "my:web", listeners: ["my-web", "my-web-2"], table: "my-web" },
    {
      ...{ name: "app", pool: "app" },
      servers: [
        { name: "a", server: "10.0.0.1:80" },
        { name: "b", server: "10.0.0.1:80" },
      ],
    },
  ]);
});

test("what comes out is a config of ours", () => {
  const { input } = translateHaproxy(
    `global\n stats socket /x mode 666\n${rest}`,
    "/etc/haproxy.cfg",
    {},
    translateRules,
  );
  const { config, findings } = judge(input);
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(config?.admin.haproxy).toMatchObject({ timeout: "10s", connections: 10, pages: [] });
  expect(config?.admin.haproxy?.sockets).toEqual([{ listen: "unix:/x", mode: "666", level: "operator" }]);
});
