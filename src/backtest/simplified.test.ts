import { expect, test } from "bun:test";
import { compile } from "../config/compile.ts";
import { judge } from "../config/judge.ts";
import { noMaterials } from "../config/materials.ts";
import { Slots } from "../config/slots.ts";
import { clientOf, simplified } from "./simplified.ts";

const { config } = judge({
  pools: { app: { servers: [{ address: "127.0.0.1:9", maxConnections: 1, drain: true }] } },
  listeners: { web: { listen: "127.0.0.1:8080", use: "app", auth: { users: { alice: "secret" } } } },
});

test("nobody is asked for a password, and nobody waits", () => {
  const plan = compile(config!, new Slots(), () => "127.0.0.1", 1, noMaterials);
  expect(plan.listeners[0]!.auth).not.toBeNull();
  const simple = simplified(plan);
  expect(simple.listeners[0]!.auth).toBeNull();
  expect(simple.pools[0]!.servers[0]).toMatchObject({ connectionsMax: 0, isDrained: false });
});

test("a client has the port that the log tells, or some other", () => {
  const listener = compile(config!, new Slots(), () => "127.0.0.1", 1, noMaterials).listeners[0]!;
  expect(clientOf("192.0.2.1", "4711", listener)).toMatchObject({
    address: "192.0.2.1",
    port: 4711,
    localPort: 8080,
    tls: null,
  });
  expect(clientOf("192.0.2.1", "a long name", listener).port).toBeGreaterThan(1023);
});
