import { expect, test } from "bun:test";
import type { ChangeRecord } from "../api/shape/change.ts";
import { openLog } from "../log.ts";
import { Chronicle } from "./chronicle.ts";

function stage(level: "info" | "error" | "silent" = "info") {
  const lines: string[] = [];
  const log = openLog({ level, format: "json", isColored: false, write: (line) => lines.push(line) });
  const chronicle = new Chronicle(log, () => 0);
  return { lines, chronicle, log };
}

test("what the log is told is written there, and kept as a change with its level", () => {
  const { lines, chronicle } = stage();
  chronicle.log.info("one");
  chronicle.log.warn({ event: "server_down" }, "two");
  chronicle.log.error("three");
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(["one", "two", "three"]);
  expect(lines[1]).toContain("server_down");
  expect(chronicle.latest(2)).toEqual([
    { at: "1970-01-01T00:00:00.000Z", level: "error", text: "three" },
    { at: "1970-01-01T00:00:00.000Z", level: "warn", text: "two" },
  ]);
});

test("changes are told whatever the log's level lets through, also after it was set", () => {
  const { lines, chronicle, log } = stage("error");
  const told: ChangeRecord[] = [];
  chronicle.listen((change) => told.push(change));
  chronicle.log.info("quiet");
  expect([lines.length, told.length]).toEqual([0, 1]);
  chronicle.log.level = "info";
  expect([log.level, chronicle.log.level]).toEqual(["info", "info"]);
  chronicle.log.info("loud");
  expect([lines.length, told.length]).toEqual([1, 2]);
  chronicle.log.debug("never");
  chronicle.listen(null);
  chronicle.log.info("unheard");
  expect(told.map(({ text }) => text)).toEqual(["quiet", "loud"]);
});

test("the last 200 are kept, and long lines are cut", () => {
  const { chronicle } = stage("silent");
  for (let count = 0; count < 500; count++) chronicle.log.info(`line ${count}`);
  expect(chronicle.latest(1000)).toHaveLength(200);
  expect(chronicle.latest(1)[0]!.text).toBe("line 499");
  chronicle.log.info("x".repeat(5000));
  expect(chronicle.latest(1)[0]!.text).toHaveLength(1000);
});
