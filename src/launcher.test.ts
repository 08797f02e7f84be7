import { expect, test } from "bun:test";
import { join } from "node:path";

/** What a process says that was started by this one, with that in its environment. */
async function told(launcher: string | undefined): Promise<unknown> {
  const program = `
    import { endWithLauncher } from ${JSON.stringify(join(import.meta.dir, "launcher.ts"))};
    let ends = 0;
    endWithLauncher(() => ends++);
    console.log(JSON.stringify([ends, process.env.SLUICE_LAUNCHER ?? null]));
  `;
  const env: Record<string, string | undefined> = { ...process.env, SLUICE_LAUNCHER: launcher };
  if (launcher === undefined) delete env["SLUICE_LAUNCHER"];
  const child = Bun.spawn([process.execPath, "-e", program], { env, stdout: "pipe" });
  return JSON.parse(await new Response(child.stdout).text());
}

test("it goes on while its launcher lives, or where it has none, and what it starts has none either", async () => {
  expect(await told(String(process.pid))).toEqual([0, null]);
  expect(await told(undefined)).toEqual([0, null]);
  expect(await told("x")).toEqual([0, null]);
});

test("a launcher that has gone before anybody looked is one that is gone", async () => {
  expect(await told("1")).toEqual([1, null]);
});
