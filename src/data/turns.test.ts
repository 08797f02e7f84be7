import { expect, test } from "bun:test";
import { Turns } from "./turns.ts";

/** Turns that end when the test says so, on a clock that moves when somebody works. */
function manual(): {
  readonly turns: Turns;
  readonly done: string[];
  readonly failures: Error[];
  work(name: string, pieces: number, ms: number): { goOn(): void };
  end(): boolean;
} {
  let clockMs = 100;
  const failures: Error[] = [];
  const driver = {
    nowMs: 0,
    refresh(): void {
      this.nowMs = clockMs;
    },
    failed: (error: Error): void => void failures.push(error),
  };
  const awaited: (() => void)[] = [];
  const turns = new Turns(driver, (call) => awaited.push(call));
  const done: string[] = [];
  return {
    turns,
    done,
    failures,
    work(name, pieces, ms) {
      let left = pieces;
      const flow = {
        goOn(): void {
          done.push(name);
          clockMs += ms;
          if (--left > 0) turns.giveWay(flow);
        },
      };
      return flow;
    },
    end() {
      expect(awaited.length).toBeLessThanOrEqual(1);
      const call = awaited.shift();
      done.length = 0;
      call?.();
      return call !== undefined;
    },
  };
}

test("those that give way go on by turns, for a millisecond in all, and the rest in the turns after", () => {
  const { turns, done, work, end } = manual();
  turns.giveWay(work("a", 6, 0.3));
  turns.giveWay(work("b", 2, 0.3));
  expect(done).toEqual([]);
  end();
  expect(done.join("")).toBe("abab");
  end();
  expect(done.join("")).toBe("aaaa");
  expect(end()).toBe(false);
});

test("one goes on in each turn, however long it takes", () => {
  const { turns, done, work, end } = manual();
  turns.giveWay(work("a", 2, 50));
  turns.giveWay(work("b", 1, 50));
  for (const name of ["a", "b", "a"]) {
    end();
    expect(done.join("")).toBe(name);
  }
  expect(end()).toBe(false);
});

test("four lines are read in each turn, in the order in which they were halted, beside the flows", () => {
  const { turns, done, work, end } = manual();
  for (const name of ["1", "2", "3", "4", "5"]) turns.halt({ goOn: () => void done.push(name) });
  turns.giveWay(work("a", 1, 5));
  end();
  expect(done.join("")).toBe("a1234");
  turns.halt({ goOn: () => void done.push("1") });
  end();
  expect(done.join("")).toBe("51");
  expect(end()).toBe(false);
});

test("one that fails is told of, and keeps nobody else from going on", () => {
  const { turns, done, failures, work, end } = manual();
  turns.giveWay({
    goOn() {
      throw new Error("mine");
    },
  });
  turns.giveWay(work("b", 1, 0));
  end();
  expect(done.join("")).toBe("b");
  expect(failures.map(({ message }) => message)).toEqual(["mine"]);
});
