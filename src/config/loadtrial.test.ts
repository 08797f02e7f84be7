import { afterAll, expect, test } from "bun:test";
import { Authority } from "../../test/authority.ts";
import { judge } from "./judge.ts";
import { certificateRefusal, reviewCiphers } from "./loadtrial.ts";
import { keyText } from "./problem.ts";

const authority = new Authority();
afterAll(() => authority[Symbol.dispose]());

test("a certificate with its key is taken; what is not is said in words, without numbers", () => {
  const [a, b] = [authority.issue(["DNS:a.test"]), authority.issue(["DNS:b.test"])];
  expect(certificateRefusal(a.cert, a.key)).toBeNull();
  expect(certificateRefusal(a.cert, b.key)).toBe("cannot be used for TLS here: key values mismatch");
});

function said(listener: string | undefined, pool?: string, server?: string): string[] {
  const { config, findings } = judge({
    listeners: { web: { listen: "127.0.0.1:0", use: "app", tls: { certificates: ".", ciphers: listener } } },
    pools: {
      app: {
        tls: { ciphers: pool },
        servers: ["127.0.0.1:1", "127.0.0.1:2", { address: "127.0.0.1:3", tls: { ciphers: server } }],
      },
    },
  });
  if (config === null) throw new Error(JSON.stringify(findings));
  return reviewCiphers(config).map(({ severity, path, message }) => `${severity}: ${keyText(path)} ${message}`);
}

test("ciphers that are known, and commands about them, need no words", () => {
  expect(said(undefined)).toEqual([]);
  expect(said("ECDHE-RSA-AES128-GCM-SHA256:ECDHE+AESGCM:!aNULL:-AES256-SHA:@STRENGTH")).toEqual([]);
});

test("a list of ciphers that stands for none is an error, where it stands", () => {
  const why = "cannot be used: no cipher that is known here is among them";
  expect(said("FOO")).toEqual([`error: listeners.web.tls.ciphers ${why}`]);
  expect(said(undefined, "aNULL", "RC4")).toEqual([
    `error: pools.app.tls.ciphers ${why}`,
    `error: pools.app.servers[2].tls.ciphers ${why}`,
  ]);
  expect(said("DEFAULT@SECLEVEL=2")).toEqual(["error: listeners.web.tls.ciphers cannot be used: invalid command"]);
});

test("ciphers of TLS 1.3 alone leave nothing for TLS 1.2, which is told", () => {
  const told =
    "warning: listeners.web.tls.ciphers names ciphers of TLS 1.3 only, which are always there; with no others, TLS 1.2 is not spoken";
  expect(said("TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256")).toEqual([told]);
  expect(said("TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256")).toEqual([]);
});

test("names of ciphers that are not known here are told, for they are passed over", () => {
  expect(said("ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-GCM-SHA256:FOO")).toEqual([
    'warning: listeners.web.tls.ciphers has "DHE-RSA-AES128-GCM-SHA256", "FOO", which are not known here and passed over',
  ]);
});
