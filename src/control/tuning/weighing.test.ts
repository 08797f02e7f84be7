import { expect, test } from "bun:test";
import { judge } from "../../config/judge.ts";
import type { Config, Server } from "../../config/types.ts";
import { pointerOf } from "./pointer.ts";
import { weighing } from "./weighing.ts";

function config(): Config {
  const { config: checked } = judge({
    listeners: { web: { listen: ":1", use: "a-b" } },
    pools: {
      "a-b": {
        servers: ["App:80", "[::1]:80^3", { address: "10.0.0.1:80" }, { address: "10.0.0.2:80^5" }, "unix:/run/a.sock"],
      },
    },
  });
  return checked!;
}

test("a weight is written where the config writes it: behind an address that stands alone, or by its own key", () => {
  const of = (server: string) => weighing(config(), "a-b", server, 7);
  expect(of("app:80")).toEqual({ op: "replace", path: "/pools/a-b/servers/0", value: "App:80^7" });
  expect(of("[::1]:80")).toEqual({ op: "replace", path: "/pools/a-b/servers/1", value: "[::1]:80^7" });
  expect(of("10.0.0.1:80")).toEqual({ op: "add", path: "/pools/a-b/servers/2/weight", value: 7 });
  expect(of("10.0.0.2:80")).toEqual({ op: "replace", path: "/pools/a-b/servers/3/address", value: "10.0.0.2:80^7" });
  expect(of("unix:/run/a.sock")).toEqual({
    ...{ op: "replace", path: "/pools/a-b/servers/4", value: "unix:/run/a.sock^7" },
  });
});

test("no weight is a key of its own, also where one stands behind the address", () => {
  const of = (server: string) => weighing(config(), "a-b", server, 0);
  const place = "/pools/a-b/servers";
  expect(of("[::1]:80")).toEqual({ op: "replace", path: `${place}/1`, value: { address: "[::1]:80", weight: 0 } });
  expect(of("10.0.0.1:80")).toEqual({ op: "add", path: `${place}/2/weight`, value: 0 });
  const changed = of("10.0.0.2:80");
  expect(changed).toMatchObject({ op: "replace", path: `${place}/3`, value: { address: "10.0.0.2:80", weight: 0 } });
  const servers = [(changed as { value: Server }).value];
  expect(
    judge({ listeners: { web: { listen: ":1", use: "app" } }, pools: { app: { servers } } }).config,
  ).not.toBeNull();
});

test("a server or pool that the config does not name has no place in it", () => {
  expect(weighing(config(), "a-b", "10.9.9.9:80", 7)).toBeNull();
  expect(weighing(config(), "other", "app:80", 7)).toBeNull();
});

test("in pointers a slash and a tilde are written as others", () => {
  expect(pointerOf(["a/b", "c~d", 0])).toBe("/a~1b/c~0d/0");
});
