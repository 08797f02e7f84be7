import { expect, test } from "bun:test";
import { type FaultCode, fault, faultCodes, faultWith } from "../../base/fault.ts";
import { blameOf, isOurs, portsTaken, type Road, tooManyHang } from "./blame.ts";

const all = (code: FaultCode): (string | null)[] =>
  (["direct", "member", "hop"] as const).map((road: Road) => blameOf(fault(code), road));

test("what goes wrong before a connection to the member stands is the member's, from an address of ours it is the way's", () => {
  expect(all("connect_refused")).toEqual(["way", "member", "member"]);
  expect(all("connect_timeout")).toEqual(["way", "member", "member"]);
  expect(all("tls_refused")).toEqual(["target", "member", "target"]);
  expect(all("source_unusable")).toEqual(["member", "member", "member"]);
  expect(all("hop_refused")).toEqual(["member", "member", "member"]);
  expect(all("hop_unreachable")).toEqual(["way", "way", "way"]);
});

test("silence and a close are the target's where it is connected to, what breaks inside of an answer is nobody's", () => {
  for (const code of ["server_closed", "response_timeout"] as const)
    expect(all(code)).toEqual(["target", "way", "target"]);
  expect([all("truncated_response"), all("read_timeout")].flat()).toEqual(new Array(6).fill("nobody"));
});

test("what is no answer is the way's where it comes by a member, and of the two through its tunnel; of a server like a 5xx", () => {
  expect(all("bad_response")).toEqual(["nobody", "way", "target"]);
});

test("of clients, and of ourselves, nothing is learnt of a member", () => {
  for (const code of faultCodes) {
    const { side } = fault(code);
    if (side !== "upstream") expect([code, blameOf(fault(code), "direct")]).toEqual([code, null]);
  }
  for (const reason of ["EMFILE", "ENFILE", tooManyHang])
    expect(blameOf(faultWith("connect_timeout", reason), "member")).toBeNull();
  expect(blameOf(fault("name_unresolved"), "direct")).toBeNull();
  // Whoever opens so many connections that an address has no port left must not have it be unavailable to all.
  expect(blameOf(faultWith("source_unusable", "EADDRINUSE"), "direct")).toBeNull();
  expect(blameOf(faultWith("source_unusable", "EADDRNOTAVAIL"), "direct")).toBe("source");
  expect(blameOf(faultWith("source_unusable", "EINVAL"), "direct")).toBe("member");
  expect(blameOf(faultWith("source_unusable", portsTaken), "direct")).toBeNull();
});

test("what this machine has no room for is its own: nobody has failed", () => {
  for (const reason of ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EADDRINUSE", portsTaken]) {
    expect([reason, isOurs(faultWith("connect_refused", reason))]).toEqual([reason, true]);
    expect(isOurs(faultWith("source_unusable", reason))).toBe(true);
  }
  expect(isOurs(fault("connect_refused"))).toBe(false);
  expect(isOurs(faultWith("connect_refused", "ECONNREFUSED"))).toBe(false);
  // There is no address that leads there, or not the one that was to be used: the server cannot be had from here.
  expect(isOurs(faultWith("connect_refused", "EADDRNOTAVAIL"))).toBe(false);
  expect(isOurs(faultWith("source_unusable", "EADDRNOTAVAIL"))).toBe(false);
  // That is for the server to answer.
  expect(isOurs(faultWith("connect_timeout", tooManyHang))).toBe(false);
  expect(isOurs(faultWith("bad_response", "EMFILE"))).toBe(false);
});
