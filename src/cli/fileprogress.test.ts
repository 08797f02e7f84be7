import { expect, test } from "bun:test";
import { FileProgress } from "./fileprogress.ts";

function told(isWatched: boolean, size: number | null): string[] {
  const said: string[] = [];
  const progress = new FileProgress(size, "requests", isWatched, (text) => void said.push(text));
  for (let second = 1; second <= 30; second++) {
    progress.took(100_000);
    progress.see(second * 1000, second * 1000);
  }
  progress.end();
  return said;
}

test("who watches sees one line, which goes away at the end", () => {
  const said = told(true, 6_000_000);
  expect(said).toHaveLength(31);
  expect(said.every((text) => text.startsWith("\r\x1b[K"))).toBe(true);
  expect(said[14]).toContain("25 % of ");
  expect(said[14]).toContain("s left");
  expect(said.at(-1)).toBe("\r\x1b[K");
});

test("a file gets a line now and then, and no more than what was read where that is all that is known", () => {
  const said = told(false, null);
  expect(said).toHaveLength(3);
  expect(said.every((text) => text.endsWith("/s\n") && !text.includes("%"))).toBe(true);
});
