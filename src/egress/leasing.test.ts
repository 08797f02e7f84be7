import { describe, expect, test } from "bun:test";
import { memberState, recordWord } from "../memory/egress.ts";
import { trialPatienceMs } from "./cooling.ts";
import { drawn, memberFault, Sample, type SampleParts, sampleMembers, wayFault } from "./sample.fixture.ts";

const { available, trial } = memberState;
const one = "10.0.0.0";
const two = "10.0.0.1";
const minuteMs = 60_000;

function cool(sample: Sample, id: string, host = "a.example"): void {
  sample.tell(id, { meaning: "ban", host });
}

/** Two workers: pools of their own on one board. */
function workers(parts: SampleParts): [Sample, Sample] {
  const first = new Sample(parts);
  return [first, new Sample(parts, drawn(2), first.board)];
}

test("requests at a host are counted from the one on that anything is known of it there, and from the first where there is a pace", () => {
  for (const [pace, counted] of [
    [{ intervalMs: 0, concurrencyMax: 0 }, [0, 1, 2, 3]],
    [{ intervalMs: 0, concurrencyMax: 9 }, [1, 2, 3, 4]],
  ] as const) {
    const sample = new Sample({
      members: 1,
      pace,
      judge: { strategy: { kind: "consecutive", failures: 9, withinMs: minuteMs } },
    });
    const requests = (): number => {
      let found = 0;
      sample.board.records("pair", (record) => {
        found = sample.board.words[record + recordWord.requests]!;
      });
      return found;
    };
    const counts = [200, 403, 403, 200].map((status) => {
      const held = sample.hold();
      sample.pool.end(held, sample.outcome({ status }));
      return requests();
    });
    expect(counts).toEqual([...counted]);
  }
});

describe("on trial", () => {
  const parts: SampleParts = { members: 1, judge: { coolDown: { isTrial: true } } };

  test("one request at a time goes through, over all workers, until one has succeeded", () => {
    const [here, there] = workers(parts);
    here.coolDown(one);
    here.pass(10 * minuteMs);
    there.pass(10 * minuteMs);
    const held = here.hold();
    expect(here.state(one)).toBe(trial);
    for (const worker of [here, there]) expect(worker.choose()).toMatchObject({ refusal: "paced" });
    here.pool.end(held, here.outcome());
    expect(here.state(one)).toBe(available);
    expect([there.who(), there.who(), here.who()]).toEqual([one, one, one]);
  });

  test("the next one may go when the first tells nothing, or does not come to an end", () => {
    const sample = new Sample(parts);
    sample.coolDown(one);
    sample.pass(10 * minuteMs);
    const held = sample.hold();
    sample.pool.end(held, sample.outcome({ isCancelled: true, status: 0 }));
    expect(sample.state(one)).toBe(trial);
    expect(sample.who()).toBe(one);
    sample.pass(trialPatienceMs - 1);
    expect(sample.who()).toBe("paced");
    sample.pass(1);
    expect(sample.who()).toBe(one);
  });

  test("what was under way before does not keep a trial from beginning", () => {
    const sample = new Sample(parts);
    sample.hold();
    sample.coolDown(one);
    sample.pass(10 * minuteMs);
    expect(sample.who()).toBe(one);
  });

  test("a pair's trial is one at a time as well, and others are chosen meanwhile", () => {
    const sample = new Sample({ ...parts, members: 2 });
    cool(sample, one);
    sample.pass(10 * minuteMs);
    const found = Array.from({ length: 40 }, () => sample.who());
    expect(found.filter((id) => id === one)).toHaveLength(1);
    expect(found.filter((id) => id === two)).toHaveLength(39);
  });
});

describe("when none may be used", () => {
  test("refuse says so, and when the first is back, here or at this host", () => {
    const sample = new Sample({ members: 2 });
    cool(sample, one);
    sample.pass(minuteMs);
    sample.coolDown(two);
    expect(sample.choose()).toMatchObject({ member: -1, row: 0, lease: -1, refusal: "none", retryMs: 9 * minuteMs });
    expect(sample.who({ host: "b.example" })).toBe(one);
  });

  test("soonest takes who is to be back first, but never who is banned", () => {
    const sample = new Sample({ members: 3, whenNone: "soonest" });
    sample.pool.ban(one, sample.nowMs + 1000, "", sample.nowMs);
    sample.coolDown("10.0.0.2");
    sample.pass(minuteMs / 120);
    sample.coolDown(two);
    const choice = sample.choose();
    expect(choice).toMatchObject({ why: "soonest", refusal: null });
    expect(sample.idOf(choice)).toBe("10.0.0.2");
    const tried = new Set([choice.member]);
    expect(sample.who({ tried })).toBe(two);
    sample.pool.ban(two, 0, "", sample.nowMs);
    expect(sample.who({ tried })).toBe("none");
  });

  test("soonest takes who is to be back first at the host", () => {
    const sample = new Sample({ members: 2, whenNone: "soonest" });
    cool(sample, two);
    sample.pass(1);
    cool(sample, one);
    expect(sample.who()).toBe(two);
  });

  test("direct is no member at all", () => {
    const sample = new Sample({ members: 1, whenNone: "direct" });
    sample.coolDown(one);
    const choice = sample.choose();
    expect(choice).toMatchObject({ member: -1, row: 0, lease: -1, why: "direct", refusal: null });
    sample.pool.end({ row: choice.row, lease: choice.lease }, sample.outcome(wayFault));
    expect(sample.who({ tags: "country=de" })).toBe("unfit");
  });

  test("all of ten thousand being unavailable at a host is found out once, not for each request", () => {
    const members = sampleMembers(200);
    const sample = new Sample({ members });
    for (const { id } of members) cool(sample, id);
    const { board } = sample;
    const find = board.find.bind(board);
    let finds = 0;
    board.find = (kind, first, second) => {
      finds++;
      return find(kind, first, second);
    };
    for (let times = 0; times < 50; times++) expect(sample.who()).toBe("none");
    expect(finds).toBeLessThan(2 * members.length);
    sample.pass(20);
    expect(sample.who({ host: "b.example" })).not.toBe("none");
    sample.pool.unban(members[150]!.id, "", sample.nowMs);
    expect(sample.who()).toBe(members[150]!.id);
  });
});

describe("a success of who has no trouble", () => {
  test("takes no lock, and makes no records", () => {
    const sample = new Sample({ members: 3 });
    const { board } = sample;
    board.textOf("a.example");
    let locks = 0;
    const open = board.open.bind(board);
    board.open = () => {
      locks++;
      return open();
    };
    for (let times = 0; times < 10; times++) sample.pool.end(sample.hold(), sample.outcome());
    expect(locks).toBe(0);
    for (const kind of ["pair", "host", "session", "user"] as const)
      board.records(kind, () => expect.unreachable(`a ${kind} was made`));
    let entries = 0;
    for (const { id } of sample.pool.plan.members) board.history(board.memberOf(id), 20, () => ++entries > 0);
    expect(entries).toBe(10);
  });

  test("is not needed for a choice while nobody lets go of the board; what has to be agreed on waits", () => {
    const sample = new Sample({ members: 1, pace: { intervalMs: 0, concurrencyMax: 1 } });
    const free = new Sample({ members: 1 });
    for (const { board } of [sample, free]) board.open = () => false;
    expect(free.who()).toBe(one);
    free.tell(one, memberFault);
    expect(free.pool.standing(one)).toMatchObject({ failures: 0, failed: 1 });
    expect(sample.choose()).toMatchObject({ refusal: "paced" });
    expect(sample.pool.ban(one, 0, "", sample.nowMs)).toBeFalse();
  });
});
