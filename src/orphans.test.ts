import { expect, test } from "bun:test";
import { join } from "node:path";

const script = `
  import { existsSync, readFileSync } from "node:fs";
  import { reapOrphans } from ${JSON.stringify(join(import.meta.dir, "orphans.ts"))};
  const stateOf = (id) => {
    try {
      const stat = readFileSync("/proc/" + id + "/stat", "utf8");
      return stat.slice(stat.lastIndexOf(")") + 2)[0];
    } catch { return "gone"; }
  };
  const until = async (is) => { while (!is()) await new Promise((resume) => setTimeout(resume, 1)); };
  // Its parent ends before it does; in a session of its own nobody ends it with the others.
  const orphan = async () => {
    const { stdout } = Bun.spawnSync(["sh", "-c", "setsid sh -c 'exec sleep 0.05' > /dev/null & echo $!"]);
    return Number(String(stdout));
  };
  const first = await orphan();
  await until(() => stateOf(first) === "Z");
  const end = reapOrphans(100);
  const codes = [];
  const second = await orphan();
  for (let count = 0; count < 40; count++) codes.push(await Bun.spawn(["sh", "-c", "exit 3"]).exited);
  await until(() => stateOf(first) === "gone" && stateOf(second) === "gone");
  end();
  console.log(JSON.stringify([process.pid, [...new Set(codes)]]));`;

const canHaveOwnProcesses = Bun.spawnSync(["unshare", "-pf", "--mount-proc", "true"]).exitCode === 0;

test.skipIf(!canHaveOwnProcesses)(
  "as process 1 it asks for those who have lost their parent, and the runtime has its own children",
  () => {
    const { stdout, stderr } = Bun.spawnSync(
      ["unshare", "-pf", "--kill-child", "--mount-proc", process.execPath, "-e", script],
      { timeout: 20_000 },
    );
    expect([String(stdout), String(stderr)]).toEqual(["[1,[3]]\n", ""]);
  },
  30_000,
);
