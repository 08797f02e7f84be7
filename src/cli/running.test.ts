import { afterEach, expect, test } from "bun:test";
import { chmodSync, lchownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { localDoorName } from "../control/localdoor.ts";
import { stateFolderOf } from "../control/state.ts";
import { socketsOf } from "./running.ts";

const user: number = process.getuid?.() ?? 0;
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function stage() {
  const root = mkdtempSync(join(tmpdir(), "running-"));
  ends.push(() => rmSync(root, { recursive: true }));
  const nameOf = (config: string, uid = user): string =>
    basename(stateFolderOf(config)).replace(/^sluice-\d+/, `sluice-${uid}`);
  /** As a Sluice of that user leaves it, with a socket in it that is listened on. */
  const run = (config: string, uid = user): string => {
    const folder = join(root, nameOf(config, uid));
    mkdirSync(folder, { mode: 0o700 });
    const path = join(folder, localDoorName);
    const server = Bun.serve({ unix: path, fetch: () => new Response("") });
    ends.push(() => server.stop(true));
    if (uid !== user) for (const each of [path, folder]) lchownSync(each, uid, uid);
    return path;
  };
  return { root, run, nameOf, ask: (config: string, asker?: number) => socketsOf(config, root, asker) };
}

test("the one that runs with a file is found, and no other", async () => {
  const { run, ask } = stage();
  const a = run("/etc/a.yaml");
  run("/etc/b.yaml");
  expect(await ask("/etc/a.yaml")).toEqual([a]);
  expect(await ask("/etc/c.yaml")).toEqual([]);
});

test("a socket that a crash has left behind is none", async () => {
  const { root, nameOf, ask } = stage();
  const folder = join(root, nameOf("/etc/a.yaml"));
  mkdirSync(folder, { mode: 0o700 });
  const path = join(folder, localDoorName);
  const crash = `Bun.serve({ unix: ${JSON.stringify(path)}, fetch: () => new Response("") }); process.kill(process.pid, "SIGKILL")`;
  await Bun.spawn([process.execPath, "-e", crash]).exited;
  expect(await ask("/etc/a.yaml")).toEqual([]);
});

test("a folder that others may write to, or a link to one, does not count", async () => {
  const { root, run, nameOf, ask } = stage();
  run("/etc/a.yaml");
  const folder = join(root, nameOf("/etc/a.yaml"));
  chmodSync(folder, 0o770);
  expect(await ask("/etc/a.yaml")).toEqual([]);
  chmodSync(folder, 0o750);
  expect(await ask("/etc/a.yaml")).toHaveLength(1);
  symlinkSync(folder, join(root, nameOf("/etc/b.yaml")));
  expect(await ask("/etc/b.yaml")).toEqual([]);
});

test("who is not root finds only what is the same user's: another's that can be entered only looks like a Sluice", async () => {
  const { root, run, nameOf, ask } = stage();
  const path = run("/etc/a.yaml");
  chmodSync(join(root, nameOf("/etc/a.yaml")), 0o711);
  chmodSync(path, 0o666);
  expect(await ask("/etc/a.yaml", user + 1)).toEqual([]);
  expect(await ask("/etc/a.yaml", user)).toEqual([path]);
});

test("a link to the socket of another Sluice is none", async () => {
  const { root, run, nameOf, ask } = stage();
  const other = run("/etc/b.yaml");
  const folder = join(root, nameOf("/etc/a.yaml"));
  mkdirSync(folder, { mode: 0o700 });
  symlinkSync(other, join(folder, localDoorName));
  expect(await ask("/etc/a.yaml")).toEqual([]);
});

test.skipIf(user !== 0)("root finds those of all users, in folders that are these users' own", async () => {
  const { root, run, nameOf, ask } = stage();
  const own = run("/etc/a.yaml");
  const other = run("/etc/a.yaml", 65534);
  expect([...(await ask("/etc/a.yaml"))].sort()).toEqual([own, other].sort());
  lchownSync(join(root, nameOf("/etc/a.yaml", 65534)), 65533, 65533);
  expect(await ask("/etc/a.yaml")).toEqual([own]);
});
