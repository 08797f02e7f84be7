import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emptyRegistry } from "../../test/emptyregistry.ts";
import { runtimeOptions, selfCommand } from "./loadself.ts";

const root = join(import.meta.dir, "../..");

test("the launcher gives the runtime the same options", () => {
  const launcher = readFileSync(join(root, "bin/sluice"), "utf8");
  for (const option of runtimeOptions) expect(launcher).toContain(`"${option}"`);
});

test("what lies in the folder that it is started in decides nothing", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-self-"));
  try {
    writeFileSync(join(folder, ".env"), "SELF_TEST=stray\n");
    writeFileSync(join(folder, "bunfig.toml"), 'preload = ["./stray.ts"]\n');
    writeFileSync(join(folder, "stray.ts"), 'console.log("stray");\n');
    writeFileSync(join(folder, "say.ts"), 'console.log(process.env["SELF_TEST"] ?? "nothing");\n');
    const [runtime, ...rest] = selfCommand("worker");
    const options = rest.slice(0, runtimeOptions.length);
    const child = Bun.spawn([runtime!, ...options, "say.ts"], { cwd: folder, stdout: "pipe" });
    expect(await new Response(child.stdout).text()).toBe("nothing\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a package that is not there is not fetched", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-self-"));
  const registry = emptyRegistry();
  try {
    writeFileSync(join(folder, "say.ts"), 'import * as all from "is-mistyped";\nconsole.log(all);\n');
    const child = Bun.spawn([process.execPath, ...runtimeOptions, "say.ts"], {
      cwd: folder,
      stderr: "pipe",
      env: { ...process.env, ...registry.env(join(folder, "cache")) },
    });
    expect(await new Response(child.stderr).text()).toContain("Cannot find package 'is-mistyped'");
    expect(registry.asked).toEqual([]);
  } finally {
    registry.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
