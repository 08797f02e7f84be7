import { expect, test } from "bun:test";
import { makeClient } from "../../test/playbook/client.ts";
import { makePlan } from "../../test/playbook/plan.ts";
import type { ServerPlan } from "../config/plan.ts";
import { parseProxyHeader } from "../wire/proxyprotocol.ts";
import { proxyHeaderFor } from "./proxyheader.ts";

const server = (proxyProtocol: ServerPlan["proxyProtocol"]): ServerPlan =>
  makePlan({ server: { proxyProtocol } }).pools[0]!.servers[0]!;

test("a server that wants no header gets none", () => {
  expect(proxyHeaderFor(server(0), makeClient())).toBeNull();
});

test("both versions say who the client is and where it connected to", () => {
  const client = makeClient("2001:db8::7", { port: 4321, localAddress: "2001:db8::1", localPort: 443 });
  for (const version of [1, 2] as const) {
    const bytes = proxyHeaderFor(server(version), client)!;
    expect(parseProxyHeader(bytes, 0, bytes.length)).toMatchObject({
      kind: "header",
      end: bytes.length,
      isLocal: false,
      source: "2001:db8::7",
      sourcePort: 4321,
      destination: "2001:db8::1",
      destinationPort: 443,
    });
  }
});

test("the client of a unix socket has no address to tell", () => {
  const client = makeClient("unix", { port: 0, localAddress: "unix", localPort: 0 });
  for (const version of [1, 2] as const) {
    const bytes = proxyHeaderFor(server(version), client)!;
    expect(parseProxyHeader(bytes, 0, bytes.length)).toMatchObject({ kind: "header", isLocal: true });
  }
});
