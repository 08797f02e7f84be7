import { expect, test } from "bun:test";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { placeholderFor } from "./placeholder.ts";

test("it is for the names, signs itself, says what it is, and is the same when it is asked for again", () => {
  const nowMs = Date.UTC(2026, 0, 1);
  const made = placeholderFor(["a.example", "b.example"], nowMs);
  const x509 = new X509Certificate(made.chain.text);
  expect(x509.subject).toBe("CN=Sluice: no certificate yet");
  expect(x509.subjectAltName).toBe("DNS:a.example, DNS:b.example");
  expect(x509.checkPrivateKey(createPrivateKey(made.key.text))).toBe(true);
  expect(Date.parse(x509.validFrom)).toBeLessThan(nowMs);
  expect(made).toMatchObject({ source: "placeholder", file: "acme:a.example", names: ["a.example", "b.example"] });
  expect(placeholderFor(["b.example", "a.example"], nowMs + 1)).toBe(made);
  expect(placeholderFor(["c.example"], nowMs).chain.id).not.toBe(made.chain.id);
});
