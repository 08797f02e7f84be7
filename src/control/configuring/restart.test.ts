import { expect, test } from "bun:test";
import type { ConfigInput } from "../../config/input.ts";
import { judge } from "../../config/judge.ts";
import type { Config } from "../../config/types.ts";
import { restartKeys } from "./restart.ts";

const machine = { workers: 2, cores: 8 };

function config(more: Partial<ConfigInput>): Config {
  const listeners = { web: { listen: "127.0.0.1:8080", use: "app" } };
  const { config: made, findings } = judge({ listeners, pools: { app: { servers: ["a:1"] } }, workers: 2, ...more });
  if (made === null) throw new Error(JSON.stringify(findings));
  return made;
}

test("what a running Sluice cannot do any more is named", () => {
  const [started, moved] = [config({}), config({ workers: 3, admin: { listen: "127.0.0.1:1" } })];
  expect(restartKeys(started, started, moved, machine)).toEqual(["workers", "admin"]);
  expect(restartKeys(started, started, started, machine)).toEqual([]);
  const other = config({ metrics: { listen: "127.0.0.1:2" }, log: { format: "json" } });
  expect(restartKeys(started, started, other, machine)).toEqual(["metrics.listen", "log.format"]);
});

test("it is told to who changes it, and neither to who changes another nor to who changes it back", () => {
  const [started, moved] = [config({}), config({ admin: { listen: "127.0.0.1:1" } })];
  const drained = config({ admin: { listen: "127.0.0.1:1" }, drainTimeout: "5s" });
  expect(restartKeys(started, moved, drained, machine)).toEqual([]);
  expect(restartKeys(started, moved, started, machine)).toEqual([]);
  expect(restartKeys(started, moved, config({ admin: { listen: "127.0.0.1:3" } }), machine)).toEqual(["admin"]);
});
