import { expect, test } from "bun:test";
import { makeClient, makeClientTls } from "../../test/playbook/client.ts";
import { octetsOf } from "../../test/playbook/memory.ts";
import { Playbook } from "../../test/playbook.ts";
import { field } from "../rules/fields.ts";
import { Guest, joined } from "./guest.ts";
import type { Client } from "./port.ts";

function guestOf(client: Client): Guest {
  const play = new Playbook();
  return new Guest(play.context, play.context.site.listeners[0]!, client);
}

test("a client is asked for all that is known of it", () => {
  const tls = makeClientTls({ serverName: "a.test", alpn: "h2", subject: "CN=a", fingerprint: "ab", isResumed: true });
  const guest = guestOf(makeClient("192.0.2.1", { port: 5, peerAddress: "2001:db8::1", tls, ja4: "t13d" }));
  expect(guest.field(field.src)).toEqual(octetsOf("192.0.2.1"));
  expect(guest.field(field.src)).toBe(guest.field(field.src));
  expect(guest.field(field.peer)).toEqual(octetsOf("2001:db8::1"));
  expect(guest.field(field.dst)).toEqual(octetsOf("198.51.100.1"));
  const asked = [
    field.srcPort,
    field.dstPort,
    field.listener,
    field.secure,
    field.tlsSni,
    field.tlsVersion,
    field.tlsCipher,
    field.tlsAlpn,
    field.tlsSubject,
    field.tlsFingerprint,
    field.tlsResumed,
    field.tlsJa4,
  ];
  expect(asked.map((one) => guest.field(one))).toEqual([
    5,
    80,
    "web",
    true,
    "a.test",
    "1.3",
    "TLS_AES_128_GCM_SHA256",
    "h2",
    "CN=a",
    "ab",
    true,
    "t13d",
  ]);
});

test("what a client without TLS, or on a unix socket, does not have is absent", () => {
  const guest = guestOf(makeClient("unix", { port: 0, localAddress: "unix", localPort: 0, peerAddress: "unix" }));
  const absent = Object.entries(field).filter(([name]) => !["listener", "secure", "tlsHello"].includes(name));
  expect(absent.filter(([, one]) => guest.field(one) !== null)).toEqual([]);
  expect([guest.field(field.secure), guest.field(field.tlsHello)]).toEqual([false, false]);
});

test("what TLS has shown beyond ASCII is its UTF-8, like all text of an expression", () => {
  const tls = makeClientTls({ serverName: "\u0161.test", subject: "CN=J\u00fcrgen,O=\u0161d" });
  const guest = guestOf(makeClient("192.0.2.1", { tls }));
  expect(guest.field(field.tlsSubject)).toBe("CN=J\xc3\xbcrgen,O=\xc5\xa1d");
  expect(guest.field(field.tlsSni)).toBe("\xc5\xa1.test");
});

test("variables are those that were set, and what is logged is bounded", () => {
  const guest = guestOf(makeClient());
  expect(guest.variable("a")).toBeNull();
  guest.setVariable("a", 0);
  expect(guest.variable("a")).toBe(0);
  guest.log("rule", "one");
  guest.log("rule", "two");
  expect(guest.notes).toBe("one; two");
  expect(joined("x".repeat(1020), "yyy")).toHaveLength(1024);
});
