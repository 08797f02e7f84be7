import { expect, test } from "bun:test";
import type { Socket } from "bun";
import { serverTls } from "../../../test/runtime/tls.ts";
import { serverProblem } from "./judge.ts";

const nowMs = Date.UTC(2026, 10, 21);

/** A socket as far as it is asked here; what a certificate says of itself is as the runtime writes it. */
function socketWith(certificate: object | undefined, isResumed = false): Socket<unknown> {
  const socket = { isSessionReused: () => isResumed, getPeerCertificate: () => certificate };
  return socket as unknown as Socket<unknown>;
}

const good = {
  subject: { CN: "a.test" },
  issuer: { CN: "Test CA" },
  subjectaltname: "DNS:a.test, DNS:*.b.test, IP Address:192.0.2.1",
  valid_from: "Nov  1 00:00:00 2026 GMT",
  valid_to: "Dec  1 00:00:00 2026 GMT",
};

const problemOf = (serverName: string, certificate: object | undefined = good): string | null =>
  serverProblem(socketWith(certificate), { ...serverTls, serverName }, null, nowMs);

test("a certificate is good for the names and addresses that stand in it", () => {
  expect(["a.test", "x.b.test", "192.0.2.1"].map((name) => problemOf(name))).toEqual([null, null, null]);
  expect(problemOf("x.y.b.test")).toBe("its certificate is for a.test, *.b.test, 192.0.2.1, not for x.y.b.test");
  expect(problemOf("192.0.2.2")).toContain("not for 192.0.2.2");
});

test("a common name counts only where there are no other names", () => {
  const { subjectaltname: _, ...old } = good;
  expect(problemOf("a.test", old)).toBeNull();
  expect(problemOf("c.test", { ...old, subject: { CN: "b.test" } })).toBe(
    "its certificate is for b.test, not for c.test",
  );
});

test("what is wrong with the chain is said before what is wrong with the name", () => {
  const error = { message: "certificate has expired", code: "CERT_HAS_EXPIRED" };
  const expired = { ...good, valid_to: "Nov 20 00:00:00 2026 GMT" };
  expect(serverProblem(socketWith(expired), { ...serverTls, serverName: "c.test" }, error, nowMs)).toBe(
    "its certificate expired 1 day ago",
  );
  // A session that is resumed has been judged, unless there is a verdict against it.
  expect(serverProblem(socketWith(expired, true), serverTls, error, nowMs)).not.toBeNull();
  expect(serverProblem(socketWith(undefined, true), serverTls, null, nowMs)).toBeNull();
});

test("names are judged here: the runtime takes that of a proxy in between for the server's", () => {
  const error = { message: "altnames", code: "ERR_TLS_CERT_ALTNAME_INVALID" };
  const told = (serverName: string) => serverProblem(socketWith(good), { ...serverTls, serverName }, error, nowMs);
  expect(told("192.0.2.1")).toBeNull();
  expect(told("192.0.2.2")).toContain("not for 192.0.2.2");
  // Where no name is given here, the runtime's word counts.
  expect(told("")).not.toBeNull();
});

test("without a certificate there is nothing to trust, and without verification nothing to judge", () => {
  expect(serverProblem(socketWith(undefined), serverTls, null, nowMs)).toBe("it showed no certificate");
  expect(serverProblem(socketWith(undefined), { ...serverTls, verify: false }, null, nowMs)).toBeNull();
});
