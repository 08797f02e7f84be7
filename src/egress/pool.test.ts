import { describe, expect, test } from "bun:test";
import type { EgressMemberPlan } from "../config/plan.ts";
import { changeCause, memberState, memberWord } from "../memory/egress.ts";
import { SharedEgressBoard } from "../memory/egressboard.ts";
import {
  drawn,
  memberFault,
  Sample,
  type SampleParts,
  sampleMember,
  sampleShape,
  sampleWish,
} from "./sample.fixture.ts";

const { available, coolingDown, trial, banned } = memberState;
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

describe("who may be chosen", () => {
  test("is held until it ends, and says of how many it was drawn", () => {
    const sample = new Sample({ members: 3 });
    const choice = sample.choose();
    expect(choice).toMatchObject({ why: "chance", among: 3, refusal: null, retryMs: 0 });
    const held = { row: choice.row, lease: choice.lease };
    const id = sample.idOf(choice);
    expect(sample.pool.standing(id)).toMatchObject({ active: 1, usedMs: sample.nowMs });
    sample.pool.end(held, sample.outcome({ bytesUp: 10, bytesDown: 20 }));
    expect(sample.pool.standing(id)).toMatchObject({
      active: 0,
      requests: 1,
      successes: 1,
      bytesUp: 10,
      bytesDown: 20,
    });
  });

  test("is not who cools down, at the host or everywhere, or was tried, or is banned", () => {
    const sample = new Sample({ members: 5 });
    sample.coolDown("10.0.0.0");
    cool(sample, "10.0.0.1");
    sample.pool.ban("10.0.0.2", 0, "abuse", sample.nowMs);
    const tried = new Set([3]);
    for (let times = 0; times < 40; times++) expect(sample.who({ tried })).toBe("10.0.0.4");
    const found = new Set(Array.from({ length: 60 }, () => sample.who({ host: "b.example" })));
    expect([...found].sort()).toEqual(["10.0.0.1", "10.0.0.3", "10.0.0.4"]);
  });

  test("has the tags that are wished for, all of them", () => {
    const members: EgressMemberPlan[] = [
      sampleMember(0, { tags: { country: "de", provider: "acme" } }),
      sampleMember(1, { tags: { country: "de", provider: "other" } }),
      sampleMember(2, { tags: { country: "us", provider: "acme" } }),
    ];
    const sample = new Sample({ members });
    expect(sample.who({ tags: "country=us" })).toBe("10.0.0.2");
    expect(sample.who({ tags: "country=de\nprovider=acme" })).toBe("10.0.0.0");
    expect(sample.who({ tags: "country=fr" })).toBe("unfit");
    // A pool without members fails no wish by what was wished for.
    expect(new Sample({ members: [] }).who({ tags: "country=fr", family: 4 })).toBe("none");
    expect(sample.who({ tags: "country=us\nprovider=other" })).toBe("unfit");
    sample.coolDown("10.0.0.2");
    expect(sample.who({ tags: "country=us" })).toBe("none");
  });

  test("has the family that is wished for, where it is an address; and is no gateway for tunnels", () => {
    const tls = null;
    const proxy = {
      kind: "proxy",
      protocol: "http",
      host: "p.example",
      port: 3128,
      user: "",
      password: "",
      tls,
    } as const;
    const gateway = { kind: "gateway", address: "192.0.2.7", host: "127.0.0.1", port: 9001 } as const;
    const members: EgressMemberPlan[] = [
      sampleMember(0),
      sampleMember(1, { id: "2001:db8::1", door: { kind: "source", address: "2001:db8::1" } }),
      sampleMember(2, { id: "192.0.2.7", door: gateway }),
    ];
    const sample = new Sample({ members: members.slice(0, 2) });
    for (let times = 0; times < 20; times++) {
      expect(sample.who({ family: 4 })).toBe("10.0.0.0");
      expect(sample.who({ family: 6 })).toBe("2001:db8::1");
    }
    const gateways = new Sample({ members: members.slice(2) });
    expect(gateways.who({ family: 6 })).toBe("192.0.2.7");
    expect(gateways.who({ isTunnel: true })).toBe("unfit");
    const proxies = new Sample({ members: [sampleMember(0, { id: "p.example:3128", door: proxy })] });
    expect(proxies.who({ family: 6, isTunnel: true })).toBe("p.example:3128");
  });

  test("comes back the moment that its time is over, with nobody to tell that", () => {
    const sample = new Sample({ members: 1 });
    sample.coolDown(one);
    expect(sample.choose()).toMatchObject({ refusal: "none", retryMs: 10 * minuteMs });
    sample.pass(10 * minuteMs - 1);
    expect(sample.choose()).toMatchObject({ refusal: "none", retryMs: 1 });
    sample.pass(1);
    expect(sample.who()).toBe(one);
    expect(sample.state(one)).toBe(available);
  });

  test("is there at once when another worker has made the last one available", () => {
    const [here, there] = workers({ members: 1 });
    here.pool.ban(one, 0, "", here.nowMs);
    expect(there.who()).toBe("none");
    here.pool.unban(one, "", here.nowMs);
    expect(there.who()).toBe(one);
  });

  test("may be somebody else's row by the time it ends: that one is told nothing", () => {
    const sample = new Sample({ members: 1 });
    const held = sample.hold();
    sample.board.adopt(["203.0.113.1"], sample.nowMs);
    expect(sample.board.memberOf("203.0.113.1")).toBe(held.row);
    sample.pass(10);
    for (let times = 0; times < 3; times++) sample.pool.end(held, sample.outcome({ ...memberFault, bytesUp: 7 }));
    expect(sample.pool.standing("203.0.113.1")).toMatchObject({ active: 0, failures: 0, requests: 0, bytesUp: 0 });
  });
});

