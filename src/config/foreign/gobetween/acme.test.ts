import { expect, test } from "bun:test";
import { keyText } from "../../problem.ts";
import { judgeForeign } from "../foreign.ts";
import { translateGobetween } from "./gobetween.ts";

const server = (tls: object, more: object = {}): object => ({
  ...{ bind: ":443", protocol: "tls", tls, discovery: { kind: "static", static_list: ["127.0.0.1:8000"] } },
  ...more,
});
const files = { cert_path: "/etc/a.pem", key_path: "/etc/a.key" };

function told(tree: object): string[] {
  const findings = judgeForeign(tree, {})?.findings ?? [];
  return findings.map(({ severity, path, message }) => `${severity} ${keyText(path)} ${message}`);
}

test("an empty section has gobetween's defaults, and hosts are names of certificates, each its own", () => {
  const { input } = translateGobetween({
    acme: {},
    servers: { web: server({ acme_hosts: ["a.example", "b.example"] }) },
  });
  expect(input).toMatchObject({
    acme: { agreeToTerms: true, folder: "/tmp" },
    listeners: {
      web: { mode: "tcp", tls: { acme: ["a.example", "b.example"] } },
      acme: { listen: "0.0.0.0:80", redirect: { to: "https", status: 302 } },
    },
  });
  expect(told({ acme: {}, servers: { web: server({ acme_hosts: ["a.example"] }) } })).toEqual([
    expect.stringContaining("warning acme.cache_dir is emptied when the machine restarts"),
  ]);
});

test("hosts without the section are passed over, where there are files", () => {
  const withFiles = { servers: { web: server({ acme_hosts: ["a.example"], ...files }) } };
  expect(told(withFiles)[0]).toContain("warning servers.web.tls.acme_hosts is approximated: nothing is asked for");
  expect(translateGobetween(withFiles).input.listeners?.["web"]?.tls).toMatchObject({
    certificates: [{ certificate: "/etc/a.pem", key: "/etc/a.key" }],
  });
  expect(told({ servers: { web: server({ acme_hosts: ["a.example"] }) } })[0]).toContain(
    "error servers.web.tls.acme_hosts needs the section [acme]",
  );
});

test("another challenge is refused, once", () => {
  const tree = { acme: { challenge: "sni" }, servers: { web: server({ acme_hosts: ["a.example"] }) } };
  expect(told(tree)).toEqual([
    expect.stringContaining("error acme.challenge is refused: authorities are answered over HTTP only"),
  ]);
});

test("what is wrong with a host is told at its keyword", () => {
  const tree = { acme: {}, servers: { web: server({ acme_hosts: ["*.a.example"] }) } };
  expect(told(tree)[0]).toMatch(/^error servers\.web\.tls\.acme_hosts.*DNS-01/);
});
