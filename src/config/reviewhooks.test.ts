import { expect, test } from "bun:test";
import { judge } from "./judge.ts";
import { keyText } from "./problem.ts";
import { reviewHooks } from "./reviewhooks.ts";

const { config } = judge({
  listeners: { web: { listen: ":80", use: "app" }, raw: { listen: ":81", mode: "tcp", use: "bytes" } },
  pools: { app: { servers: ["a:1"] }, bytes: { servers: ["b:1"] } },
});

const told = (listeners: string[], pools: string[]): string[] => {
  const named = (names: string[]) => Object.fromEntries(names.map((name) => [name, ["onRequest"] as const]));
  return reviewHooks(config!, { listeners: named(listeners), pools: named(pools) }).map(
    ({ path, message }) => `${keyText(path)} ${message}`,
  );
};

test("hooks are for requests", () => {
  expect(told(["web"], ["app"])).toEqual([]);
  expect(told(["raw"], ["bytes"])).toEqual([
    "listeners.raw.onRequest is for requests, and mode tcp has none",
    "pools.bytes.onRequest is for requests, and no listener of mode http uses this pool",
  ]);
});
