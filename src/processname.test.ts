import { expect, test } from "bun:test";
import { join } from "node:path";

/** What a process is called that was started by that path, and has asked for its program's name. */
async function named(path: string): Promise<string> {
  const program = `
    import { takeProcessName } from ${JSON.stringify(join(import.meta.dir, "processname.ts"))};
    takeProcessName();
    console.log(require("node:fs").readFileSync("/proc/self/comm", "latin1").trim());
  `;
  const child = Bun.spawn({ cmd: [path, "-e", program], argv0: "/opt/sluice", stdout: "pipe" });
  return (await new Response(child.stdout).text()).trim();
}

test.if(process.platform === "linux")("only who is called exe takes its program's name", async () => {
  expect(await named("/proc/self/exe")).toBe("sluice");
  expect(await named(process.execPath)).not.toBe("sluice");
});
