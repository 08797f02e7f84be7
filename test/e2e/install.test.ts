// What a stranger does first: a fresh clone and `npm start`; a pack, an install into an empty folder and `npx sluice`. Both
// fetch packages with npm. Slow: most of it is npm's own time.

import { expect, setDefaultTimeout } from "bun:test";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { stateFolderOf } from "../../src/control/state.ts";
import { freePort } from "./harness/port.ts";
import { childrenOf, isAlive } from "./harness/processes.ts";
import { find, type Ran, ran, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { repository } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(240_000);
const timeoutMs = 180_000;
const test = testWith(["git", "npm", "node"]);
const npm = find("npm") ?? "npm";
/** As a user's shell would have it: nothing of the npm or Bun that runs the tests. */
const env: Record<string, string> = { npm_lifecycle_event: "", npm_config_audit: "false", npm_config_fund: "false" };

async function good(command: readonly string[], cwd: string): Promise<Ran> {
  const answer = await ran(command, { cwd, env, timeoutMs });
  if (answer.code !== 0) throw new Error(`${command.join(" ")} ended with ${answer.code}: ${answer.err}${answer.out}`);
  return answer;
}

test("in a fresh clone `npm start` alone installs what it needs and runs the demo", async () => {
  await using room = new Room();
  // A checkout without its history, such as an unpacked archive, has nothing to clone.
  if (!existsSync(`${repository}/.git`)) return console.log("skipped: this is no git checkout");
  const clone = room.path("clone");
  await good([find("git")!, "clone", "-q", repository, clone], room.folder);
  const [listen, admin] = [`127.0.0.1:${freePort()}`, `127.0.0.1:${freePort()}`];
  const child = Bun.spawn([npm, "start", "--", "--listen", listen, "--admin", admin], {
    cwd: clone,
    env: { ...process.env, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let said = "";
  const keep = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    for await (const chunk of stream) said += Buffer.from(chunk).toString();
  };
  void keep(child.stdout);
  void keep(child.stderr);
  // npm, the launcher, the control process and its workers: all of it is ours to end.
  const family = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(family)];
  room.ending(async () => {
    const all = family(child.pid);
    for (const pid of all) if (isAlive(pid)) process.kill(pid, "SIGKILL");
    await child.exited;
    rmSync(stateFolderOf(`demo ${listen} ${admin}`), { recursive: true, force: true });
  });
  await until(
    "the demo to answer",
    () => {
      if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}: ${said}`);
      return fetch(`http://${listen}/`).then(
        (response) => response.status === 200,
        () => false,
      );
    },
    timeoutMs,
  );
  const bodies = new Set<string>();
  for (let count = 0; count < 6; count++) {
    const page = await (await fetch(`http://${listen}/`)).text();
    bodies.add(/server \d/.exec(page)?.[0] ?? "");
  }
  expect([...bodies].sort()).toEqual(["server 1", "server 2", "server 3"]);
  await until("what to try to be said", () => said.includes(`curl http://${listen}/`));
  const all = family(child.pid);
  // npm alone is told, as by a process manager: the signal must find its way to the last worker.
  child.kill("SIGTERM");
  await until("all of it to end", () => !all.some(isAlive), 20_000);
  expect((await good([find("git")!, "status", "--porcelain"], clone)).out).toBe("");
});

test("packed and installed into an empty folder, `npx sluice` works and its types and defineConfig are found", async () => {
  await using room = new Room();
  const folder = room.path("user");
  mkdirSync(folder);
  await good([npm, "pack", "--silent", "--pack-destination", room.folder], repository);
  const [archive] = [...new Bun.Glob("sluice-*.tgz").scanSync(room.folder)];
  await good([npm, "init", "-y"], folder);
  await good([npm, "install", "--prefer-offline", `../${archive}`], folder);
  const npx = find("npx")!;
  expect((await good([npx, "sluice", "version"], folder)).out).toMatch(/^sluice \d+\.\d+\.\d+ \(bun \d/);
  const port = freePort();
  room.write(
    "user/sluice.config.ts",
    `import { defineConfig } from "sluice";
export default defineConfig({
  listeners: { web: { listen: "127.0.0.1:${port}", use: "app" } },
  pools: { app: { servers: ["127.0.0.1:1"] } },
});
`,
  );
  const checked = await good([npx, "sluice", "check", "sluice.config.ts"], folder);
  expect(checked.out).toContain(`127.0.0.1:${port}`);
  room.write(
    "user/bad.config.ts",
    'import { defineConfig } from "sluice";\nexport default defineConfig({ pols: {} });\n',
  );
  const bad = await ran([npx, "sluice", "check", "bad.config.ts"], { cwd: folder, env, timeoutMs });
  expect(bad.code).toBe(1);
  expect(bad.out + bad.err).toContain('did you mean "pools"');
});
