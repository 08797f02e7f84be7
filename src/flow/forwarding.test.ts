import { describe, expect, test } from "bun:test";
import { makeClient } from "../../test/playbook/client.ts";
import type { ForwardingPlan } from "../config/plan.ts";
import { field } from "../wire/http1/fields.ts";
import { Head } from "../wire/http1/head.ts";
import { parseRequest, parseResponse } from "../wire/http1/reader.ts";
import { Output } from "../wire/http1/writer.ts";
import { Forwarding, type Sender, standing } from "./forwarding.ts";

const none: ForwardingPlan = {
  trusted: [],
  areFieldsBelieved: true,
  except: [],
  xForwardedFor: false,
  xForwardedProto: false,
  xForwardedHost: false,
  forwarded: false,
  via: null,
};

function parsed(text: string, parse = parseRequest): Head {
  const head = new Head(20);
  const bytes = Uint8Array.from(Buffer.from(text, "latin1"));
  expect(parse(head, bytes, 0, bytes.length, 4096)).toBe(bytes.length);
  return head;
}

function written(text: string, plan: Partial<ForwardingPlan>, sender: Partial<Sender> = {}): string {
  const forwarding = new Forwarding({ ...none, ...plan }, null, null);
  const output = new Output();
  const address = sender.address ?? "192.0.2.1";
  const head = parsed(text);
  forwarding.writeRequest(output, head, {
    asked: head,
    address,
    isTrusted: false,
    isExcepted: false,
    isSecure: false,
    downstream: null,
    isUpgrade: false,
    serverName: "server:80",
    requestIdIndex: -1,
    requestIdPrefix: "",
    requestIdCount: 0,
    givenFields: 0,
    preface: forwarding.preface(makeClient(address), "", sender.downstream?.isHttp2 === true),
    ...sender,
  });
  return Buffer.from(output.bytes.subarray(0, output.length)).toString("latin1");
}

const plain = "GET /%7e HTTP/1.1\r\nhOsT:  a \r\nX:\t1\r\nX: 2\r\n\r\n";

test("a head of which nothing is to be changed goes on byte for byte", () => {
  expect(written(plain, {})).toBe(plain);
});

test("what we say comes behind what the client said, the same for trusted and untrusted peers", () => {
  const all = { xForwardedFor: true, xForwardedProto: true, xForwardedHost: true, via: "v" };
  const lines = (text: string): string[] => text.split("\r\n").slice(4).filter(Boolean).sort();
  const stranger = written(plain, all);
  const friend = written(plain, all, { isTrusted: true });
  expect(stranger.startsWith(plain.slice(0, -2))).toBe(true);
  expect(lines(stranger).map((line) => line.trim())).toEqual([
    "Via: 1.1 v",
    "X-Forwarded-For: 192.0.2.1",
    "X-Forwarded-Host: a",
    "X-Forwarded-Proto: http",
  ]);
  expect(lines(friend)).toEqual(lines(stranger));
});

test("Via says that the request came as HTTP/2, in what is the same for a connection and in what is not", () => {
  const via = (plan: Partial<ForwardingPlan>, isHttp2: boolean): string[] =>
    written(plain, plan, { downstream: { isHttp2 } })
      .split("\r\n")
      .filter((line) => line.startsWith("Via"));
  for (const forwarded of [false, true]) {
    expect(via({ via: "v", forwarded }, true)).toEqual(["Via: 2.0 v"]);
    expect(via({ via: "v", forwarded }, false)).toEqual(["Via: 1.1 v"]);
    expect(via({ via: null, forwarded }, true)).toEqual([]);
  }
});

test("Via of a response says by which protocol it came", () => {
  const forwarding = (via: string | null): Forwarding => new Forwarding({ ...none, via }, null, "max-age=1");
  const of = (via: string | null, isSecure: boolean, isHttp2: boolean): string =>
    Buffer.from(forwarding(via).tailsOf(isSecure, isHttp2).close).toString();
  const strict = "Strict-Transport-Security: max-age=1\r\n";
  expect(of("v", false, false)).toBe("Via: 1.1 v\r\nConnection: close\r\n\r\n");
  expect(of("v", false, true)).toBe("Via: 2.0 v\r\nConnection: close\r\n\r\n");
  expect(of("v", true, true)).toBe(`Via: 2.0 v\r\n${strict}Connection: close\r\n\r\n`);
  expect(of(null, true, true)).toBe(`${strict}Connection: close\r\n\r\n`);
});

test("several X-Forwarded-For of trusted proxies become one, in order", () => {
  const text =
    "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.1.1.1\r\nX: 1\r\nX-Forwarded-For: 2.2.2.2, 3.3.3.3\r\n\r\n";
  expect(written(text, { xForwardedFor: true }, { isTrusted: true })).toBe(
    "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nX-Forwarded-For: 1.1.1.1, 2.2.2.2, 3.3.3.3, 192.0.2.1\r\n\r\n",
  );
});

