import { afterEach, expect, test } from "bun:test";
import * as named from "node:process";
import { allowExit, exit, forbidExit, RefusedExit } from "./exit.ts";

afterEach(allowExit);

test("code that would end the process is told that it may not, however it says so", () => {
  const { exit: real } = process;
  forbidExit();
  forbidExit();
  for (const call of [
    () => process.exit(1),
    () => named.exit(1),
    () => globalThis.process.exit(),
    () => process.abort(),
    () => (process as unknown as { reallyExit(code: number): void }).reallyExit(1), // Told of nowhere.
  ])
    expect(call).toThrow(RefusedExit);
  expect(() => process.exit(1)).toThrow("process.exit() is not for hooks");
  allowExit();
  expect(process.exit).toBe(real);
});

test("who had hold of exit() before has the runtime end nothing", async () => {
  const { exit: real } = process;
  forbidExit();
  expect(() => real(3)).toThrow(RefusedExit);
  expect(process.exitCode).toBe(0);
  const { promise, resolve } = Promise.withResolvers<void>();
  process.nextTick(resolve);
  await promise;
});

test("the worker itself ends with its code all the same", async () => {
  const text = `import { exit, forbidExit } from ${JSON.stringify(`${import.meta.dir}/exit.ts`)}; forbidExit(); exit(7);`;
  const child = Bun.spawn([process.execPath, "-e", text], { stdout: "ignore", stderr: "pipe" });
  expect([await child.exited, await new Response(child.stderr).text()]).toEqual([7, ""]);
  expect(exit).toBeFunction();
});
