import { describe, expect, test } from "bun:test";
import { memberState } from "../memory/egress.ts";
import { SharedEgressBoard } from "../memory/egressboard.ts";
import { Candidates } from "./candidates.ts";
import { Roster } from "./roster.ts";
import { Sample, sampleMember, sampleMembers, sampleShape, startMs } from "./sample.fixture.ts";

function make(members = sampleMembers(10)): { board: SharedEgressBoard; candidates: Candidates } {
  const board = SharedEgressBoard.inMemory(sampleShape);
  board.adopt(
    members.map(({ id }) => id),
    startMs,
  );
  return { board, candidates: new Candidates(new Roster(members, board), board) };
}

function usable(candidates: Candidates, nowMs: number): number[] {
  const list = candidates.list("", 0, false)!;
  list.refresh(nowMs);
  return [...list.usable.subarray(0, list.count)];
}

describe("lists", () => {
  test("of very many tags are forgotten again, and right when they are made again", () => {
    const members = Array.from({ length: 400 }, (_, index) => sampleMember(index, { tags: { n: String(index) } }));
    const sample = new Sample({ members });
    for (let round = 0; round < 2; round++)
      for (const [index, { id }] of members.entries()) expect(sample.who({ tags: `n=${index}` })).toBe(id);
    expect(sample.who()).toStartWith("10.0.");
  });

  test("are the same one for wishes that leave nobody out", () => {
    const { candidates } = make();
    const all = candidates.list("", 0, false);
    for (const family of [0, 4] as const)
      for (const isTunnel of [false, true]) expect(candidates.list("", family, isTunnel)).toBe(all);
    expect(candidates.list("", 6, false)).toBeNull();
    expect(candidates.list("country=de", 0, false)).toBeNull();
  });

  test("are gone through again when the board says so, but no more often than every 20 ms", () => {
    const { board, candidates } = make(sampleMembers(3));
    expect(usable(candidates, startMs)).toEqual([0, 1, 2]);
    board.words[board.memberOf("10.0.0.1")] = memberState.banned;
    expect(usable(candidates, startMs + 50)).toEqual([0, 1, 2]);
    board.touch();
    expect(usable(candidates, startMs + 60)).toEqual([0, 2]);
    board.words[board.memberOf("10.0.0.1")] = memberState.available;
    board.touch();
    expect(usable(candidates, startMs + 79)).toEqual([0, 2]);
    expect(usable(candidates, startMs + 80)).toEqual([0, 1, 2]);
  });

  test("know members that the board has a row for only later", () => {
    const { board, candidates } = make(sampleMembers(2));
    board.adopt(["10.0.0.0"], startMs);
    const fresh = new Candidates(new Roster(sampleMembers(2), board), board);
    expect(usable(fresh, startMs)).toEqual([0]);
    board.adopt(["10.0.0.0", "10.0.0.1"], startMs + 100);
    expect(usable(fresh, startMs + 100)).toEqual([0, 1]);
    expect(candidates.all!.members).toHaveLength(2);
  });
});

describe("places of keys", () => {
  test("are taken by each member as often as it weighs, in a table that is at most a quarter full", () => {
    const members = Array.from({ length: 500 }, (_, index) => sampleMember(index, { weight: 1 + (index % 3) }));
    const { placing } = make(members).candidates.all!;
    const met = new Map<number, number>();
    for (let key = 0; key < 200_000; key++) {
      const member = placing.at(key, 0);
      met.set(member, (met.get(member) ?? 0) + 1);
    }
    expect(met.size).toBe(501);
    expect(met.get(-1)! / 200_000).toBeWithin(0.74, 0.9);
    const weighing = (weight: number): number =>
      [...met]
        .filter(([member]) => member >= 0 && members[member]!.weight === weight)
        .reduce((sum, [, n]) => sum + n, 0);
    expect(weighing(3) / weighing(1)).toBeWithin(2.8, 3.2);
  });

  test("are scaled down where weights ask for too many", () => {
    const members = Array.from({ length: 400 }, (_, index) => sampleMember(index, { weight: 100 }));
    expect(make(members).candidates.all!.placing.size).toBe(262_144);
  });
});
