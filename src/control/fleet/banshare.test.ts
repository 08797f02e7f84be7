import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readBan, readBanBlock } from "../ban.ts";
import { Bans } from "../bans.ts";
import { silentLog } from "../log.ts";
import { BanShare, changeOf, changeWords, type Lifted } from "./banshare.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A node, with a clock of its own; `carry` brings what it has to say to another one, as Redis would, or nowhere. */
class Node {
  readonly bans: Bans;
  readonly share: BanShare;
  readonly clock: { nowMs: number };
  changes = 0;

  private constructor(bans: Bans, name: string, clock: { nowMs: number }, lifted: Iterable<readonly [string, Lifted]>) {
    this.bans = bans;
    this.clock = clock;
    const changed = (): void => void this.changes++;
    this.share = new BanShare({ bans, node: name, nowMs: () => clock.nowMs, lifted, changed, full: () => {} });
    bans.observer = this.share;
  }

  static async open(name: string, nowMs: number, lifted: Iterable<readonly [string, Lifted]> = []): Promise<Node> {
    const folder = mkdtempSync(join(tmpdir(), "sluice-bans-"));
    const clock = { nowMs };
    const bans = await Bans.open({ folder, log: silentLog(), nowMs: () => clock.nowMs, changed: () => {} });
    ends.push(() => {
      bans.close();
      rmSync(folder, { recursive: true });
    });
    return new Node(bans, name, clock, lifted);
  }

  ban(address: string, reason = "", length?: string): void {
    const ban = readBan({ address, reason, ...(length === undefined ? {} : { for: length }) }, this.clock.nowMs);
    if (!ban.ok) throw new Error(ban.message);
    this.bans.add(ban.value);
  }

  unban(address: string): void {
    const block = readBanBlock(address);
    if (block.ok) this.bans.remove(block.value);
  }

  carry(...others: readonly Node[]): void {
    const changes = this.share.next(100);
    for (const change of changes) {
      const [block, , , value] = changeWords(change) as [string, number, number, string];
      for (const other of others) {
        const told = changeOf(block, value, other.clock.nowMs);
        if (told !== null) other.share.hear(told);
      }
    }
    this.share.sent(changes);
  }

  get all(): string[] {
    return [...this.bans.all()].map(({ block, node, reason }) => `${block.text} ${node} ${reason}`.trim()).sort();
  }
}

const startMs = 1_790_000_000_000;

test("a ban and what lifts it go from node to node, each once", async () => {
  const [one, two] = [await Node.open("n1", startMs), await Node.open("n2", startMs)];
  one.ban("10.0.0.1", "scans");
  expect(one.all).toEqual(["10.0.0.1 n1 scans"]);
  expect([one.changes, one.share.hasMore]).toEqual([1, true]);
  one.carry(two);
  expect([one.share.hasMore, two.share.hasMore]).toEqual([false, false]);
  expect(two.all).toEqual(["10.0.0.1 n1 scans"]);
  two.unban("10.0.0.1");
  two.carry(one);
  expect([one.all, two.all]).toEqual([[], []]);
  expect([one.share.hasMore, one.share.next(10)]).toEqual([false, []]);
});

test("whoever sees a ban can lift it, wherever its clock stands", async () => {
  const [ahead, behind] = [await Node.open("ahead", startMs + 60_000), await Node.open("behind", startMs)];
  ahead.ban("10.0.0.1");
  ahead.carry(behind);
  behind.unban("10.0.0.1");
  behind.carry(ahead);
  expect(ahead.all).toEqual([]);
  behind.ban("10.0.0.1", "again");
  behind.carry(ahead);
  expect(ahead.all).toEqual(["10.0.0.1 behind again"]);
});

test("what was later counts, whichever comes first; of one time the later name", async () => {
  for (const order of [0, 1]) {
    const nodes = [await Node.open("n1", startMs), await Node.open("n2", startMs + 5)] as const;
    for (const node of nodes) node.ban("10.0.0.1", "mine");
    nodes[order]!.carry(nodes[1 - order]!);
    nodes[1 - order]!.carry(nodes[order]!);
    for (const node of nodes) expect(node.all).toEqual(["10.0.0.1 n2 mine"]);
  }
  const twins = [await Node.open("n1", startMs), await Node.open("n2", startMs)] as const;
  for (const node of twins) node.ban("10.0.0.1");
  twins[0].carry(twins[1]);
  twins[1].carry(twins[0]);
  for (const node of twins) expect(node.all).toEqual(["10.0.0.1 n2"]);
});

test("a node that was away does not bring back what was lifted meanwhile, also after a restart of who lifted it", async () => {
  const [one, away] = [await Node.open("n1", startMs), await Node.open("n2", startMs)];
  one.ban("10.0.0.1");
  one.carry(away);
  one.unban("10.0.0.1");
  const again = await Node.open("n1", startMs + 1000, one.share.lifted);
  away.share.tellAll();
  away.carry(again);
  expect(again.all).toEqual([]);
  again.carry(away);
  expect(away.all).toEqual([]);
  // A later ban of the same block is a ban.
  away.ban("10.0.0.1");
  away.carry(again);
  expect(again.all).toEqual(["10.0.0.1 n2"]);
  expect([...again.share.lifted]).toEqual([]);
});

test("bans of before the fleet are told as our own, and those that are over by themselves are not told", async () => {
  const one = await Node.open("n1", startMs);
  one.bans.observer = null;
  one.ban("10.0.0.1");
  one.ban("10.0.0.2", "", "1s");
  one.share.tellAll();
  expect(one.share.next(10).map(({ block, node }) => `${block} ${node}`)).toEqual(["10.0.0.1 n1", "10.0.0.2 n1"]);
  const [, , endsMs, value] = changeWords(one.share.next(10)[1]!) as [string, number, number, string];
  expect(endsMs).toBe(startMs + 1000);
  expect(changeOf("10.0.0.2", value, startMs + 1000)).toBeNull();
  one.unban("10.0.0.1");
  expect(one.share.hasMore).toBeTrue();
});

test("a change that is overtaken while it is on its way is told once more", async () => {
  const one = await Node.open("n1", startMs);
  one.ban("10.0.0.1", "first");
  const changes = one.share.next(10);
  one.ban("10.0.0.1", "second");
  one.share.sent(changes);
  expect(one.share.next(10).map(({ ban }) => ban?.reason)).toEqual(["second"]);
});

test.each(["", "x", "1 n1", '1 n1\n{"address":"x"}', "1 n1\n{"])("%j is no change", (value) => {
  expect(changeOf("10.0.0.1", value, startMs)).toBeNull();
});

test("a ban under another block's name is none", () => {
  const record = '{"address":"10.0.0.2","reason":"","by":"","since":"2026-01-01T00:00:00.000Z","until":null}';
  expect(changeOf("10.0.0.2", `1 n1\n${record}`, startMs)?.ban?.node).toBe("n1");
  expect(changeOf("10.0.0.1", `1 n1\n${record}`, startMs)).toBeNull();
});
