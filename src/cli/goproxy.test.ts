import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configsIn } from "./goproxy.ts";

const main = join(import.meta.dir, "..", "main.ts");
const places: string[] = [];
afterEach(() => {
  for (const place of places.splice(0)) rmSync(place, { recursive: true });
});

function place(): string {
  const made = mkdtempSync(join(tmpdir(), "sluice-goproxy-"));
  places.push(made);
  return made;
}

/** The command in that folder, to its end. */
async function started(cwd: string): Promise<{ code: number; err: string }> {
  const child = Bun.spawn([process.execPath, main, "goproxy"], { cwd, stdout: "ignore", stderr: "pipe" });
  const [err, code] = await Promise.all([child.stderr.text(), child.exited]);
  return { code, err };
}

test("the first folder with a cfg.toml counts", () => {
  const [first, second] = [place(), place()];
  expect(configsIn([first, second])).toEqual([]);
  writeFileSync(join(second, "cfg.toml"), "");
  expect(configsIn([first, second])).toEqual([join(second, "cfg.toml")]);
  writeFileSync(join(first, "cfg.toml"), "");
  expect(configsIn([first, second])).toEqual([join(first, "cfg.toml"), join(second, "cfg.toml")]);
});

// Where this machine has a goproxy of its own, that one would be found.
test.skipIf(existsSync("/etc/proxy/cfg.toml"))(
  "without any it says where it has looked, and with one in ./config/ which it takes",
  async () => {
    const cwd = place();
    const none = await started(cwd);
    expect(none.code).toBe(2);
    expect(none.err).toContain(`there is no cfg.toml: it is looked for in /etc/proxy/ and ${cwd}/config/`);
    mkdirSync(join(cwd, "config"));
    writeFileSync(join(cwd, "config", "cfg.toml"), '[server]\nport = ":8080"\nreverse = true\n');
    const wrong = await started(cwd);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain("goproxy: config/cfg.toml is taken");
    expect(wrong.err).toContain("config/cfg.toml:1:2: error: server must have proxy_pass");
  },
);
