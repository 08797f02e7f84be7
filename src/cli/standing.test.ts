import { afterEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { stateFolderOf } from "../control/state.ts";
import { processOwner } from "../owner.ts";
import { standingText } from "./standing.ts";

const root = mkdtempSync(join(tmpdir(), "sluice-standing-"));
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** As the control of a Sluice that runs with this config leaves it. */
function run(config: string, pid: number, startedAt: number): void {
  const folder = join(root, basename(stateFolderOf(config)));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "control.pid"), `${pid} ${startedAt}\n`);
}

function fieldsOf(pid: number): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

test("a control that is stopped is told as such, and how to let it go on", async () => {
  const child = Bun.spawn(["sleep", "60"]);
  const { pid } = child;
  try {
    run("/etc/a.yaml", pid, Number(fieldsOf(pid)[19]));
    expect(standingText("/etc/a.yaml", root)).toBe(
      `: its process ${pid} lives and does not answer; its workers may still serve`,
    );
    child.kill("SIGSTOP");
    while (fieldsOf(pid)[0] !== "T") await Bun.sleep(1);
    const told = `: its process ${pid} is stopped (kill -CONT ${pid} lets it go on); its workers may still serve`;
    expect(standingText("/etc/a.yaml", root)).toBe(told);
    expect(standingText(undefined, root)).toBe(told);
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
  expect(standingText("/etc/a.yaml", root)).toBe("");
});

test("of several Sluices none is meant unless its config is given, and of none nothing is said", () => {
  expect(standingText(undefined, root)).toBe("");
  const { id, startedAt } = processOwner();
  run("/etc/a.yaml", id, startedAt);
  run("/etc/b.yaml", id, startedAt + 1);
  expect(standingText(undefined, root)).toContain(`: its process ${id} lives`);
  expect(standingText("/etc/b.yaml", root)).toBe("");
  run("/etc/b.yaml", id, startedAt);
  expect(standingText(undefined, root)).toBe("");
  expect(standingText("/etc/b.yaml", root)).toContain(`: its process ${id} lives`);
});

test("what another user has put there to be waited for is not waited for", () => {
  const folder = join(root, basename(stateFolderOf("/etc/fifo.yaml")));
  mkdirSync(folder, { recursive: true });
  expect(Bun.spawnSync(["mkfifo", join(folder, "control.pid")]).exitCode).toBe(0);
  expect(standingText("/etc/fifo.yaml", root)).toBe("");
});
