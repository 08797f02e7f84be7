import { expect, test } from "bun:test";
import { terminalVigil } from "./vigil.ts";

test("where there is no terminal nobody is asked", () => {
  expect(terminalVigil().isTerminal).toBe(process.stdin.isTTY === true && process.stderr.isTTY === true);
});

test("what is typed ends the wait, and its absence does after the time", async () => {
  const script = `import { terminalVigil } from "${import.meta.dir}/vigil.ts";
    const vigil = terminalVigil();
    console.log(JSON.stringify([await vigil.wait(20_000), await vigil.wait(1)]));
    vigil.show("3 s left");
    process.exit(0);`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
  child.stdin.write("r\n");
  await child.stdin.flush();
  expect(JSON.parse(await new Response(child.stdout).text())).toEqual(["r", null]);
  expect(await new Response(child.stderr).text()).toBe("\r\x1b[K3 s left");
});
