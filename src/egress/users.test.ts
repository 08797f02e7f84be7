import { describe, expect, test } from "bun:test";
import { changeCause, memberState } from "../memory/egress.ts";
import { EgressPool } from "./pool.ts";
import { drawn, memberFault, Sample, targetFault, wayFault } from "./sample.fixture.ts";

const { available, coolingDown, trial } = memberState;
const one = "10.0.0.0";
const dark = ["x.example", "y.example", "z.example"];

/** A user names hosts that nobody can reach, one after the other. */
function blame(sample: Sample, user: string, hosts: readonly string[] = dark): void {
  for (const host of hosts) sample.tell(one, { ...wayFault, host, user });
}

describe("strangers share a pool", () => {
  test("one of them alone, however many hosts it names, makes no member unavailable for the others", () => {
    const sample = new Sample();
    sample.tell(one, { user: "alice" });
    sample.tell(one, { user: "mallory" });
    for (let times = 0; times < 20; times++) blame(sample, "mallory");
    expect(sample.state(one)).toBe(available);
    // Where it was refused it is unavailable, and hosts are judged as ever.
    expect(sample.pairState(one, "x.example")).toBe(coolingDown);
    for (const id of ["10.0.0.1", "10.0.0.2"]) sample.tell(id, { ...wayFault, host: "x.example", user: "mallory" });
    expect(sample.pool.hostsDown()).toMatchObject([{ host: "x.example" }]);
  });

  test("what two of them meet with in a row is the member's", () => {
    const sample = new Sample();
    sample.tell(one, { user: "alice" });
    blame(sample, "bob", ["x.example", "y.example"]);
    expect(sample.state(one)).toBe(available);
    blame(sample, "alice", ["z.example"]);
    expect(sample.state(one)).toBe(coolingDown);
  });

  test("any answer ends the row for all of them", () => {
    const sample = new Sample();
    blame(sample, "alice", ["x.example"]);
    sample.tell(one, { user: "alice" });
    blame(sample, "bob", ["x.example", "y.example", "z.example"]);
    expect(sample.state(one)).toBe(available);
  });

  test("what is its own fault by all means needs no second witness", () => {
    const sample = new Sample();
    sample.tell(one, { user: "alice" });
    for (let times = 0; times < 3; times++) sample.tell(one, { ...memberFault, user: "bob" });
    expect(sample.state(one)).toBe(coolingDown);
  });

  test("one of them alone does not fail everybody's trial", () => {
    const sample = new Sample({ judge: { coolDown: { isTrial: true, growth: 4 } } });
    sample.tell(one, { user: "alice" });
    sample.coolDown(one);
    sample.pass(600_000);
    sample.pool.tick(sample.nowMs);
    blame(sample, "mallory");
    expect(sample.state(one)).toBe(trial);
    blame(sample, "alice", ["a.example"]);
    expect(sample.state(one)).toBe(coolingDown);
    expect(sample.causes(one).at(-1)).toBe(changeCause.trialFailed);
  });

  test("another process, and the next run, know that they are several", () => {
    const sample = new Sample();
    sample.tell(one, { user: "alice" });
    sample.tell(one, { user: "bob" });
    const other = new Sample({}, drawn(2), sample.board);
    blame(other, "bob");
    expect(other.state(one)).toBe(available);
    expect(other.pool).toBeInstanceOf(EgressPool);
  });

  test("each of two processes has seen one of them: together these are two", () => {
    const sample = new Sample();
    const other = new Sample({}, drawn(2), sample.board);
    sample.tell(one, { user: "alice" });
    other.tell(one, { user: "bob" });
    blame(sample, "alice");
    expect(sample.state(one)).toBe(available);
  });
});

describe("a pool of one user, or of nobody in particular", () => {
  test("is judged by what that one meets with", () => {
    for (const user of ["", "alice"]) {
      const sample = new Sample();
      sample.tell(one, { user });
      blame(sample, user);
      expect(sample.state(one)).toBe(coolingDown);
    }
  });
});

test("hosts that fail by the thousand do not make a board forget that there are several users", () => {
  const sample = new Sample();
  for (const user of ["alice", "bob"]) sample.tell(one, { user });
  for (let number = 0; number < 5000; number++) {
    sample.pass(1000);
    sample.tell(one, { ...wayFault, host: `${number}.example`, user: "bob" });
    if (number % 50 === 0) sample.tell("10.0.0.1", { ...targetFault, host: `${number}.test`, user: "bob" });
  }
  const other = new Sample({}, drawn(2), sample.board);
  blame(other, "bob");
  expect(other.state(one)).toBe(available);
});

test("where members are judged by themselves there is nothing to tell apart", () => {
  const sample = new Sample({ judge: { per: "member" } });
  sample.tell(one, { user: "alice" });
  blame(sample, "bob");
  expect(sample.state(one)).toBe(coolingDown);
});
