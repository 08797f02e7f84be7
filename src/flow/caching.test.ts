// What is counted of caching; what it does is in caching/*.test.ts, and by the sections of RFC 9111 in test/playbook/caching.test.ts.

import { expect, test } from "bun:test";
import { cached, cachePlan, date, filled, fresh } from "../../test/playbook/caching.ts";
import { get, ok, put } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import { poolCell } from "../memory/tally.ts";

test("each request is counted once, by what the cache did for it", () => {
  const words: string[] = [];
  const play = new Playbook(cached(), ({ caching }) => words.push(caching?.word ?? "-"));
  const { client, server } = filled(play, get("/"), ok("hello", date, fresh));
  client.sends(get("/"));
  client.sends(put("POST", "x"));
  server.sends("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  client.sends(get("/private"));
  play.connect().sends(get("/private"));
  server.sends(ok("x", "Cache-Control: private"));
  server.sends(ok("x", "Cache-Control: private"));
  expect(words).toEqual(["miss", "hit", "bypass", "miss", "pass"]);
  const row = play.tally.poolRow(0);
  const { cells } = play.tally;
  const counted = [poolCell.cacheHit, poolCell.cacheMiss, poolCell.cacheBypass, poolCell.cachePass].map(
    (cell) => cells[row + cell],
  );
  expect(counted).toEqual([1, 2, 1, 1]);
});

test("what was purged softly is shown stale, and not said to be fresh for a while", () => {
  const play = new Playbook(cached({ isTold: true }));
  const told = "Cache-Control: max-age=60, stale-while-revalidate=60";
  const { client } = filled(play, get("/"), ok("hello", date, told));
  const key = Buffer.from("http://a/");
  expect(play.memory.cacheOf(cachePlan).purge({ bytes: key, firstEnd: key.length, end: key.length }, true)).toBe(1);
  client.sends(get("/"));
  expect(play.take().join()).toContain("Cache-Status: Sluice; hit\\r\\n");
});
