import { expect, test } from "bun:test";
import { hasOwnNetwork, printedThere } from "../../../test/ownnetwork.ts";
import { isMaybePorts, isOutOfPorts } from "./ports.ts";

test("where an address is here and a way leads, it is the ports", async () => {
  expect(await isOutOfPorts("127.0.0.1", "")).toBe(true);
  expect(await isOutOfPorts("127.0.0.1", "127.0.0.9")).toBe(true);
  expect(await isOutOfPorts("127.0.0.1", "192.0.2.1")).toBe(false);
  expect(await isOutOfPorts("192.0.2.1", "127.0.0.9")).toBe(false);
});

test("no other error is asked after", () => {
  expect([isMaybePorts("EADDRNOTAVAIL"), isMaybePorts("EADDRINUSE"), isMaybePorts("ECONNREFUSED")]).toEqual([
    true,
    true,
    false,
  ]);
});

/** In a network of its own with a hundred ports, all of them in use towards the server that is checked. */
const program = `
const { Prober } = await import(${JSON.stringify(import.meta.resolve("../prober.ts"))});
const { makePlan } = await import(${JSON.stringify(import.meta.resolve("../../../test/playbook/plan.ts"))});
const { check } = JSON.parse(process.argv[1]);
const address = { kind: "tcp", host: "127.0.0.1", port: 21000 };
Bun.listen({ hostname: address.host, port: address.port, socket: { data() {} } });
const socket = { data() {}, connectError() {} };
const held = Array.from({ length: 100 }, () => Bun.connect({ hostname: address.host, port: address.port, socket }));
await Promise.all(held);
const datagrams = [];
try {
  for (;;) datagrams.push(await Bun.udpSocket({ hostname: "0.0.0.0", port: 0 }));
} catch {}
const [pool] = makePlan().pools;
const server = { ...pool.servers[0], address };
const [results, warnings] = [[], []];
const prober = new Prober((slot, result) => results.push(result.reason), { log: { warn: (text) => warnings.push(text) } });
await prober.adopt({ pems: {}, pools: [{ check, servers: [server] }] });
console.log(JSON.stringify({ results, warnings }));
process.exit(0);
`;

test.skipIf(!hasOwnNetwork).each(["tcp", "udp"])(
  "a check by %s for which no port is left says nothing of the server, and the operator is told",
  async (kind) => {
    const common = { kind, everyMs: 10_000, timeoutMs: 5000, rise: 1, fall: 1, port: null, tls: null };
    const check = { ...common, http: null, send: null, receive: null, exec: null };
    const { results, warnings } = await printedThere<Record<string, string[]>>(program, JSON.stringify({ check }));
    expect(results).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect(warnings![0]).toContain("all local ports towards it are in use: it is not checked, and stays as it was");
  },
);
