import { expect, test } from "bun:test";
import { apart, reverse, scene } from "./translated.fixture.ts";

const weighted = "inverse_mode = 1";

test("every address that there is is taken: ports of five digits, localhost, names, IPv6, with and without a weight", () => {
  const entries =
    '["127.0.0.1:10000", "localhost:80^3", "app", "10.0.0.1^2", "[::1]:65535^65535", "[2001:db8::1]", "x_y.internal:1"]';
  const found = reverse(weighted, entries);
  expect(found.input.pools?.["servers"]?.servers).toEqual([
    "127.0.0.1:10000",
    "localhost:80^3",
    "app:80",
    "10.0.0.1:80^2",
    "[::1]:65535^65535",
    "[2001:db8::1]:80",
    "x_y.internal:1",
  ]);
});

test("what is no address is an error at its place in the list", () => {
  const found = reverse(weighted, '["a:1", "127.0.0.1:65536", "a:1^x", "", "80", "unix:/run/a.sock"]');
  const errors = apart(found).filter((line) => line.startsWith("error"));
  expect(errors.map((line) => line.split(" ")[1])).toEqual([1, 2, 3, 4, 5].map((at) => `server.proxy_pass[${at}]`));
  expect(found.origins.find(["pools", "servers", "servers", 0])).toEqual(["server", "proxy_pass", 0]);
});

test("a reverse proxy needs a server", () => {
  const [none] = scene('[server]\nport = ":1"\nreverse = true\n').told;
  expect(none).toStartWith("error server must have proxy_pass");
  expect(apart(reverse("", "[]"))).toEqual([expect.stringMatching(/^error server\.proxy_pass must list a server/)]);
});

test("a text with commas is no list, and the list that is meant is told where it can be", () => {
  expect(apart(reverse("", '"127.0.0.1:1, http://b:2/,c^3"'))).toEqual([
    'error server.proxy_pass must be a list: a comma in a text separates nothing; write proxy_pass = ["127.0.0.1:1", "b:2", "c^3"]',
  ]);
  expect(apart(reverse("", '["a:1,https://b:2"]'))).toEqual([
    "error server.proxy_pass must be a list: a comma in a text separates nothing",
  ]);
});

test("a server that stands twice is one, with the last weight", () => {
  const found = reverse(weighted, '["a:1^5", "b:1", "A:1^2"]');
  expect(found.input.pools?.["servers"]?.servers).toEqual(["a:1^2", "b:1"]);
  expect(apart(found)).toEqual([
    "warning server.proxy_pass[2] is approximated: a:1 stands here twice, and is one server; the last weight counts",
  ]);
});

test("weights do nothing where all servers are drawn equally, and count elsewhere", () => {
  const servers = '["a:1^5", "b:1"]';
  const serversOf = (mode: number): unknown =>
    reverse(`inverse_mode = ${mode}`, servers).input.pools?.["servers"]?.servers;
  const noted = (mode: number): string => apart(reverse(`inverse_mode = ${mode}`, servers)).join();
  expect(serversOf(0)).toEqual(["a:1", "b:1"]);
  expect(noted(0)).toStartWith("note server.proxy_pass weights do nothing in mode 0");
  for (const mode of [1, 2, 3, 4, 5, 6]) expect(serversOf(mode)).toEqual(["a:1^5", "b:1"]);
  for (const mode of [1, 3]) expect(noted(mode)).toBe("");
  for (const mode of [2, 4, 5]) expect(noted(mode)).toStartWith("note server.proxy_pass weights count");
});

test("a site of somebody else's is asked by its own name, an application by the name that the client asked for", () => {
  const hostFor = (servers: string): unknown => reverse("", servers).input.pools?.["servers"]?.rules;
  expect(hostFor('["api.example.com"]')).toEqual([{ setHeader: { host: "api.example.com" } }]);
  expect(hostFor('["api.example.com:8080"]')).toEqual([{ setHeader: { host: "api.example.com:8080" } }]);
  expect(hostFor('["api.example.com:80", "api.example.com:81"]')).toEqual([{ setHeader: { host: "api.example.com" } }]);
  for (const own of [
    '["127.0.0.1:80"]',
    '["localhost.:80"]',
    '["[::1]:80"]',
    '["localhost:80"]',
    '["app:80", "db:80"]',
  ])
    expect(hostFor(own)).toBeUndefined();
  const several = reverse("", '["a.example.com:80", "b.example.com:80"]');
  expect(several.input.pools?.["servers"]?.rules).toBeUndefined();
  expect(apart(several)).toEqual([
    expect.stringMatching(/^warning server\.proxy_pass is approximated: servers are asked by the Host/),
  ]);
});

test("a forward proxy asks no server of its own", () => {
  const found = scene('[server]\nport = ":1"\nproxy_pass = ["a:1"]\ninverse_mode = 2\n');
  expect(found.input.pools).toBeUndefined();
  expect(found.told.filter((line) => line.startsWith("note"))).toEqual([
    "note server.proxy_pass does nothing while reverse is false, as in goproxy",
    "note server.inverse_mode does nothing while reverse is false, as in goproxy",
  ]);
});
