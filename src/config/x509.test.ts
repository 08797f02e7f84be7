import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { pem } from "../base/der.ts";
import { certificateRequest, selfSigned } from "./x509.ts";

const keys: readonly (readonly [string, KeyObject])[] = [
  ["ECDSA", generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey],
  ["RSA", generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey],
];

for (const [kind, key] of keys) {
  test.skipIf(Bun.which("openssl") === null)(
    `openssl understands a request with a key of ${kind}, and finds it signed`,
    () => {
      const input = pem("CERTIFICATE REQUEST", certificateRequest(["a.example", "www.a.example"], key));
      const { stdout, stderr } = spawnSync("openssl", ["req", "-noout", "-text", "-verify"], {
        input,
        encoding: "utf8",
      });
      expect(`${stdout}${stderr}`).toContain("verify OK");
      expect(stdout).toContain("DNS:a.example, DNS:www.a.example");
    },
  );

  test(`a certificate that signs itself with a key of ${kind} is read by the runtime, and is for its names`, () => {
    const bytes = selfSigned({
      ...{ commonName: "nobody", names: ["a.example"], key, serial: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
      ...{ notBeforeMs: Date.UTC(2026, 0, 1), notAfterMs: Date.UTC(2060, 0, 1) },
    });
    const x509 = new X509Certificate(pem("CERTIFICATE", bytes));
    expect(x509.subject).toBe("CN=nobody");
    expect(x509.subjectAltName).toBe("DNS:a.example");
    expect(x509.checkIssued(x509) && x509.verify(x509.publicKey) && !x509.ca).toBe(true);
    expect(new Date(x509.validTo).getUTCFullYear()).toBe(2060);
    expect(x509.checkPrivateKey(key)).toBe(true);
  });
}

test("a name that is longer than a common name may be is cut there, and whole among the others", () => {
  const long = `${"a".repeat(60)}.${"b".repeat(60)}.example`;
  const [, key] = keys[0]!;
  const serial = new Uint8Array(8).fill(1);
  const of = { commonName: long, names: [long], key, serial, notBeforeMs: 0, notAfterMs: 1e12 };
  const x509 = new X509Certificate(pem("CERTIFICATE", selfSigned(of)));
  expect(x509.subject).toBe(`CN=${long.slice(0, 64)}`);
  expect(x509.subjectAltName).toBe(`DNS:${long}`);
});
