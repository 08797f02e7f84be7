import { expect, test } from "bun:test";
import { compile } from "../config/compile.ts";
import type { ListenerInput } from "../config/input.ts";
import { judge } from "../config/judge.ts";
import { Slots } from "../config/slots.ts";
import { plannedWay, writtenWay } from "./way.ts";

/** What the config and the plan say, which is the same. */
function shown(listener: Omit<ListenerInput, "listen">): string {
  const pools = { a: { servers: ["s:1"] }, b: { servers: ["s:1"] } };
  const { config, findings } = judge({ listeners: { web: { listen: ":1", ...listener } }, pools });
  if (config === null) throw new Error(JSON.stringify(findings));
  const written = writtenWay(config.listeners["web"]!);
  const pem = { id: "p", text: "" };
  const certificate = { file: "f", names: [], chain: pem, key: pem, notBeforeMs: 0, notAfterMs: 0 };
  const materials = {
    certificatesOf: () => [certificate],
    authorities: () => pem,
    own: () => undefined,
    response: () => undefined,
    users: () => undefined,
    gateways: () => undefined,
    program: null,
  };
  expect(
    plannedWay(
      compile(config, new Slots(), () => undefined, 1, materials),
      0,
    ),
  ).toBe(written);
  return written;
}
const tls = { certificates: "c" };

test("plain HTTP needs no words, everything else says what it is", () => {
  expect(shown({ use: "a" })).toBe("-> pool a");
  expect(shown({ use: "a", tls })).toBe("(https) -> pool a");
  expect(shown({ use: "a", mode: "tcp" })).toBe("(tcp) -> pool a");
  expect(shown({ use: "a", mode: "tcp", tls })).toBe("(tcp over tls) -> pool a");
  expect(shown({ use: "a", mode: "udp" })).toBe("(udp) -> pool a");
  expect(shown({ redirect: "https" })).toBe("-> https");
});

test("names lead to pools, each told once, and what is left over to one or to nobody", () => {
  const sni = [
    { name: "x", use: "b" },
    { name: "y", use: "b" },
  ];
  expect(shown({ mode: "tcp", sni })).toBe("(tcp) -> by name pool b, other names refused");
  expect(shown({ mode: "tcp", use: "a", sni: [...sni, { name: "z", use: "a" }] })).toBe(
    "(tcp) -> by name pools b, a, else pool a",
  );
});

test("a forward proxy goes to targets, and says how clients may ask for them", () => {
  expect(shown({ proxy: true })).toBe("-> targets by HTTP, CONNECT");
  expect(shown({ proxy: { socks: true }, tls })).toBe("(https) -> targets by HTTP, CONNECT, SOCKS5");
  expect(shown({ use: "a", proxy: { http: false } })).toBe("-> pool a, and targets by CONNECT");
});
