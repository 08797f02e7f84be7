import { afterEach, expect, test } from "bun:test";
import { giveConsoleBack, spokenMost, spokenTextMax, takeConsole } from "./console.ts";

/** What the code of a config has in hand. */
const config = console;

afterEach(giveConsoleBack);

function listen(): string[] {
  const entries: string[] = [];
  takeConsole((level, text) => entries.push(`${level} ${text}`));
  return entries;
}

test("what a config's code prints is an entry for each call, at the level of its method", () => {
  const entries = listen();
  config.log("%s has %d", "a", 5, { x: [1] });
  config.info("i");
  config.debug("d");
  config.warn("w");
  config.error(new Error("broken").message);
  config.write("bare\n");
  expect(entries).toEqual(["info a has 5 { x: [ 1 ] }", "info i", "debug d", "warn w", "error broken", "info bare"]);
});

test("a table is one entry too, and nothing that it holds ends a line or colours a terminal", () => {
  const entries = listen();
  config.table([{ a: 1 }]);
  config.log("one\ntwo\t\x1b[31mred\u2028");
  expect(entries).toHaveLength(2);
  expect(entries[0]).toContain("\\n│");
  expect(entries[1]).toBe("info one\\ntwo\\t\\u001b[31mred\\u2028");
});

test("a long text is cut", () => {
  const entries = listen();
  config.log("x".repeat(spokenTextMax));
  config.log("y".repeat(spokenTextMax + 1));
  expect(entries).toEqual([`info ${"x".repeat(spokenTextMax)}`, `info ${"y".repeat(spokenTextMax)}…`]);
});

test("what is too much is counted and told as a number", async () => {
  const entries = listen();
  for (let count = 0; count < spokenMost + 7; count++) config.log(count);
  expect(entries).toHaveLength(spokenMost);
  while (entries.length === spokenMost) await Bun.sleep(10);
  expect(entries.at(-1)).toBe("warn 7 more were left out: of one worker there are at most 100 entries a second");
  config.log("again");
  expect(entries.at(-1)).toBe("info again");
});

test("it is given back as it was", () => {
  const { log, table } = config;
  listen();
  expect(config.log).not.toBe(log);
  giveConsoleBack();
  expect([config.log, config.table]).toEqual([log, table]);
});
