// What is waited for, and how long, was measured at HAProxy 2.6 with clients that say nothing, that send a ClientHello, and others.

import { expect, test } from "bun:test";
import { tried } from "./translated.fixture.ts";

const toTls = "use_backend tls if { req.ssl_hello_type 1 }";
const awaited = "tcp-request content accept if { req.ssl_hello_type 1 }";
const delay = "tcp-request inspect-delay 2s";

/** How long the listener waits for a ClientHello, as is written for it or for all; and what is told. */
function waiting(front: readonly string[], back: readonly string[] = []): (string | undefined)[] {
  const { input, told } = tried(`defaults
 timeout client 20s
 timeout server 20s
 timeout connect 1s
frontend front
 bind :1
 ${front.join("\n ")}
 default_backend plain
backend tls
 server a a:1
backend plain
 ${back.join("\n ")}
 server a a:1`);
  const timeouts = { ...input.timeouts, ...input.listeners["front"]?.timeouts };
  return [timeouts.handshake, ...told];
}

test("a ClientHello is waited for as long as inspect-delay says, whichever way rules ask for one", () => {
  expect(waiting([delay, awaited, toTls])).toEqual(["2s"]);
  expect(waiting([delay, "tcp-request content accept if { req_ssl_sni -m found }", toTls])).toEqual(["2s"]);
  expect(waiting([delay, "acl is_tls req.ssl_hello_type 1", "tcp-request content reject if !is_tls"])).toEqual(["2s"]);
  expect(waiting([delay, "tcp-request content accept if { src 10.0.0.1 }"])).toEqual([undefined]);
});

test("the delay of a backend that asks comes after the frontend's", () => {
  const asked = ["tcp-request inspect-delay 3s", "tcp-request content reject if { req.ssl_hello_type 1 }"];
  expect(waiting([delay], asked)).toEqual(["3s"]);
  expect(waiting([delay, awaited], asked)).toEqual(["5s"]);
});

test("where HAProxy waits for none, that is told", () => {
  const told =
    "warning front is approximated: a ClientHello that its rules ask for is waited for; HAProxy waits by tcp-request inspect-delay together with a rule of tcp-request content that asks for it";
  expect(waiting([delay, toTls])).toEqual(["2s", `5:10 ${told}`]);
  expect(waiting([awaited, toTls])).toEqual(["20s", `5:10 ${told}`]);
});

test("with TLS of the listener's own nothing but its handshake is waited for", () => {
  const { input, told } = tried(`defaults
 timeout client 20s
 timeout server 20s
 timeout connect 1s
listen front
 bind :1 ssl crt a.pem
 tcp-request inspect-delay 2s
 tcp-request content reject unless { ssl_fc_sni a.test }
 server a a:1`);
  const timeouts = { ...input.timeouts, ...input.listeners["front"]?.timeouts };
  expect([timeouts.handshake, told]).toEqual(["20s", []]);
});

test("WAIT_END delays nobody, and says so", () => {
  const told =
    "warning tcp-request content is approximated: nothing waits for the end of inspect-delay: WAIT_END holds once what other rules ask for is there";
  expect(waiting([delay, "tcp-request content accept if WAIT_END"])).toEqual([undefined, `8:2 ${told}`]);
  expect(waiting([delay, "tcp-request content accept if WAIT_END", toTls])).toEqual(["2s", `8:2 ${told}`]);
  expect(waiting(["tcp-request content accept if WAIT_END"])).toEqual([undefined]);
});

test("behind TLS of the listener's own HAProxy never finds a ClientHello, which is told of each word that asks", () => {
  const never =
    "is approximated: behind bind with ssl it never matches in HAProxy, which looks inside of TLS; here it asks for the handshake's own, as ssl_fc_sni does";
  const toldOf = (bind: string, fetch: string): unknown =>
    tried(`defaults
 timeout client 20s
 timeout server 20s
 timeout connect 1s
frontend front
 bind :1${bind}
 acl a_test ${fetch} -i a.test
 tcp-request content reject if !a_test
 default_backend plain
backend plain
 use-server a if { ${fetch} b.test }
 tcp-request content reject if { ${fetch} c.test }
 server a a:1`).told.filter((line) => line.includes("never matches"));
  const secure = " ssl crt a.pem";
  expect(toldOf(secure, "req.ssl_sni")).toEqual([
    `7:13 warning req.ssl_sni ${never}`,
    `11:20 warning req.ssl_sni ${never}`,
    `12:34 warning req.ssl_sni ${never}`,
  ]);
  expect([toldOf(secure, "ssl_fc_sni"), toldOf("", "req.ssl_sni")]).toEqual([[], []]);
});
