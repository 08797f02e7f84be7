// What tests import from "sluice". The engine behind it is loaded when a test asks for it, and by a name that no editor follows: a
// config that imports the same door pays nothing for it, neither when it runs nor while it is written.

import type { PoolHooks } from "../config/hooktypes.ts";
import type { ConfigTest, HookOutcome, HookWorld, TestRequest, TestWorld } from "./types.ts";

interface Engine {
  testHook(hooks: PoolHooks, request: TestRequest, world: HookWorld): Promise<HookOutcome>;
  testConfig(config: string | object, world: TestWorld): Promise<ConfigTest>;
}

const enginePath: string = "./engine.ts";

async function engine(): Promise<Engine> {
  return (await import(enginePath)) as Engine; // engine.ts says that it is one.
}

/**
 * Calls hooks as a proxy would, for one request, and tells what they did. `hooks`: the functions under their names, such as
 * `{ onRequest }`. `world`: what the server answers, and what else they meet.
 */
export async function testHook(hooks: PoolHooks, request: TestRequest, world: HookWorld = {}): Promise<HookOutcome> {
  return await (await engine()).testHook(hooks, request, world);
}

/**
 * A whole Sluice with this config, without processes and sockets: `config` is a path, or the value of `defineConfig`. Requests go
 * through its rules, tables, caches and hooks to servers that answer as `world` says. Rejects when the config is wrong.
 */
export async function testConfig(config: string | object, world: TestWorld = {}): Promise<ConfigTest> {
  return await (await engine()).testConfig(config, world);
}
