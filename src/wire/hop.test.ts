import { expect, test } from "bun:test";
import type { HopPlan } from "../config/plan.ts";
import { type Hop, type HopStep, hopTo, proxyCredentials } from "./hop.ts";

const plan = (options: Partial<HopPlan> = {}): HopPlan => ({
  protocol: "http",
  host: "a.example",
  port: 443,
  user: "",
  password: "",
  ...options,
});
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
const text = (said: Uint8Array | null): string | null => (said === null ? null : Buffer.from(said).toString("latin1"));

/** In short: what it says, what came behind, or who is to blame. */
function told(step: HopStep): string {
  if (step.kind === "more") return step.say === null ? "more" : `says ${text(step.say)}`;
  return step.kind === "open" ? `open${step.rest === null ? "" : ` ${text(step.rest)}`}` : step.blame;
}

function asked(options: Partial<HopPlan> = {}): Hop {
  const hop = hopTo(plan(options));
  hop.begin();
  return hop;
}

test("CONNECT names the target, and shows the proxy the user that it was named with", () => {
  expect(told(hopTo(plan()).begin())).toBe("says CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n");
  const shown = proxyCredentials("anna", "secret");
  expect(shown).toBe(`Basic ${btoa("anna:secret")}`);
  expect(told(hopTo(plan({ host: "2001:db8::1", user: "anna", password: "secret" })).begin())).toBe(
    `says CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\nProxy-Authorization: ${shown}\r\n\r\n`,
  );
});

test("a tunnel is open behind the head of a 2xx, whatever length that names, and what comes behind is the server's", () => {
  const answers = [
    "HTTP/1.1 200 Connection established\r\n\r\n",
    "HTTP/1.0 200 OK\r\nProxy-Agent: x\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: y\r\ncontent-length: 5\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: many\r\nTransfer-Encoding: gzip\r\nServer: x\r\n\r\n",
    "HTTP/1.0 204 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 7\r\n\r\n",
  ];
  for (const answer of answers) {
    expect(told(asked().received(bytes(answer)))).toBe("open");
    expect(told(asked().received(bytes(`${answer}hello`)))).toBe("open hello");
    const slow = asked();
    for (const byte of bytes(answer).subarray(0, -1)) expect(told(slow.received(Uint8Array.of(byte)))).toBe("more");
    expect(told(slow.received(bytes(`${answer.at(-1)}x`)))).toBe("open x");
  }
});

test("of what is no 2xx, or malformed elsewhere, they are looked at, and a head of nothing else has an end too", () => {
  for (const answer of [
    "HTTP/1.1 502 No\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 5\r\nno field\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length : 5\r\n\r\n",
    `HTTP/1.1 200 OK\r\n${"Content-Length: 1\r\nContent-Length: 2\r\n".repeat(500)}`,
  ])
    expect(told(asked().received(bytes(answer)))).toBe("member");
  // Behind the head it is the server's, whatever that says.
  const whole = bytes("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nContent-Length: 3\r\n\r\nx");
  expect(told(asked().received(whole))).toBe("open Content-Length: 3\r\n\r\nx");
});

test("an answer that may be about the target is the way's, one that is about us, or about CONNECT, the proxy's", () => {
  for (const status of [302, 400, 403, 404, 500, 502, 503, 504])
    expect(told(asked().received(bytes(`HTTP/1.1 ${status} No\r\n\r\n`)))).toBe("way");
  for (const status of [401, 402, 405, 407, 429, 501])
    expect(told(asked().received(bytes(`HTTP/1.1 ${status} No\r\n\r\n`)))).toBe("member");
});

