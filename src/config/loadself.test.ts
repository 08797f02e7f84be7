import { expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emptyRegistry } from "../../test/emptyregistry.ts";
import { ownFile, runtimeOptions, selfCommand } from "./loadself.ts";

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
    const [runtime, ...rest] = selfCommand("worker").cmd;
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

test.if(process.platform === "linux")(
  "a file that was replaced or removed is started as what this process still is",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-self-"));
    try {
      const path = join(folder, "sluice");
      symlinkSync(process.execPath, path);
      expect(ownFile(path)).toBe(path);
      copyFileSync("/bin/true", join(folder, "new"));
      renameSync(join(folder, "new"), path);
      expect(ownFile(path)).toBe("/proc/self/exe");
      rmSync(path);
      expect(ownFile(path)).toBe("/proc/self/exe");
      const { stdout } = Bun.spawnSync([ownFile(path), "--version"]);
      expect(stdout.toString().trim()).toBe(Bun.version);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
