import { expect, test } from "bun:test";
import { readToml } from "../toml.ts";
import { judgeForeign, judgeForeignText } from "./foreign.ts";
import { reportOf } from "./report.ts";

test("of lines, each is told with what is to be known of it", () => {
  const text = `global
  daemon
  stats socket /run/x
listen web
  bind :80
  timeout client 1s
  timeout server 1s
  timeout connect 1s
  server a 127.0.0.1:81 minconn 5 on-marked-down shutdown-sessions
  lua
`;
  const judgement = judgeForeignText(text, "haproxy.cfg", {});
  const lines = reportOf(judgement, judgement.places);
  expect(lines.map(({ line, verdict, keyword }) => [line, verdict, keyword])).toEqual([
    [1, "kept", "global"],
    [2, "kept", "daemon"],
    [3, "kept", "stats socket"],
    [4, "kept", "listen"],
    [5, "kept", "bind"],
    [6, "kept", "timeout client"],
    [7, "kept", "timeout server"],
    [8, "kept", "timeout connect"],
    [9, "approximated", "server"],
    [10, "refused", "lua"],
  ]);
  expect(lines[1]?.remarks).toEqual(["Sluice stays in the foreground; a service manager, or a container, does this"]);
  expect(lines[8]).toMatchObject({
    column: 3,
    source: "server a 127.0.0.1:81 minconn 5 on-marked-down shutdown-sessions",
    remarks: [
      "minconn: a server's maxconn is its limit at every load",
      "on-marked-down: connections that are open stay when a server's state changes",
    ],
  });
});

test("of a tree, each key is told at its place", () => {
  const document = readToml(`[logging]
output = "/var/log/gobetween.log"
[servers.a]
bind = ":1"
balance = "leastbandwidth"
[servers.a.discovery]
kind = "static"
static_list = ["a:1"]
`);
  if (!document.ok) throw new Error("the test's TOML cannot be read");
  const judgement = judgeForeign(document.value, {})!;
  const lines = reportOf(judgement, document.places).map(({ line, verdict, keyword }) => [line, verdict, keyword]);
  expect(lines).toEqual([
    [2, "approximated", "logging.output"],
    [4, "kept", "servers.a.bind"],
    [5, "kept", "servers.a.balance"],
    [7, "kept", "servers.a.discovery.kind"],
    [8, "kept", "servers.a.discovery.static_list"],
  ]);
});