describe("an operator", () => {
  test("bans: nothing brings it back before its time, and then it is available", () => {
    const sample = new Sample({ members: 2, judge: { coolDown: { isTrial: true } } });
    sample.coolDown(one);
    sample.pass(minuteMs);
    expect(sample.pool.ban(one, sample.nowMs + 60 * minuteMs, "abuse report 7", sample.nowMs)).toBeTrue();
    expect(sample.pool.standing(one)).toMatchObject({ state: banned, why: "by an operator: abuse report 7" });
    sample.pass(59 * minuteMs);
    sample.pool.tick(sample.nowMs);
    for (let times = 0; times < 20; times++) expect(sample.who()).toBe(two);
    sample.tell(one, {});
    expect(sample.state(one)).toBe(banned);
    sample.pass(minuteMs);
    sample.pool.tick(sample.nowMs);
    expect(sample.state(one)).toBe(available);
  });

  test("bans for ever", () => {
    const sample = new Sample({ members: 1 });
    sample.pool.ban(one, 0, "", sample.nowMs);
    sample.pass(10 * 365 * 86_400_000);
    sample.pool.tick(sample.nowMs);
    expect(sample.choose()).toMatchObject({ refusal: "none", retryMs: 0 });
  });

  test("unbans, which forgets failures, levels, and what was held against it at hosts", () => {
    const sample = new Sample({ members: 2, judge: { coolDown: { growth: 2 } } });
    cool(sample, one);
    sample.coolDown(one);
    cool(sample, two);
    expect(sample.pool.unban(one, "was ours", sample.nowMs)).toBeTrue();
    expect(sample.pool.standing(one)).toMatchObject({ state: available, level: 0, failures: 0 });
    expect(sample.pool.pairs(one, sample.nowMs)).toEqual([]);
    expect(sample.pool.pairs(two, sample.nowMs)).toHaveLength(1);
    expect(sample.who()).toBe(one);
  });

  test("is told of members that there are none of, and of times that are past", () => {
    const sample = new Sample({ members: 1 });
    expect(sample.pool.ban("192.0.2.99", 0, "", sample.nowMs)).toBeFalse();
    expect(sample.pool.unban("192.0.2.99", "", sample.nowMs)).toBeFalse();
    expect(sample.pool.ban(one, sample.nowMs, "", sample.nowMs)).toBeFalse();
    expect(sample.pool.standing("192.0.2.99")).toBeNull();
    expect(sample.pool.note("192.0.2.99", sample.outcome())).toBeFalse();
  });

  test("sees how many are in which state, and when the first is back", () => {
    const sample = new Sample({ members: 4 });
    expect(sample.pool.nextBackMs).toBe(0);
    sample.coolDown(one);
    sample.pool.ban(two, sample.nowMs + minuteMs, "", sample.nowMs);
    sample.pool.ban("10.0.0.2", 0, "", sample.nowMs);
    expect([available, coolingDown, trial, banned].map((state) => sample.pool.count(state))).toEqual([1, 1, 0, 2]);
    expect(sample.pool.nextBackMs).toBe(sample.nowMs + minuteMs);
  });
});

describe("causes", () => {
  test("of each change are told, with the host or the reason", () => {
    const sample = new Sample({ members: 1 });
    sample.coolDown(one);
    sample.pool.ban(one, 0, "abuse", sample.nowMs);
    sample.pool.unban(one, "", sample.nowMs);
    const found: [number, number, string | null][] = [];
    sample.board.changes(sample.board.memberOf(one), 10, ({ state, cause, text }) => {
      found.push([state, cause, sample.board.text(text)]);
      return true;
    });
    expect(found.reverse()).toEqual([
      [available, changeCause.added, ""],
      [coolingDown, changeCause.unusable, "a.example"],
      [banned, changeCause.manual, "abuse"],
      [available, changeCause.unbanned, ""],
    ]);
  });
});

