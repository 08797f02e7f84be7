// What an explanation says of the cache.

import { expect, test } from "bun:test";
import { cached, date } from "../../../test/playbook/caching.ts";
import { get, ok } from "../../../test/playbook/words.ts";
import { Playbook } from "../../../test/playbook.ts";
import { explain } from "../explain.ts";
import { explanationLines } from "../explanationtext.ts";
import { readQuestion } from "../question.ts";

const fresh = "Cache-Control: max-age=60";

function told(play: Playbook, path: string, headers: readonly (readonly [string, string])[] = []): string[] {
  const question = readQuestion({ url: `http://a${path}`, headers }, play.context.site.plan);
  if (!question.ok) throw new Error(JSON.stringify(question));
  return explanationLines(explain(question.value, play.circumstances));
}

function explained(play: Playbook, path: string): string[] {
  return told(play, path).filter((line) => line.startsWith("cache"));
}

test("an explanation says what the cache has, and changes nothing in it", () => {
  const play = new Playbook(cached({ staleWhileRevalidateMs: 60_000 }));
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends(ok("hello", date, fresh));
  play.take();
  expect(explained(play, "/")).toEqual([
    "cache pages: hit. It was answered from the cache. It is fresh for 60 s more.",
  ]);
  expect(explained(play, "/none")).toEqual([
    "cache pages: miss. Nothing was stored for its URL. The answer is not stored: nothing says how long it is fresh, and nothing allows a guess.",
  ]);
  play.pass(70_000);
  expect(explained(play, "/")).toEqual([
    "cache pages: stale. It was answered from the cache. It has been stale for 10 s.",
  ]);
  play.expectAmong();
  play.connect().sends(get("/none"));
  play.expectAmong("dial one:80");
});

test("a request that wants nothing but what is stored is answered 504 where nothing is, and that is said", () => {
  const play = new Playbook(cached({}));
  const client = play.connect();
  client.sends(get("/"));
  play.accept().sends(ok("hello", date, fresh));
  play.take();
  const last = (path: string, control: string): string[] =>
    told(play, path, [["Cache-Control", control]]).filter((line) => /^(?:cache|=>)/.test(line));
  const wants = "The request wants nothing from a server (only-if-cached).";
  expect(last("/none", "only-if-cached")).toEqual([
    `cache pages: miss. Nothing was stored for its URL. ${wants}`,
    "=> it is answered 504",
  ]);
  expect(last("/", "only-if-cached")).toEqual([
    "cache pages: hit. It was answered from the cache. It is fresh for 60 s more.",
    "=> the cache answers 200",
  ]);
  play.pass(70_000);
  expect(last("/", "only-if-cached")).toEqual([
    `cache pages: miss. What was stored was stale. ${wants}`,
    "=> it is answered 504",
  ]);
});
