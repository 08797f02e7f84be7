import { expect, test } from "bun:test";
import { judge } from "../../config/judge.ts";
import type { Config } from "../../config/types.ts";
import { limitingListener, limitingServer } from "./limiting.ts";

const config: Config = judge({
  listeners: { web: { listen: "127.0.0.1:8080", use: "app" } },
  pools: { app: { servers: ["10.0.0.1:80^3", { address: "10.0.0.2:80", maxConnections: 4 }] } },
}).config!;

test("a server that is a text becomes a section with its limit, a section has another one", () => {
  expect(limitingServer(config, "app", "10.0.0.1:80", 7)).toEqual({
    op: "replace",
    path: "/pools/app/servers/0",
    value: { address: "10.0.0.1:80^3", maxConnections: 7 },
  });
  expect(limitingServer(config, "app", "10.0.0.2:80", 7)).toEqual({
    op: "add",
    path: "/pools/app/servers/1/maxConnections",
    value: 7,
  });
  expect(limitingServer(config, "app", "10.0.0.9:80", 7)).toBeNull();
  expect(limitingServer(config, "none", "10.0.0.1:80", 7)).toBeNull();
});

test("a listener has its limit under its own key", () => {
  expect(limitingListener(config, "web", 9)).toEqual({ op: "add", path: "/listeners/web/maxConnections", value: 9 });
  expect(limitingListener(config, "toString", 9)).toBeNull();
});
