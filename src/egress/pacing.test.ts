import { describe, expect, test } from "bun:test";
import { drawn, memberFault, Sample, type SampleParts } from "./sample.fixture.ts";

const one = "10.0.0.0";

function workers(parts: SampleParts): [Sample, Sample] {
  const first = new Sample(parts);
  return [first, new Sample(parts, drawn(2), first.board)];
}

describe("an interval", () => {
  const parts: SampleParts = { members: 1, pace: { intervalMs: 1000, concurrencyMax: 0 } };

  test("lies between two requests of a member at a host, from the beginning of one to that of the next", () => {
    const sample = new Sample(parts);
    expect(sample.who()).toBe(one);
    expect(sample.choose()).toMatchObject({ refusal: "paced", retryMs: 1000 });
    sample.pass(999);
    expect(sample.choose()).toMatchObject({ refusal: "paced", retryMs: 1 });
    sample.pass(1);
    expect(sample.who()).toBe(one);
  });

  test("is of that host alone", () => {
    const sample = new Sample(parts);
    expect([sample.who(), sample.who({ host: "b.example" })]).toEqual([one, one]);
  });

  test("is the same turn for all workers", () => {
    const [here, there] = workers(parts);
    let chosen = 0;
    for (let turn = 0; turn < 50; turn++) {
      const answers = [here.who(), there.who()];
      expect(answers.filter((answer) => answer === one)).toHaveLength(1);
      chosen++;
      for (const worker of [here, there]) worker.pass(1000);
    }
    expect(chosen).toBe(50);
  });

  test("is kept by a worker whose clock is a little behind that of who has taken the turn", () => {
    const [here, there] = workers(parts);
    here.pass(40);
    expect(here.who()).toBe(one);
    expect(there.choose()).toMatchObject({ refusal: "paced", retryMs: 1040 });
  });

  test("of several members the first one's that is worth waiting for is told", () => {
    const sample = new Sample({ ...parts, members: 2, choose: "roundRobin" });
    sample.who();
    sample.pass(300);
    sample.who();
    expect(sample.choose().retryMs).toBe(700);
  });

  test("does not grow when the clock is set back", () => {
    const sample = new Sample(parts);
    sample.who();
    sample.pass(-3_600_000);
    expect(sample.who()).toBe(one);
    expect(sample.choose()).toMatchObject({ refusal: "paced", retryMs: 1000 });
  });

  test("is kept when the last resort is who is back soonest", () => {
    const sample = new Sample({ ...parts, whenNone: "soonest" });
    for (let times = 0; times < 3; times++) sample.tell(one, memberFault);
    expect(sample.choose()).toMatchObject({ why: "soonest" });
    expect(sample.choose()).toMatchObject({ refusal: "paced", retryMs: 1000 });
  });

  test("keeps a session where it is: it waits", () => {
    for (const lifetimeMs of [0, 60_000]) {
      const session = { lifetimeMs, idleMs: 0, requestsMax: 0, bytesMax: 0 };
      const sample = new Sample({ ...parts, members: 4, session });
      const id = sample.who({ key: "k" });
      expect(sample.choose({ key: "k" })).toMatchObject({ refusal: "paced", retryMs: 1000 });
      sample.pass(1000);
      expect(sample.who({ key: "k" })).toBe(id);
    }
  });
});

describe("concurrency", () => {
  const parts: SampleParts = { members: 1, pace: { intervalMs: 0, concurrencyMax: 2 } };

  test("is of a member at a host, over all workers, exactly", () => {
    const [here, there] = workers(parts);
    const held = here.hold();
    there.hold();
    for (const worker of [here, there]) expect(worker.choose()).toMatchObject({ refusal: "paced", retryMs: 50 });
    expect(here.who({ host: "b.example" })).toBe(one);
    here.pool.end(held, here.outcome());
    expect(there.who()).toBe(one);
    expect(here.who()).toBe("paced");
  });

  test("of who is free elsewhere the free one is chosen", () => {
    const sample = new Sample({ ...parts, members: 3 });
    const found = Array.from({ length: 6 }, () => sample.who());
    expect(new Set(found).size).toBe(3);
    expect(sample.who()).toBe("paced");
  });
});
