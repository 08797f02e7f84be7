// The cache's part in the flow, as conversations: what a client says and gets, and what a server is asked, by the sections of RFC 9111.

import { expect, test } from "bun:test";
import { Playbook } from "../playbook.ts";
import { cached } from "./caching.ts";
import { get, ok } from "./words.ts";

const date = "Date: Thu, 01 Jan 2026 00:00:00 GMT";

test("3, 4: a response that may be stored answers the next request, with its age", () => {
  const play = new Playbook(cached());
  const client = play.connect();
  client.sends(get("/a"));
  play.expect("dial one:80");
  const server = play.accept();
  play.expect(server.gets(get("/a")));
  server.sends(ok("hello", date, "Cache-Control: max-age=60"));
  play.expect(
    client.gets(ok("hello", date, "Cache-Control: max-age=60", "Cache-Status: Sluice; fwd=uri-miss; stored; ttl=60")),
    "report 200",
  );
  play.pass(5_000);
  client.sends(get("/a"));
  play.expect(
    client.gets(ok("hello", date, "Cache-Control: max-age=60", "Age: 5", "Cache-Status: Sluice; hit; ttl=55")),
    "report 200",
  );
  client.closes();
  play.expectNothingLeft();
});
