import { expect, test } from "bun:test";
import { type Change, changeCause, memberState } from "../../memory/egress.ts";
import { SharedEgressBoard } from "../../memory/egressboard.ts";
import { openLog } from "../log.ts";
import { Changes } from "./changes.ts";
import { causeText, causeWord, faultWord, isoOf, labelOf, stateText, stateWord, whyText } from "./wording.ts";

test("every state and cause has words, and labels of metrics are made of them", () => {
  expect(Object.values(memberState).map(stateWord)).toEqual(["none", "available", "coolingDown", "trial", "banned"]);
  expect([stateText("coolingDown"), stateText("trial"), labelOf("coolingDown"), labelOf("badTime")]).toEqual([
    ...["cooling down", "on trial", "cooling_down", "bad_time"],
  ]);
  for (const [word, cause] of Object.entries(changeCause)) {
    expect(causeWord(cause)).toBe(word as typeof word & ReturnType<typeof causeWord>);
    if (cause !== changeCause.none) expect([word, causeText(causeWord(cause)).length > 5]).toEqual([word, true]);
  }
});

test("why tells the host or the reason, where it is known", () => {
  expect(whyText("failures", "shop.example")).toBe("too many failures at shop.example");
  expect(whyText("failures", null)).toBe("too many failures");
  expect(whyText("manual", "ann: captchas")).toBe("by an operator: ann: captchas");
  expect(whyText("transport", "")).toBe("no answers through it");
});

test("times and faults that are none are null", () => {
  expect([isoOf(0), isoOf(Number.NaN), isoOf(1000)]).toEqual([null, null, "1970-01-01T00:00:01.000Z"]);
  expect([faultWord(0), faultWord(1), faultWord(9999)]).toEqual([null, "bad_start_line", null]);
});

test("a change is seen once, by whomever it was made, and those from before are not", () => {
  const board = SharedEgressBoard.inMemory({
    ...{ members: 4, entriesMax: 0, changesMax: 4, pairs: 16, hosts: 16, sessions: 16, users: 16, texts: 64 },
  });
  board.adopt(["a"], 1000);
  const lines: string[] = [];
  const log = openLog({ level: "info", format: "json", isColored: false, write: (line) => lines.push(line) });
  const changes = new Changes("scrape", board, log);
  const rows = Int32Array.of(board.memberOf("a"));
  const look = (): void => changes.look(rows, () => "a");
  look();
  board.open();
  for (let round = 0; round < 7; round++)
    board.keepChange(rows[0]!, {
      atMs: 2000,
      state: memberState.coolingDown,
      cause: changeCause.marked,
      forMs: 0,
      text: 0,
    });
  board.close();
  look();
  look();
  // Of seven the ring has kept four; all are counted.
  expect(changes.counts()).toEqual([{ state: "cooling_down", cause: "marked", count: 7 }]);
  expect(lines).toHaveLength(5);
  expect(lines.at(-1)).toContain("egress pool scrape: other changes of its addresses: 3 cooling down");
});

test("changes of one look are told the first one first, and no more than ten", () => {
  const shape = { members: 4, entriesMax: 0, changesMax: 16, pairs: 16, hosts: 16, sessions: 16, users: 16, texts: 64 };
  const board = SharedEgressBoard.inMemory(shape);
  board.adopt(["a", "b"], 1000);
  const lines: string[] = [];
  const log = openLog({ level: "info", format: "json", isColored: false, write: (line) => lines.push(line) });
  const changes = new Changes("scrape", board, log);
  const ids = ["a", "b"];
  const rows = Int32Array.from(ids, (id) => board.memberOf(id));
  const come = (index: number, state: number, cause: number): void =>
    board.keepChange(rows[index]!, { atMs: 2000, state, cause, forMs: 0, text: 0 } as Change);
  const look = (): string[] => {
    lines.length = 0;
    changes.look(rows, (index) => ids[index]!);
    return lines.map((line) => (JSON.parse(line) as { msg: string }).msg.replace("egress pool scrape: ", ""));
  };
  for (const index of [0, 1]) {
    come(index, memberState.coolingDown, changeCause.failures);
    come(index, memberState.trial, changeCause.over);
    come(index, memberState.available, changeCause.trialPassed);
  }
  expect(look().map((line) => line.replace(/ \(.*/, ""))).toEqual([
    ...["a is cooling down", "a is on trial", "a is available"],
    ...["b is cooling down", "b is on trial", "b is available"],
  ]);
  for (let round = 0; round < 12; round++) come(0, memberState.coolingDown, changeCause.failures);
  const [last, ...ten] = look().reverse();
  expect([ten.length, last]).toEqual([10, "other changes of its addresses: 2 cooling down"]);
});

test("where no change is kept, all are counted, and told by number", () => {
  const shape = { members: 4, entriesMax: 0, changesMax: 0, pairs: 16, hosts: 16, sessions: 16, users: 16, texts: 64 };
  const board = SharedEgressBoard.inMemory(shape);
  board.adopt(["a"], 1000);
  const lines: string[] = [];
  const log = openLog({ level: "info", format: "json", isColored: false, write: (line) => lines.push(line) });
  const changes = new Changes("scrape", board, log);
  const row = board.memberOf("a");
  const come = (state: number, cause: number): void =>
    board.keepChange(row, { atMs: 2000, state, cause, forMs: 0, text: 0 } as Change);
  come(memberState.coolingDown, changeCause.failures);
  come(memberState.available, changeCause.over);
  come(memberState.banned, changeCause.manual);
  come(memberState.coolingDown, changeCause.transport);
  for (let time = 0; time < 2; time++) changes.look(Int32Array.of(row), () => "a");
  expect(changes.counts()).toEqual([
    { state: "available", cause: "over", count: 1 },
    { state: "cooling_down", cause: "failures", count: 1 },
    { state: "cooling_down", cause: "transport", count: 1 },
    { state: "banned", cause: "manual", count: 1 },
  ]);
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
    "egress pool scrape: changes of its addresses: 1 available, 2 cooling down",
  ]);
  // Another board has counts of its own, and what it brings along is no news.
  const larger = SharedEgressBoard.inMemory({ ...shape, changesMax: 4 });
  larger.adopt(["a"], 1000);
  larger.carry(board);
  changes.follow(larger);
  changes.look(Int32Array.of(larger.memberOf("a")), () => "a");
  expect([changes.counts().length, lines.length]).toEqual([4, 1]);
});
