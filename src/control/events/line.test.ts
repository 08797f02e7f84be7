import { expect, test } from "bun:test";
import { EventLine, type EventSort } from "./line.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (taken: Uint8Array | null) => (taken === null ? null : new TextDecoder().decode(taken));

/** Each ten bytes long. */
function push(line: EventLine, sort: EventSort, ...names: readonly string[]): void {
  for (const name of names) line.push(sort, bytes(name.padEnd(10, ".")));
}

function names(line: EventLine): string[] {
  return (text(line.take(1_000_000)) ?? "").split(/\.+/).filter((name) => name !== "");
}

test("what waits is taken in the order in which it came, about as much as is asked for", () => {
  const line = new EventLine(1000);
  push(line, "news", "a", "b");
  push(line, "request", "c");
  expect([line.bytes, line.isEmpty]).toEqual([30, false]);
  expect(text(line.take(15))).toBe("a.........b.........");
  expect(text(line.take(1))).toBe("c.........");
  expect([line.take(1), line.bytes, line.isEmpty]).toEqual([null, 0, true]);
});

test("of figures the latest counts, in the place of those that were not taken", () => {
  const line = new EventLine(1000);
  push(line, "figures", "old");
  push(line, "news", "a");
  push(line, "figures", "new");
  expect(names(line)).toEqual(["new", "a"]);
});

test("too many requests are lost from the oldest on, down to half, and counted once", () => {
  const line = new EventLine(100);
  push(line, "request", ..."abcdefghij");
  expect(line.takeDropped()).toBeNull();
  push(line, "request", "k");
  expect(line.bytes).toBe(50);
  expect(line.takeDropped()).toEqual({ requests: 6, others: 0 });
  expect(line.takeDropped()).toBeNull();
  expect(names(line)).toEqual(["g", "h", "i", "j", "k"]);
});

test("changes of servers go before requests, and all servers are owed until they are paid", () => {
  const line = new EventLine(100);
  push(line, "request", "a", "b");
  push(line, "servers", ..."cdefghij");
  push(line, "request", "k");
  expect(line.owesServers).toBe(true);
  expect(line.takeDropped()).toBeNull();
  push(line, "servers", "late");
  expect(names(line)).toEqual(["a", "b", "k"]);
  line.payServers();
  push(line, "servers", "again");
  expect([line.owesServers, names(line)]).toEqual([false, ["again"]]);
});

test("news goes last, and is counted too; figures never go", () => {
  const line = new EventLine(100);
  push(line, "figures", "f");
  push(line, "request", "r");
  push(line, "news", ..."abcdefghi");
  expect(line.takeDropped()).toEqual({ requests: 1, others: 5 });
  expect(names(line)).toEqual(["f", "f", "g", "h", "i"]);
});

test("whatever comes, no more waits than the bound and one event", () => {
  const line = new EventLine(200);
  const sorts: readonly EventSort[] = ["request", "servers", "news", "figures", "request"];
  for (let index = 0; index < 5000; index++) {
    push(line, sorts[(index * 7) % 5]!, `n${index}`);
    expect(line.bytes).toBeLessThanOrEqual(200);
    if (index % 97 === 0) line.take(50);
  }
});

test("an event that is larger than the bound by itself does not wait", () => {
  const line = new EventLine(100);
  line.push("request", new Uint8Array(500));
  expect([line.isEmpty, line.bytes, line.takeDropped()]).toEqual([true, 0, { requests: 1, others: 0 }]);
});
