// What the door opens to (door.ts), under its names.

import { TestProxy } from "./proxy.ts";
import { subjectOf } from "./subject.ts";
import type { ConfigTest, TestWorld } from "./types.ts";

export { testHook } from "./hook.ts";

export async function testConfig(config: string | object, world: TestWorld): Promise<ConfigTest> {
  return await TestProxy.open(await subjectOf(config), world);
}
