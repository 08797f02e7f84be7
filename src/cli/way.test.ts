import { expect, test } from "bun:test";
import { compile } from "../config/compile.ts";
import type { ListenerInput } from "../config/input.ts";
import { judge } from "../config/judge.ts";
import { Slots } from "../config/slots.ts";
import { plannedWay } from "./way.ts";

function shown(listener: Omit<ListenerInput, "listen">, more: readonly string[] = []): string {
  const others = more.map((name) => [name, { servers: ["s:1"] }]);
  const pools = { a: { servers: ["s:1"] }, b: { servers: ["s:1"] }, ...Object.fromEntries(others) };
  const { config, findings } = judge({ listeners: { web: { listen: ":1", ...listener } }, pools });
  if (config === null) throw new Error(JSON.stringify(findings));
  const pem = { id: "p", text: "" };
  const certificate = { file: "f", names: [], keyKind: "ec", chain: pem, key: pem, notBeforeMs: 0, notAfterMs: 0 };
  const materials = {
    certificatesOf: () => [certificate],
    issued: () => [],
    challenges: [],
    authorities: () => pem,
    own: () => undefined,
    response: () => undefined,
    users: () => undefined,
    gateways: () => undefined,
    program: null,
  };
  return plannedWay(
    compile(config, new Slots(), () => undefined, 1, materials),
    0,
  );
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

test("pools that only rules lead to are told, however deep these stand, but not all of many", () => {
  const to = (use: string) => ({ if: "true", use });
  expect(shown({ use: "a", rules: [{ if: "true", rules: [to("b")] }] })).toBe("-> by rules pool b, else pool a");
  expect(shown({ use: "a", rules: [to("b"), to("c")] }, ["c"])).toBe("-> by rules pools b, c, else pool a");
  expect(shown({ use: "a", rules: [to("a")] })).toBe("-> pool a");
  const many = ["c", "d", "e", "f"];
  expect(shown({ rules: many.map(to) }, many)).toBe("-> by rules pools c, d, e, f");
  expect(shown({ rules: ["b", ...many].map(to) }, many)).toBe("-> by rules pools b, c, d and 2 more");
  expect(shown({ use: "a", proxy: { http: false }, rules: [to("b")] })).toBe(
    "-> by rules pool b, else pool a, and targets by CONNECT",
  );
});

test("a forward proxy goes to targets, and says how clients may ask for them", () => {
  expect(shown({ proxy: true })).toBe("-> targets by HTTP, CONNECT");
  expect(shown({ proxy: { socks: true }, tls })).toBe("(https) -> targets by HTTP, CONNECT, SOCKS5");
  expect(shown({ use: "a", proxy: { http: false } })).toBe("-> pool a, and targets by CONNECT");
});
