// What is counted of caching; what it does is in caching/*.test.ts, and by the sections of RFC 9111 in test/playbook/caching.test.ts.

import { expect, test } from "bun:test";
import { cached, date, filled, fresh } from "../../test/playbook/caching.ts";
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
