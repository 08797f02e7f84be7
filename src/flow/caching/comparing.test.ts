// HEAD beside what is stored, as conversations by the sections of RFC 9111.

import { test } from "bun:test";
import { cached, date, filled, fresh } from "../../../test/playbook/caching.ts";
import { get, ok } from "../../../test/playbook/words.ts";
import { Playbook } from "../../../test/playbook.ts";

test("4.3.5: what HEAD says of it freshens what is stored, or makes it stale", () => {
  const play = new Playbook(cached({ isTold: false }));
  const head = get("/", "Cache-Control: no-cache").replace("GET", "HEAD");
  const { client, server } = filled(play, get("/"), ok("hello", date, fresh, 'ETag: "1"'));
  play.pass(10_000);
  client.sends(head);
  play.expectAmong();
  const later = "Date: Thu, 01 Jan 2026 00:00:10 GMT";
  server.sends(`HTTP/1.1 304 Not Modified\r\n${later}\r\nETag: "1"\r\n\r\n`);
  play.take();
  client.sends(get("/"));
  play.expect(client.gets(ok("hello", fresh, 'ETag: "1"', later, "Age: 0")), "report 200");
  client.sends(head);
  play.take();
  server.sends(ok("hi", later, fresh, 'ETag: "2"').slice(0, -2));
  play.take();
  client.sends(get("/"));
  play.expect(server.gets(get("/").replace("\r\n\r\n", '\r\nIf-None-Match: "1"\r\n\r\n')));
});

test("a HEAD is answered from what GET has stored; its own answer is not stored", () => {
  const play = new Playbook(cached({ isTold: false }));
  const head = get("/").replace("GET", "HEAD");
  const client = play.connect();
  client.sends(head);
  const server = play.accept();
  server.sends(ok("hello", date, fresh).slice(0, -5));
  play.take();
  client.sends(get("/"));
  play.expect(server.gets(get("/")));
  server.sends(ok("hello", date, fresh));
  play.take();
  client.sends(head);
  play.expect(client.gets(ok("hello", date, fresh, "Age: 0").slice(0, -5)), "report 200");
});