describe("a pool whose plan was followed by another", () => {
  test("ends what it began, on the same board", () => {
    const board = SharedEgressBoard.inMemory(sampleShape);
    board.adopt([one, two], 0);
    const old = new Sample({ members: 2 }, drawn(1), board);
    const held = [old.hold(), old.hold(), old.hold()];
    board.adopt([two, "10.0.0.9"], old.nowMs);
    const next = new Sample({ members: [sampleMember(1), sampleMember(9)] }, drawn(1), board);
    for (const each of held) old.pool.end(each, old.outcome());
    for (const id of [two, "10.0.0.9"]) expect(board.words[board.memberOf(id) + memberWord.active]).toBe(0);
    expect([two, "10.0.0.9"]).toContain(next.who());
  });

  describe("and its board by one of another shape,", () => {
    const session = { lifetimeMs: minuteMs, idleMs: 0, requestsMax: 0, bytesMax: 1000 };
    const quota = { requestsMax: 0, bytesMax: 1500, periodMs: minuteMs };
    const pace = { intervalMs: 0, concurrencyMax: 1 };

    /** The plan goes over to a board with the second member and others; `change` says that a worker has it. */
    function reshaped(parts: SampleParts): { old: Sample; next: Sample; change: () => void } {
      const former = SharedEgressBoard.inMemory(sampleShape);
      former.adopt([one, two], 0);
      const old = new Sample({ members: 2, ...parts }, drawn(1), former);
      const board = SharedEgressBoard.inMemory({ ...sampleShape, members: sampleShape.members * 2, pairs: 8192 });
      board.adopt(["10.0.0.9", two], 0);
      const next = new Sample({ ...parts, members: [sampleMember(9), sampleMember(1)] }, drawn(1), board);
      const change = (): void => {
        board.carry(former);
        former.passOn(board);
        former.letGoAll();
      };
      return { old, next, change };
    }

    test("ends on that: what is in flight, what is learnt, and the bytes of quota and session", () => {
      const { old, next, change } = reshaped({ session, quota, pace });
      const wish = { key: "k", user: "alice" };
      const held = [old.hold(wish), old.hold({ ...wish, key: "other" })];
      change();
      expect(next.pool.standing(two)).toMatchObject({ active: 1 });
      // The other one, for it is busy.
      expect([next.who(), next.choose().refusal]).toEqual(["10.0.0.9", "paced"]);
      for (const each of held)
        old.pool.end(each, old.outcome({ ...wish, meaning: "ban", bytesUp: 400, bytesDown: 400 }));
      expect(next.pool.standing(two)).toMatchObject({ active: 0, failed: 1, bytesUp: 400 });
      expect(next.pairState(two)).toBe(coolingDown);
      expect(next.choose({ user: "alice", host: "b.example" })).toMatchObject({ refusal: "quota" });
      expect(old.pool.board.words[old.board.memberOf(two) + memberWord.requests]).toBe(0);
    });

    test("counts what a session has carried before and after", () => {
      const { old, next, change } = reshaped({ session });
      while (old.who({ key: "k" }) !== two) old.pass(minuteMs);
      const wish = { key: "k" };
      const held = old.hold(wish);
      change();
      next.nowMs = old.nowMs;
      expect(next.choose(wish)).toMatchObject({ why: "session" });
      old.pool.end(held, old.outcome({ ...wish, bytesDown: 1000 }));
      expect(next.choose(wish)).toMatchObject({ why: "chance" });
    });

    test("goes on to choose by its own plan, on that, and not what was tried before", () => {
      const { old, next, change } = reshaped({ pace });
      change();
      // Of its own two one is there.
      expect(old.who({ tried: new Set([0]) })).toBe(two);
      expect(old.pool.board.words[old.board.memberOf(two) + memberWord.active]).toBe(0);
      expect(next.pool.standing(two)).toMatchObject({ active: 1 });
      expect(old.who({ tried: new Set([1]) })).toBe("none");
    });

    test("what it chooses there ends there, and what began before as well", () => {
      const { old, next, change } = reshaped({ pace: { intervalMs: 0, concurrencyMax: 4 } });
      const active = (): number => next.board.words[next.board.memberOf(two) + memberWord.active]!;
      while (old.hold().row !== old.board.memberOf(two));
      change();
      expect([active(), old.pool.current.board]).toEqual([1, next.board]);
      const { current } = old.pool;
      const { row, lease } = current.choose(sampleWish({ tried: new Set([0]) }), old.nowMs);
      expect([row, active()]).toEqual([next.board.memberOf(two), 2]);
      current.end({ row, lease }, old.outcome());
      expect(active()).toBe(1);
    });

    test("through as many boards as there were reloads meanwhile", () => {
      const { old, next, change } = reshaped({});
      const held = [old.hold(), old.hold()];
      while (held.every(({ row }) => row !== old.board.memberOf(two))) held.push(old.hold());
      const count = held.filter(({ row }) => row === old.board.memberOf(two)).length;
      change();
      const last = SharedEgressBoard.inMemory(sampleShape);
      last.adopt([two], 0);
      last.carry(next.board as SharedEgressBoard);
      // Somebody was told of meanwhile, on the board between.
      old.pool.carry("alice", "", 1, 0);
      (next.board as SharedEgressBoard).passOn(last);
      (next.board as SharedEgressBoard).letGoAll();
      const active = (): number => last.words[last.memberOf(two) + memberWord.active]!;
      expect(active()).toBe(count);
      for (const each of held) old.pool.end(each, old.outcome());
      expect([active(), last.words[last.memberOf(two) + memberWord.successes]]).toEqual([0, count]);
    });
  });
});