test("what is no answer, or has no end, is the proxy's fault", () => {
  for (const answer of ["SSH-2.0-x\r\n", "HTTP/1.1 200 OK\n\n", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"])
    expect(told(asked().received(bytes(answer)))).toBe("member");
  const endless = asked();
  let last: HopStep = endless.received(bytes("HTTP/1.1 200 OK\r\n"));
  for (let count = 0; count < 20 && last.kind === "more"; count++)
    last = endless.received(bytes(`X-Filler: ${"x".repeat(1000)}\r\n`));
  expect(told(last)).toBe("member");
  const interim = asked().received(bytes("HTTP/1.1 100 Continue\r\n\r\n".repeat(20)));
  expect(told(interim)).toBe("member");
});

test("what can be no answer is the proxy's fault, though it ends no line, and whether or not it closes behind it", () => {
  expect(told(asked().received(new Uint8Array(100)))).toBe("member");
  for (const isLate of [false, true]) {
    const cut = asked();
    expect(told(cut.received(bytes("HTTP/1.1")))).toBe("more");
    expect(told(cut.received(bytes(" x")))).toBe("more");
    expect(cut.broke(isLate)).toEqual({
      kind: "failed",
      blame: "member",
      detail: "its answer to CONNECT is malformed",
    });
    const begun = asked();
    expect(told(begun.received(bytes("HTTP/1.1 200 OK\r\nVia: ")))).toBe("more");
    expect(told(begun.broke(isLate))).toBe("way");
  }
});

test("a proxy that closes without an answer, or is silent, may have met with that at the target", () => {
  expect(told(asked().broke(false))).toBe("way");
  expect(told(asked().broke(true))).toBe("way");
});

const socks = (options: Partial<HopPlan> = {}): HopPlan => plan({ protocol: "socks5", ...options });
const request = "\x05\x01\x00\x03\x09a.example\x01\xbb";
const granted = "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00";

test("SOCKS5 without a user is greeting, request, tunnel", () => {
  const hop = hopTo(socks());
  expect(told(hop.begin())).toBe("says \x05\x01\x00");
  expect(told(hop.received(bytes("\x05")))).toBe("more");
  expect(told(hop.received(bytes("\x00")))).toBe(`says ${request}`);
  expect(told(hop.received(bytes(granted.slice(0, 4))))).toBe("more");
  expect(told(hop.received(bytes(`${granted.slice(4)}hello`)))).toBe("open hello");
});

test("SOCKS5 with a user shows it where it is asked for, and only there", () => {
  const hop = hopTo(socks({ user: "anna", password: "secret" }));
  expect(told(hop.begin())).toBe("says \x05\x02\x00\x02");
  expect(told(hop.received(bytes("\x05\x02")))).toBe("says \x01\x04anna\x06secret");
  expect(told(hop.received(bytes("\x01\x00")))).toBe(`says ${request}`);
  expect(told(hop.received(bytes(granted)))).toBe("open");
  const open = asked(socks({ user: "anna" }));
  expect(told(open.received(bytes("\x05\x00")))).toBe(`says ${request}`);
});

test("SOCKS5: a handshake that fails is the proxy's fault, replies that may be about the target are the way's", () => {
  expect(told(asked(socks()).received(bytes("\x05\xff")))).toBe("member");
  expect(told(asked(socks()).received(bytes("\x05\x02")))).toBe("member");
  expect(told(asked(socks()).received(bytes("HTTP/1.1 400 Bad Request\r\n")))).toBe("member");
  expect(told(asked(socks()).received(bytes("\x05\x00\x05")))).toBe("member");
  const refused = asked(socks({ user: "anna" }));
  refused.received(bytes("\x05\x02"));
  expect(told(refused.received(bytes("\x01\x01")))).toBe("member");
  for (let reply = 1; reply <= 9; reply++) {
    const hop = asked(socks());
    hop.received(bytes("\x05\x00"));
    const isOfWay = reply <= 6 || reply === 8;
    expect(told(hop.received(bytes(`\x05${String.fromCharCode(reply)}\x00\x01\x00\x00\x00\x00\x00\x00`)))).toBe(
      isOfWay ? "way" : "member",
    );
  }
});

test("SOCKS5: silence before the request is the proxy's, behind it the way's", () => {
  expect(told(asked(socks()).broke(true))).toBe("member");
  const hop = asked(socks());
  hop.received(bytes("\x05\x00"));
  expect(told(hop.broke(true))).toBe("way");
  expect(told(hop.broke(false))).toBe("way");
});

test("whatever a proxy says is a step, and cut into bytes it comes to the same", () => {
  let state = 7;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  const pieces = [
    "\x05",
    "\x00",
    "\x02",
    "\x01",
    granted,
    "HTTP/1.1 200 OK\r\n",
    "\r\n",
    "A: b\r\n",
    "HTTP/1.1 502 x\r\n",
  ];
  for (let round = 0; round < 3_000; round++) {
    const options = random(2) === 0 ? plan() : socks({ user: random(2) === 0 ? "" : "anna" });
    let said = "";
    for (let count = random(6); count >= 0; count--)
      said += random(4) === 0 ? String.fromCharCode(random(256)) : pieces[random(pieces.length)]!;
    const whole = talk(options, [bytes(said)]);
    const cut = talk(
      options,
      [...bytes(said)].map((byte) => Uint8Array.of(byte)),
    );
    // Byte by byte a proxy that says the next thing before it is asked does not show, and a line is looked at when it has ended.
    if (whole !== "member") expect([said, cut]).toEqual([said, whole]);
    else if (options.protocol === "http") expect(["member", "more"]).toContain(cut);
  }
});

/** To its end: who is to blame, or what came through the tunnel. */
function talk(options: HopPlan, said: readonly Uint8Array[]): string {
  const hop = asked(options);
  let open: string | null = null;
  for (const each of said) {
    if (open !== null) open += text(each);
    else {
      const step = hop.received(each);
      if (step.kind === "failed") return step.blame;
      if (step.kind === "open") open = text(step.rest) ?? "";
    }
  }
  return open === null ? "more" : `open ${open}`;
}
