import { expect, test } from "bun:test";
import { createSecureContext } from "node:tls";
import { opensslName } from "./cipher.ts";

const known = [
  "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
  "TLS_RSA_WITH_AES_128_CBC_SHA",
  "TLS_RSA_WITH_AES_256_CBC_SHA",
  "TLS_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
  "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
  "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
  "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
];

test("each name that we give is one that the runtime's TLS takes", () => {
  for (const suite of known) {
    const name = opensslName(suite);
    expect(name).not.toBeNull();
    expect(() => createSecureContext({ ciphers: name ?? "" })).not.toThrow();
  }
});

test("a suite that is not spoken any more has none", () => {
  for (const suite of ["TLS_RSA_WITH_RC4_128_SHA", "TLS_AES_128_GCM_SHA256", "AES128-SHA", ""])
    expect(opensslName(suite)).toBeNull();
});

test("names that every object has are no suites", () => {
  expect(opensslName("constructor")).toBeNull();
});
