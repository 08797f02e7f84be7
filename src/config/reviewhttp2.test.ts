import { expect, test } from "bun:test";
import { judge } from "./judge.ts";
import { keyText } from "./problem.ts";

function told(pool: object, mode = "http"): string[] {
  return judge({
    listeners: { w: { listen: ":80", mode, use: "a" } },
    pools: { a: { servers: ["s:1"], ...pool } },
  }).findings.map(({ severity, path, message }) => `${severity} ${keyText(path).replace("pools.a.", "")} ${message}`);
}

test("servers are asked by HTTP/2 in the clear and over TLS, all of a pool or some", () => {
  for (const pool of [
    { http2: true },
    { http2: true, tls: true },
    { http2: true, tls: { alpn: ["h2"] } },
    { http2: true, tls: { alpn: ["http/1.1", "h2"], minVersion: "1.3" } },
    { servers: [{ address: "s:1", http2: true }, "t:1"] },
    { servers: [{ address: "s:1", http2: true, tls: { alpn: ["h2"] } }, "t:1"] },
    { http2: true, servers: [{ address: "s:1", http2: false }, "t:1"] },
    { http2: true, proxyProtocol: "v2" },
  ])
    expect([pool, told(pool)]).toEqual([pool, []]);
});

test("it is for requests", () => {
  expect(told({ http2: true }, "tcp")[0]).toStartWith(
    "error http2 is for HTTP, and a listener of mode tcp uses this pool; what is carried there",
  );
  expect(told({ http2: true }, "udp")[0]).toStartWith("error http2 is for HTTP, and a listener of mode udp");
  expect(told({ servers: [{ address: "s:1", http2: true }] }, "tcp")[0]).toStartWith("error servers[0].http2 is for");
});

test("TLS that is too old, and what is offered without h2, are mistakes at the key that says so", () => {
  const old = told({ http2: true, tls: { minVersion: "1.1" } });
  expect(old.filter((line) => line.startsWith("error"))).toEqual([
    "error tls.minVersion cannot be 1.1 beside http2, for HTTP/2 needs TLS 1.2 (RFC 9113)",
  ]);
  expect(told({ http2: true, tls: { alpn: ["http/1.1"] } })).toEqual([
    'error tls.alpn must hold "h2" beside http2, or be left out',
  ]);
  expect(told({ servers: [{ address: "s:1", http2: true, tls: { alpn: [] } }] })[0]).toStartWith(
    "error servers[0].tls.alpn must hold",
  );
  expect(told({ tls: { alpn: ["http/1.1", "h2"] } })).toEqual([
    'error tls.alpn[1] cannot be "h2" without http2: true, by which the server is asked then',
  ]);
  expect(
    told({ http2: true, tls: { alpn: ["h2"] }, servers: ["t:1", { address: "s:1", http2: false }] })[0],
  ).toStartWith('error tls.alpn[0] cannot be "h2" without');
  // What the pool says is told once, however many servers it is for.
  expect(told({ servers: ["s:1", "t:1", "u:1"], tls: { alpn: ["h2"] } })).toHaveLength(1);
  expect(told({ servers: undefined, discover: { dns: "a.b:80" }, tls: { alpn: ["h2"] } })).toHaveLength(1);
  expect(told({ tls: { alpn: ["h2"] } }, "tcp")).toEqual([]);
});
