import { expect, test } from "bun:test";
import { shownServer, withoutSecrets } from "./server.ts";

const list = { "discovery.kind": "static", "discovery.static_list": ["a:1"] };

test("gobetween's defaults are filled in, and sections that are not there are null", () => {
  expect(shownServer({ bind: ":3000", ...list }, {})).toEqual({
    ...{ max_connections: 0, client_idle_timeout: "0", backend_idle_timeout: "0", backend_connection_timeout: "0" },
    ...{ bind: ":3000", protocol: "tcp", balance: "weight" },
    ...{ sni: null, tls: null, backends_tls: null, udp: null, access: null, proxy_protocol: null },
    discovery: { kind: "static", failpolicy: "keeplast", interval: "0", timeout: "0", static_list: ["a:1"] },
    healthcheck: { kind: "none", interval: "0", passes: 1, fails: 1, timeout: "0" },
  });
});

test("the file's own defaults come before those, and what the server says before both", () => {
  const general = { "defaults.max_connections": 7, "defaults.client_idle_timeout": "3s", "api.enabled": true };
  const server = shownServer({ bind: ":1", max_connections: 9, backend_idle_timeout: "", ...list }, general);
  expect(server).toMatchObject({ max_connections: 9, client_idle_timeout: "3s", backend_idle_timeout: "0" });
  expect(server).not.toHaveProperty("enabled");
});

test("sni and udp have theirs where they are", () => {
  expect(shownServer({ protocol: "udp", ...list }, {})["udp"]).toEqual({ max_requests: 0, max_responses: 0 });
  expect(shownServer({ "sni.read_timeout": "5s", ...list }, {})["sni"]).toEqual({
    hostname_matching_strategy: "exact",
    unexpected_hostname_strategy: "default",
    read_timeout: "5s",
  });
});

test("secrets are not shown", () => {
  expect(
    withoutSecrets({ "api.basic_auth.password": "x", "discovery.consul_acl_token": "y", "discovery.kind": "consul" }),
  ).toEqual({
    "api.basic_auth.password": "(redacted)",
    "discovery.consul_acl_token": "(redacted)",
    "discovery.kind": "consul",
  });
});
