// What the door opens to (door.ts), under its names. Nothing else imports it, so that what it brings along is loaded by tests only: the
// whole of a worker, and the compiler of configs.

import { TestProxy } from "./proxy.ts";
import { subjectOf } from "./subject.ts";
import type { ConfigTest, TestWorld } from "./types.ts";

export { testHook } from "./hook.ts";

export async function testConfig(config: string | object, world: TestWorld): Promise<ConfigTest> {
  return await TestProxy.open(await subjectOf(config), world);
}
