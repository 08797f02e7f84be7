import { expect, test } from "bun:test";
import { certificateProblem, handshakeProblem, isTlsCode } from "./handshake.ts";

const day = 86_400_000;
const nowMs = Date.UTC(2030, 5, 15, 12);
const shown = { names: ["a.test"], issuer: "Test CA", notBeforeMs: nowMs - 30 * day, notAfterMs: nowMs + 30 * day };

test("an expired certificate says since when", () => {
  const expired = (agoMs: number): string =>
    certificateProblem("CERT_HAS_EXPIRED", { ...shown, notAfterMs: nowMs - agoMs }, "a.test", nowMs);
  expect(expired(3.5 * day)).toBe("its certificate expired 3 days ago");
  expect(expired(day)).toBe("its certificate expired 1 day ago");
  expect(expired(day - 1)).toBe("its certificate expired 23 hours ago");
  expect(expired(60_000)).toBe("its certificate expired 1 minute ago");
  expect(expired(0)).toBe("its certificate expired a moment ago");
  expect(certificateProblem("CERT_HAS_EXPIRED", shown, "a.test", nowMs)).toBe("a certificate in its chain has expired");
});

test("a certificate from the future says from when on it holds", () => {
  const future = { ...shown, notBeforeMs: Date.UTC(2031, 0, 2) };
  expect(certificateProblem("CERT_NOT_YET_VALID", future, "a.test", nowMs)).toBe(
    "its certificate is not valid before 2031-01-02",
  );
  expect(certificateProblem("CERT_NOT_YET_VALID", shown, "a.test", nowMs)).toContain("in its chain");
});

test("distrust says of whom", () => {
  const problem = (code: string): string => certificateProblem(code, shown, "a.test", nowMs);
  expect(problem("DEPTH_ZERO_SELF_SIGNED_CERT")).toStartWith("its certificate is self-signed");
  expect(problem("SELF_SIGNED_CERT_IN_CHAIN")).toBe(
    "its certificate comes from an authority that is not trusted (issued by Test CA)",
  );
  expect(problem("UNABLE_TO_VERIFY_LEAF_SIGNATURE")).toContain("or its chain is incomplete (issued by Test CA)");
  expect(problem("CERT_SIGNATURE_FAILURE")).toBe("its certificate is not accepted: cert signature failure");
});

test("a wrong name says which names are right", () => {
  const problem = (...names: string[]): string =>
    certificateProblem("ERR_TLS_CERT_ALTNAME_INVALID", { ...shown, names }, "b.test", nowMs);
  expect(problem("a.test")).toBe("its certificate is for a.test, not for b.test");
  expect(problem("1.test", "2.test", "3.test", "4.test", "5.test")).toBe(
    "its certificate is for 1.test, 2.test, 3.test and 2 more, not for b.test",
  );
  expect(problem()).toBe("its certificate is for no name, not for b.test");
  // An address that stands in it as a DNS name does not count.
  expect(problem("b.test")).toBe("its certificate names b.test as a DNS name, not as the IP address that it is");
});

test("alerts and errors of the handshake are said in words, unknown ones as they are", () => {
  expect(handshakeProblem("ERR_SSL_WRONG_VERSION_NUMBER")).toBe("what answers there does not speak TLS");
  expect(handshakeProblem("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION")).toContain("TLS versions");
  expect(handshakeProblem("ERR_SSL_UNSUPPORTED_PROTOCOL")).toContain("TLS versions");
  expect(handshakeProblem("ERR_SSL_TLSV1_ALERT_CERTIFICATE_REQUIRED")).toContain("was shown none");
  expect(handshakeProblem("ERR_SSL_TLSV1_ALERT_UNKNOWN_CA")).toBe("it refused the client certificate");
  expect(handshakeProblem("ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED")).toBe("it refused the client certificate");
  expect(handshakeProblem("ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL")).toContain("`alpn`");
  expect(handshakeProblem("ERR_SSL_TLSV1_UNRECOGNIZED_NAME")).toContain("serverName");
  expect(handshakeProblem("ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE")).toContain("no cipher is in common");
  expect(handshakeProblem("ECONNRESET")).toBe("it closed inside the TLS handshake");
  expect(handshakeProblem("")).toBe("it closed inside the TLS handshake");
  expect(handshakeProblem("ERR_SSL_DECODE_ERROR")).toBe("the TLS handshake failed: decode error");
});

test("codes of the TLS library are told from the system's", () => {
  expect(isTlsCode("ERR_SSL_TLSV1_ALERT_CERTIFICATE_REQUIRED")).toBe(true);
  expect(isTlsCode("ECONNRESET")).toBe(false);
});

test("what a certificate says begins no line, gives no orders to a terminal, and is short", () => {
  const hostile = { ...shown, names: ["a\nb\u001b[31m", "c\u0085d\u202ee", "x".repeat(5000)], issuer: "f\r\ng" };
  expect(certificateProblem("ERR_TLS_CERT_ALTNAME_INVALID", hostile, "a.test", nowMs)).toBe(
    `its certificate is for a?b?[31m, c?d?e, ${"x".repeat(100)}…, not for a.test`,
  );
  expect(certificateProblem("SELF_SIGNED_CERT_IN_CHAIN", hostile, "a.test", nowMs)).toContain("(issued by f??g)");
});
