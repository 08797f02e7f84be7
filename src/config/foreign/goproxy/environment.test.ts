import { expect, test } from "bun:test";
import { judge } from "../../judge.ts";
import type { Environment } from "../../substitute.ts";
import { type Scene, scene } from "./translated.fixture.ts";

function forward(environment: Environment): Scene {
  const found = scene('[server]\nport = "127.0.0.1:1"\nreverse = false\n', environment);
  // Our own judgement has nothing against what becomes of it.
  expect(judge(found.input).findings).toEqual([]);
  return found;
}

/** Without what is told of every forward proxy. */
const told = (found: Scene): readonly string[] => found.told.slice(1);
const proxies = ({ input }: Scene): unknown[] =>
  Object.entries(input.egress ?? {}).map(([name, { members }]) => [name, members[0]!.proxies]);
const ways = ({ input }: Scene): unknown => (input.listeners["proxy"]!.proxy as { egress?: object }).egress;
const direct = (list: string): unknown => {
  const found = forward({ HTTP_PROXY: "p:1", NO_PROXY: list });
  return (found.input.listeners["proxy"]!.proxy as { direct: string[] }).direct.slice(3);
};

test("each scheme goes by the proxy that is said for it, and tunnels by none", () => {
  const both = forward({ HTTP_PROXY: "http://p:3128", https_proxy: "socks5h://q" });
  expect(ways(both)).toEqual({ http: "httpProxy", https: "httpsProxy" });
  expect(proxies(both)).toEqual([
    ["httpProxy", ["http://p:3128"]],
    ["httpsProxy", ["socks5://q:1080"]],
  ]);
  expect(told(both)).toEqual([
    "note server.reverse requests go by the proxy that HTTP_PROXY and https_proxy of the environment name, and CONNECT directly, as in goproxy",
  ]);
  const same = forward({ HTTP_PROXY: "p:3128", HTTPS_PROXY: "http://p:3128/" });
  expect([ways(same), proxies(same)]).toEqual([
    { http: "httpProxy", https: "httpProxy" },
    [["httpProxy", ["http://p:3128"]]],
  ]);
  expect(ways(forward({ HTTPS_PROXY: "p:3128" }))).toEqual({ https: "httpsProxy" });
  expect([ways(forward({ ALL_PROXY: "p:1" })), ways(forward({ HTTP_PROXY: "" }))]).toEqual([undefined, undefined]);
});

test("capitals come first, and a variable that is empty is not there", () => {
  expect(proxies(forward({ HTTP_PROXY: "a:1", http_proxy: "b:1" }))).toEqual([["httpProxy", ["http://a:1"]]]);
  expect(proxies(forward({ HTTP_PROXY: "", http_proxy: "b:1" }))).toEqual([["httpProxy", ["http://b:1"]]]);
});

test("a scheme and a port need not be said, and what stands behind them says nothing", () => {
  for (const [written, read] of [
    ["p", "http://p:80"],
    ["10.0.0.1:3128", "http://10.0.0.1:3128"],
    ["HTTP://u:p%40@p/x?y", "http://u:p%40@p:80"],
    ["https://[::1]:", "https://[::1]:443"],
    ["socks5://u:p@p", "socks5://u:p@p:1080"],
  ] as const)
    expect([written, proxies(forward({ HTTP_PROXY: written }))]).toEqual([written, [["httpProxy", [read]]]]);
});

test("what is no proxy is told without its words, and goes for none, as in Go", () => {
  for (const written of ["ftp://user:secret@p", "http://user:secret@", "http://:secret@p", "user:secret@p:x"]) {
    const found = forward({ HTTP_PROXY: written });
    expect([written, ways(found)]).toEqual([written, undefined]);
    expect(told(found)).toEqual([expect.stringMatching(/^warning .* HTTP_PROXY names no proxy that could be asked/)]);
    expect(told(found)[0]).not.toContain("secret");
  }
});

test("under CGI HTTP_PROXY may be a client's word, and is not believed", () => {
  const found = forward({ HTTP_PROXY: "p:1", HTTPS_PROXY: "q:1", REQUEST_METHOD: "GET" });
  expect(ways(found)).toEqual({ https: "httpsProxy" });
  expect(told(found)[0]).toMatch(/HTTP_PROXY is not followed, for REQUEST_METHOD is set/);
});

test("NO_PROXY says names with all below them, addresses, blocks, and ports", () => {
  expect(direct("")).toEqual([]);
  expect(direct("A.example, ,.b.example,*.c.example:81,d:82")).toEqual([
    ...["a.example", "*.a.example", "*.b.example", "*.c.example:81", "d:82", "*.d:82"],
  ]);
  expect(direct("10.0.0.0/8,1.2.3.4,1.2.3.4:5,fd00::/8,fe80::1,[fe80::2],[fe80::3]:80")).toEqual([
    ...["10.0.0.0/8", "1.2.3.4", "1.2.3.4:5", "fd00::/8", "fe80::1", "fe80::2", "[fe80::3]:80"],
  ]);
  expect(direct("*")).toEqual(["*"]);
  const odd = forward({ HTTP_PROXY: "p:1", no_proxy: "a/b,c" });
  expect(told(odd)[0]).toMatch(/"a\/b" in no_proxy is no target, and stands for nothing/);
  expect(ways(odd)).toBeDefined();
});

test("this machine is asked directly, whatever is said", () => {
  expect((forward({ HTTP_PROXY: "p:1" }).input.listeners["proxy"]!.proxy as { direct: string[] }).direct).toEqual([
    ...["localhost", "127.0.0.0/8", "::1"],
  ]);
});
