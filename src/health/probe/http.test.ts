import { expect, test } from "bun:test";
import { Prng } from "../../base/prng.ts";
import { HttpAnswer, type HttpPlan, requestOf } from "./http.ts";
import type { ProbeResult } from "./result.ts";

const http: HttpPlan = {
  method: "GET",
  path: "/healthz?full=1",
  host: "shop.test",
  expect: [
    { from: 200, to: 299 },
    { from: 401, to: 401 },
  ],
};

const encode = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** Told whole, byte by byte and at random splits; all must agree. */
function answer(text: string): ProbeResult | null {
  const prng = new Prng(text.length);
  const whole = new HttpAnswer(http).received(encode(text));
  for (const size of [() => 1, () => 1 + prng.below(9), () => 1 + prng.below(200)]) {
    const probe = new HttpAnswer(http);
    let result: ProbeResult | null = null;
    for (let at = 0; at < text.length && result === null; ) {
      const end = Math.min(text.length, at + size());
      result = probe.received(encode(text.slice(at, end)));
      at = end;
    }
    expect(result).toEqual(whole);
  }
  return whole;
}

test("the request is complete, asks for a close and says who asks", () => {
  expect(new TextDecoder().decode(requestOf(http))).toBe(
    "GET /healthz?full=1 HTTP/1.1\r\nHost: shop.test\r\nUser-Agent: sluice-check\r\nAccept: */*\r\nConnection: close\r\n\r\n",
  );
});

test("an expected status is healthy as soon as its line is whole", () => {
  expect(answer("HTTP/1.1 200 OK\r\n")).toEqual({ isHealthy: true, reason: "status 200", status: 200 });
  expect(answer("HTTP/1.0 204 \r\nX: y\r\n\r\nrest")?.isHealthy).toBe(true);
  expect(answer("HTTP/1.1 299\r\n")?.isHealthy).toBe(true);
  expect(answer("HTTP/1.1 401 Nicht berechtigt \xfc\r\n")?.isHealthy).toBe(true);
  expect(answer("HTTP/1.1 200 OK")).toBeNull();
  expect(answer("HTTP/1.1 200 OK\r")).toBeNull();
});

test("another status is unhealthy and named", () => {
  expect(answer("HTTP/1.1 503 Service Unavailable\r\n")).toEqual({
    isHealthy: false,
    reason: "status 503 is not expected",
    status: 503,
  });
  expect(answer("HTTP/1.1 101 Switching Protocols\r\n\r\n")?.status).toBe(101);
});

test("interim responses are read over", () => {
  expect(
    answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n"),
  ).toEqual({
    isHealthy: true,
    reason: "status 200",
    status: 200,
  });
  expect(answer("HTTP/1.1 100 Continue\r\n\r\n")).toBeNull();
});

test("garbage is refused at its first wrong byte, without waiting for a line", () => {
  for (const text of [
    "SSH-2.0-OpenSSH_9.2p1\r\n",
    "\x15\x03\x01\x00\x02\x02\x46",
    "HTTP/2",
    "http/1.1 200 OK\r\n",
    "\r\n",
    " ",
  ]) {
    const result = answer(text);
    expect([text, result?.isHealthy, result?.status]).toEqual([text, false, null]);
  }
});

test("malformed status lines are refused", () => {
  const lines = [
    "HTTP/1.2 200 OK\r\n",
    "HTTP/1.1  200 OK\r\n",
    "HTTP/1.1 20 OK\r\n",
    "HTTP/1.1 2000 OK\r\n",
    "HTTP/1.1 2a0 OK\r\n",
    "HTTP/1.1 -20 OK\r\n",
    "HTTP/1.1 099 OK\r\n",
    "HTTP/1.1 600 OK\r\n",
    "HTTP/1.1\t200 OK\r\n",
    "HTTP/1.1 200OK\r\n",
    "HTTP/1.1 200 O\x00K\r\n",
    "HTTP/1.1 200 O\rK\r\n",
    "HTTP/1.1 200 OK\n",
    "HTTP/1.1 \r\n",
    "HTTP/1.\r\n",
    "HTTP/1.1 100 Continue\r\nA: b\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nnonsense",
  ];
  for (const line of lines) expect([line, answer(line)?.isHealthy]).toEqual([line, false]);
});

test("a line without end and interim responses without end are cut off", () => {
  expect(answer(`HTTP/1.1 200 ${"x".repeat(10_000)}`)?.reason).toBe("a line of the response is too long");
  expect(answer("HTTP/1.1 100 Continue\r\n\r\n".repeat(3000))?.reason).toBe("the response never comes to its status");
  expect(answer(`HTTP/1.1 100 Continue\r\n${`X: ${"y".repeat(1000)}\r\n`.repeat(80)}`)?.isHealthy).toBe(false);
});

test("a close before an answer, a close inside one, and silence are told apart", () => {
  const probe = new HttpAnswer(http);
  expect(probe.ended().reason).toBe("the server closed without a response");
  probe.received(encode("HTTP/1.1 2"));
  expect(probe.ended().reason).toBe("the server closed inside its response");
  expect(probe.expired()).toEqual({ isHealthy: false, reason: "no response in time", status: null });
});

test("any bytes at all end in a result or in a wish for more, alike however they are split", () => {
  const prng = new Prng(77);
  const parts = [
    "HTTP/1.1 ",
    "200",
    " OK",
    "\r\n",
    "\n",
    "\r",
    "100 Continue",
    "\x00",
    "a: b",
    "HTTP/1.0 500 x\r\n",
    "\xff",
  ];
  for (let round = 0; round < 1000; round++)
    answer(Array.from({ length: prng.below(12) }, () => parts[prng.below(parts.length)]!).join(""));
});
