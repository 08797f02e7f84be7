import { describe, expect, test } from "bun:test";
import { makePlan } from "../../test/playbook/plan.ts";
import { proxyPlan } from "../../test/playbook/proxies.ts";
import type { ListenerPlan, ListenerTlsPlan, Plan } from "../config/plan.ts";
import { type Question, readQuestion } from "./question.ts";

const tls = { certificates: [], alpn: [] } as unknown as ListenerTlsPlan;

function planOf(...listeners: Partial<ListenerPlan>[]): Plan {
  const plan = makePlan();
  return { ...plan, listeners: listeners.map((own) => ({ ...plan.listeners[0]!, ...own })) };
}

const at = (port: number, host = "0.0.0.0"): ListenerPlan["address"] => ({ kind: "tcp", host, port });
const site = planOf(
  { name: "web", address: at(80) },
  { name: "secure", address: at(443), tls },
  { name: "admin", address: at(8080, "127.0.0.1") },
  { name: "other", address: at(8080, "127.0.0.2") },
  { name: "db", address: at(5432), mode: "tcp" },
  { name: "dns", address: at(53), mode: "udp" },
);

function question(body: Record<string, unknown>, plan: Plan = site): Question {
  const reading = readQuestion(body, plan);
  if (!reading.ok) throw new Error(reading.message);
  return reading.value;
}

function refusal(body: Record<string, unknown>, plan: Plan = site): string {
  const reading = readQuestion(body, plan);
  return reading.ok ? "" : reading.message;
}

describe("the listener", () => {
  const named = (url: string, listener?: string): string =>
    question({ url, ...(listener === undefined ? {} : { listener }) }).listener.name;

  test("is the one that the URL's scheme and port lead to", () => {
    expect(["http://a/", "https://a/", "http://127.0.0.2:8080/x", "tcp://a:5432"].map((url) => named(url))).toEqual([
      "web",
      "secure",
      "other",
      "db",
    ]);
  });

  test("is the one that is named, whatever the URL", () => {
    expect(named("http://a:9/", "admin")).toBe("admin");
    expect(refusal({ url: "/", listener: "nope" })).toBe(
      "there is no listener nope for connections; there are web, secure, admin, other, db",
    );
  });

  test("may be the only one that can be meant, which is told; of several none is guessed", () => {
    const one = question({ url: "https://example.com:8443/" });
    expect([one.listener.name, one.assumptions]).toEqual([
      "secure",
      ["no listener is at port 8443; it comes to listener secure, the only one for it"],
    ]);
    expect(refusal({ url: "http://a:8080/" })).toBe(
      "several listeners could be meant: admin (127.0.0.1:8080), other (127.0.0.2:8080); name one (--listener), or put its port into the URL",
    );
    expect(refusal({ url: "http://a:81/" })).toStartWith(
      "none is at port 81, and several listeners could be meant: web",
    );
    expect(refusal({ url: "/x" })).toContain("secure (0.0.0.0:443)");
  });

  test("that carries bytes is found by its port, whatever the scheme", () => {
    expect([named("https://shop.example:5432/"), named("http://a:5432/")]).toEqual(["db", "db"]);
    expect(question({ url: "https://shop.example:5432/" }).serverName).toBe("shop.example");
  });

  test("that speaks otherwise than the URL is told of, rather than another one taken", () => {
    expect(refusal({ url: "http://a:443/" })).toStartWith("listener secure, at port 443, speaks TLS: write https://");
    expect(refusal({ url: "https://a:80/" })).toStartWith(
      "listener web, at port 80, speaks without TLS: write http://",
    );
  });
});

test("the request is as a client would send it", () => {
  const { target, fields, serverName, method } = question({ url: "http://Example.com/gr\u00fc\u00df?a=b c#top" });
  expect([method, target, fields, serverName]).toEqual([
    "GET",
    "/gr%C3%BC%C3%9F?a=b%20c",
    [["Host", "Example.com"]],
    "example.com",
  ]);
  expect(question({ url: "127.0.0.2:8080/x" }).listener.name).toBe("other");
  expect(question({ url: "shop.example" }).fields).toEqual([["Host", "shop.example"]]);
  expect(refusal({ url: "GET" })).toStartWith("url must be such as");
  expect(question({ url: "http://a?x" }).target).toBe("/?x");
  expect(question({ url: "http://a" }).target).toBe("/");
});

test("a Host of its own takes the place of the URL's", () => {
  const { fields, serverName } = question({ url: "http://127.0.0.1/", headers: [["host", "b:8443"]] });
  expect([fields, serverName]).toEqual([[["host", "b:8443"]], "b"]);
});

test("addresses are not asked for by SNI", () => {
  expect(question({ url: "https://127.0.0.1/" }).serverName).toBe("");
  expect(question({ url: "https://[::1]/" }).serverName).toBe("");
});

test("whatever is wrong is told in a sentence", () => {
  expect(refusal({ uri: "/" })).toBe(
    '"uri" means nothing here; there are url, method, headers, source, listener, status',
  );
  expect(refusal({})).toBe('url must be a text such as "http://example.com/x"');
  expect(refusal({ url: "" })).toContain("url must be such as");
  expect(refusal({ url: "ftp://a/" })).toContain("url must be such as");
  expect(refusal({ url: "/", method: "GE T" })).toBe("method must be one of HTTP, such as GET");
  expect(refusal({ url: "/", source: "here" })).toBe('source must be an address such as 203.0.113.7, not "here"');
  expect(refusal({ url: "/", status: 99 })).toBe("status must be what the server is taken to answer, from 200 to 599");
  expect(refusal({ url: "/", headers: { a: "b" } })).toContain("headers must be pairs");
  expect(refusal({ url: "/", headers: [["a", "b\r\nc: d"]] })).toBe('the header "a" must be one line');
});

test("a proxy is asked as its clients ask it: a whole URL, or a tunnel where https is spoken", () => {
  const plan = makePlan(proxyPlan());
  const asked = (body: Record<string, unknown>): string => {
    const { method, target } = question(body, plan);
    return `${method} ${target}`;
  };
  expect(asked({ url: "http://a.example/x?y" })).toBe("GET http://a.example/x?y");
  expect(asked({ url: "https://a.example/x", listener: "web" })).toBe("CONNECT a.example:443");
  expect(asked({ url: "a.example:8443", method: "CONNECT", listener: "web" })).toBe("CONNECT a.example:8443");
  expect(asked({ url: "/x" })).toBe("GET /x");
  // Where there is a website too, a URL may be one of its own.
  const both = question({ url: "http://a.example/x" }, makePlan(proxyPlan({ use: "site" })));
  expect(both.target).toBe("/x");
});