describe("a peer that is excepted", () => {
  const plan = { xForwardedFor: true, xForwardedProto: true, forwarded: true, except: ["192.0.2.0/24"] };
  const said =
    "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 8.8.8.8\r\nX-Forwarded-Proto: https\r\nForwarded: for=9.9.9.9";

  test("is not told, and what it says goes on as it is", () => {
    const request = `GET / HTTP/1.1\r\nHost: a\r\n${said}\r\n\r\n`;
    expect(written(request, plan, { isExcepted: true })).toBe(request);
    expect(written(request, { ...plan, forwarded: false }, { isExcepted: true })).toBe(request);
  });

  test("that says nothing of its clients: nobody is named", () => {
    const request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const sent = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: http\r\n\r\n";
    expect(written(request, { ...plan, forwarded: false }, { isExcepted: true })).toBe(sent);
    expect(written(request, plan, { isExcepted: true })).toBe(sent);
    const other = { address: "192.0.3.1" };
    expect(written(request, { ...plan, forwarded: false }, other)).toContain("X-Forwarded-For: 192.0.3.1\r\n");
  });

  test("is believed only if it is trusted too", () => {
    const standingOf = (plan: Partial<ForwardingPlan>): number =>
      new Forwarding({ ...none, ...plan }, null, null).standingOf("192.0.2.1");
    const trusted = ["192.0.2.1/32"];
    expect(standingOf({})).toBe(0);
    expect(standingOf(plan)).toBe(standing.excepted);
    expect(standingOf({ ...plan, trusted })).toBe(standing.excepted | standing.trusted);
    expect(standingOf({ trusted, areFieldsBelieved: false })).toBe(0);
  });
});

test("a request without a Host is given its target's, or else the server's name", () => {
  expect(written("GET http://b:8/x HTTP/1.0\r\n\r\n", {})).toBe("GET /x HTTP/1.1\r\nHost: b:8\r\n\r\n");
  expect(written("GET /x HTTP/1.0\r\n\r\n", {})).toBe("GET /x HTTP/1.1\r\nHost: server:80\r\n\r\n");
});

test("a response keeps its reason, its fields and their order", () => {
  const forwarding = new Forwarding(none, null, null);
  const output = new Output();
  const text = "HTTP/1.1 200 Very  OK\r\nSet-Cookie: a\r\nX:  1\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n";
  forwarding.writeResponse(output, parsed(text, parseResponse), false, false, false);
  expect(Buffer.from(output.bytes.subarray(0, output.length)).toString("latin1").startsWith(text.slice(0, -2))).toBe(
    true,
  );
});

test("the host that is told is the one that was asked for, where a rule has set another", () => {
  const asked = parsed("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n");
  const said = written(
    "GET / HTTP/1.1\r\nHost: inner\r\n\r\n",
    { xForwardedHost: true, forwarded: true },
    { asked, givenFields: 1 << field.host },
  );
  expect(said).toContain("\r\nHost: inner\r\n");
  expect(said).toContain("\r\nX-Forwarded-Host: shop.example\r\n");
  expect(said).toContain('host="shop.example"');
});

test("a lookalike of X-Request-Id passes from nobody", () => {
  const request = "GET / HTTP/1.1\r\nHost: a\r\nX_Request_Id: 1\r\nX-Request_ID: 2\r\nX_Request: b\r\n\r\n";
  expect(written(request, {})).toBe("GET / HTTP/1.1\r\nHost: a\r\nX_Request: b\r\n\r\n");
});

test("a lookalike of X-Forwarded-For passes from nobody, trusted or not", () => {
  const request = "GET / HTTP/1.1\r\nHost: a\r\nX_Forwarded_For: 6.6.6.6\r\nX-Other_Field: b\r\n\r\n";
  for (const isTrusted of [false, true]) {
    expect(written(request, {}, { isTrusted })).toBe("GET / HTTP/1.1\r\nHost: a\r\nX-Other_Field: b\r\n\r\n");
  }
});

test("a host that the target names with its default port is told as the target has it, and once", () => {
  expect(written("GET http://a:80/x HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n", {})).toBe(
    "GET /x HTTP/1.1\r\nX: 1\r\nHost: a:80\r\n\r\n",
  );
  expect(written("GET http://a/x HTTP/1.1\r\nHost: a:80\r\n\r\n", {})).toBe("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
});

test("a 426 says to what is to be switched, and no other answer does", () => {
  const passed = (status: string): string => {
    const forwarding = new Forwarding(none, null, null);
    const output = new Output();
    const text = `HTTP/1.1 ${status}\r\nUpgrade: foo/1\r\nConnection: upgrade\r\nX: 1\r\n\r\n`;
    forwarding.writeResponse(output, parsed(text, parseResponse), false, false, false);
    return Buffer.from(output.bytes.subarray(0, output.length)).toString("latin1");
  };
  expect(passed("426 Upgrade Required")).toBe(
    "HTTP/1.1 426 Upgrade Required\r\nUpgrade: foo/1\r\nX: 1\r\nConnection: Upgrade\r\n",
  );
  expect(passed("200 OK")).toBe("HTTP/1.1 200 OK\r\nX: 1\r\n");
});
