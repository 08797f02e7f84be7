import { afterEach, expect, test } from "bun:test";
import { allowExit, exit, forbidExit, RefusedExit } from "./exit.ts";

afterEach(allowExit);

test("code that would end the process is told that it may not, however it says so", () => {
  const { exit: real } = process;
  forbidExit();
  forbidExit();
  for (const call of [
    () => process.exit(1),
    () => globalThis.process.exit(),
    () => process.abort(),
    () => (process as unknown as { reallyExit(code: number): void }).reallyExit(1), // Told of nowhere.
  ])
    expect(call).toThrow(RefusedExit);
  expect(() => process.exit(1)).toThrow("process.exit() is not for hooks");
  allowExit();
  expect(process.exit).toBe(real);
});

/** In a process of its own: who hears of an end would take it for that of all tests. */
async function alone(text: string): Promise<unknown[]> {
  const program = `import { exit, forbidExit } from ${JSON.stringify(`${import.meta.dir}/exit.ts`)}; ${text}`;
  const child = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe", stderr: "pipe" });
  const said = [new Response(child.stdout).text(), new Response(child.stderr).text()];
  return [await child.exited, ...(await Promise.all(said))];
}

test("who had hold of exit() before has the runtime end nothing", async () => {
  const refused = "try { real(3); } catch (error) { console.log(error.name); }";
  const text = `const real = process.exit; forbidExit(); ${refused} process.nextTick(() => console.log("goes on", process.exitCode));`;
  expect(await alone(text)).toEqual([0, "RefusedExit\ngoes on 0\n", ""]);
  const named = `const { exit: real } = await import("node:process"); forbidExit(); ${refused} process.nextTick(() => console.log("goes on"));`;
  expect(await alone(named)).toEqual([0, "RefusedExit\ngoes on\n", ""]);
});

test("the worker itself ends with its code all the same", async () => {
  expect(await alone("forbidExit(); exit(7);")).toEqual([7, "", ""]);
  expect(exit).toBeFunction();
});
