// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the characters are nginx' variables.
import { expect, test } from "bun:test";
import { type Gateway, GatewayReader } from "./gateways.ts";

/** Files by path; an include of a pattern with * means all that begin so. */
function gatewaysIn(files: Readonly<Record<string, string>>): { gateways: readonly Gateway[]; told: string[] } {
  const reader = new GatewayReader({
    text: (file) =>
      files[file] === undefined ? { ok: false, message: "does not exist" } : { ok: true, text: files[file] },
    included: (pattern) => {
      if (pattern.includes("*")) return Object.keys(files).filter((file) => file.startsWith(pattern.replace("*", "")));
      return files[pattern] === undefined ? null : [pattern];
    },
  });
  reader.read("a");
  return {
    gateways: reader.gateways,
    told: reader.remarks.map((one) => `${one.severity} ${one.file}:${one.line} ${one.message}`),
  };
}

const server = (port: number, address: string): string => `server {
  listen ${port};
  server_name ${address};
  location = /test { return 200 "${port}->${address}"; }
  location / { resolver 127.0.0.53; proxy_bind ${address}; proxy_pass $http_x_egress_scheme://$http_x_egress_host; }
}
`;

test("servers with listen and proxy_bind are gateways, in their order", () => {
  const found = gatewaysIn({ a: [server(19001, "203.0.113.1"), server(19002, "203.0.113.2")].join("") });
  expect(found).toEqual({
    gateways: [
      { address: "203.0.113.1", port: 19001 },
      { address: "203.0.113.2", port: 19002 },
    ],
    told: [],
  });
});

test("where there is no proxy_bind the text of /test counts, and without both a server is no member", () => {
  const found = gatewaysIn({
    a: `server { listen 19001; location = /test { return 200 "19001->203.0.113.1\\n"; } }
      server { location /test { return 200 '19002 -> 203.0.113.2'; } }
      server { listen 80; location / { root /srv; } }
      upstream x { server 10.0.0.1:80; }`,
  });
  expect(found).toEqual({
    gateways: [
      { address: "203.0.113.1", port: 19001 },
      { address: "203.0.113.2", port: 19002 },
    ],
    told: [],
  });
});

test("all ways to write where a server listens and what it binds to are understood", () => {
  const listens: [string, number][] = [
    ["19001", 19001],
    ["127.0.0.1:19002", 19002],
    ["*:19003 backlog=5", 19003],
    ["[::]:19004", 19004],
    ["127.0.0.1", 80],
    ["localhost:19005", 19005],
  ];
  for (const [listen, port] of listens)
    expect(gatewaysIn({ a: `server { listen ${listen}; proxy_bind 10.0.0.1:0 transparent; }` }).gateways).toEqual([
      { address: "10.0.0.1", port },
    ]);
  expect(gatewaysIn({ a: "server { listen 443 ssl; listen 81; proxy_bind [2001:DB8:0::1]; }" }).gateways).toEqual([
    { address: "2001:db8::1", port: 81 },
  ]);
});

test("what holds for all servers holds for those before it and in included files, and can be taken back", () => {
  const found = gatewaysIn({
    a: "http { server { listen 1; } proxy_bind 10.0.0.1; include b; server { listen 3; proxy_bind off; } }",
    b: "server { listen 2; location / { proxy_bind 10.0.0.2; } }",
  });
  expect(found.gateways).toEqual([
    { address: "10.0.0.1", port: 1 },
    { address: "10.0.0.2", port: 2 },
  ]);
});

test("includes are followed in a server too, and those that are not there are told", () => {
  const found = gatewaysIn({
    a: "include servers/*;\ninclude nowhere;\nserver { listen 3; include bind; }",
    "servers/1": server(1, "10.0.0.1"),
    "servers/2": server(2, "10.0.0.2"),
    bind: "proxy_bind 10.0.0.3;",
  });
  expect(found.gateways.map(({ port }) => port)).toEqual([1, 2, 3]);
  expect(found.told).toEqual(["warning a:2 includes nowhere, which is not there"]);
});

test("what is left out is told with its file and line", () => {
  const { gateways, told } = gatewaysIn({
    a: `server { listen 1; proxy_bind $server_addr; }
server { listen 2; proxy_bind example.com; }
server { listen 443 ssl; proxy_bind 10.0.0.3; }
server { listen 4; proxy_bind 10.0.0.4; }
server { listen 4; proxy_bind 10.0.0.5; }
server { listen 6; proxy_bind 10.0.0.4; }
server { listen 7; location /a { proxy_bind 10.0.0.6; }
 location / { proxy_bind 10.0.0.7; } }
server { listen 8; proxy_bind 10.0.0.8; location = /test { return 200 "9->10.0.0.8"; } }`,
  });
  expect(gateways.map(({ port, address }) => `${port} ${address}`)).toEqual(["4 10.0.0.4", "7 10.0.0.7", "8 10.0.0.8"]);
  expect(told).toEqual([
    "warning a:1 has proxy_bind with a variable, so that nobody here knows the address ($server_addr); its server is left out",
    "warning a:2 has proxy_bind with what is no address (example.com); its server is left out",
    "warning a:3 has a server without a port that can be spoken to in the clear; it is left out",
    "warning a:5 has the port 4 of the server at a:4, which counts",
    "warning a:6 has the address 10.0.0.4 of the server at a:4, which counts",
    "warning a:7 has another proxy_bind than line 8, which counts: a server is one member",
    "warning a:9 says 9->10.0.0.8, where it is 8->10.0.0.8, which counts",
  ]);
});

test("a file that cannot be read, or includes itself, is an error with its line", () => {
  expect(gatewaysIn({}).told).toEqual(["error a:0 does not exist"]);
  expect(gatewaysIn({ a: "\nserver {" }).told).toEqual(["error a:2 has a block, server, that nothing ends"]);
  expect(gatewaysIn({ a: "include b;", b: "\n}" }).told).toEqual(["error b:2 has a } too many"]);
  expect(gatewaysIn({ a: "\ninclude a;" }).told).toEqual(["error a:2 includes files more than 8 deep"]);
});

test("ten thousand servers are read in a moment", () => {
  const text = Array.from({ length: 10_000 }, (_, index) =>
    server(10_000 + index, `10.1.${index >> 8}.${index & 255}`),
  ).join("");
  const sinceMs = performance.now();
  expect(gatewaysIn({ a: text }).gateways).toHaveLength(10_000);
  expect(performance.now() - sinceMs).toBeLessThan(5000);
});
