// What is stored and stale, as conversations: asked for anew by conditions, shown meanwhile, shown when nothing better is to be had
// (RFC 9111 section 4.3, RFC 5861).

import { expect, test } from "bun:test";
import type { Actor } from "../../../test/playbook/actor.ts";
import { cached, date } from "../../../test/playbook/caching.ts";
import { get, ok } from "../../../test/playbook/words.ts";
import { Playbook } from "../../../test/playbook.ts";

const quiet = cached({ isTold: false });
const tag = 'ETag: "1"';

/** Stored, and 20 s old: stale after 10. */
function stale(
  control: string,
  options = quiet,
  ...fields: string[]
): { play: Playbook; client: Actor; server: Actor } {
  const play = new Playbook(options);
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends(ok("hello", date, control, ...fields));
  play.pass(20_000);
  play.take();
  return { play, client, server };
}

const later = "Date: Thu, 01 Jan 2026 00:00:20 GMT";
const asked = get("/", 'If-None-Match: "1"');

test("4.3.1, 4.3.4: what is stale is asked for anew by its ETag, and a 304 makes it fresh", () => {
  const { play, client, server } = stale("Cache-Control: max-age=10", cached(), tag);
  client.sends(get("/"));
  play.expect(server.gets(asked));
  server.sends(`HTTP/1.1 304 Not Modified\r\n${later}\r\nX-New: 1\r\n\r\n`);
  const made = ["Cache-Control: max-age=10", tag, later, "X-New: 1"];
  const status = "Cache-Status: Sluice; fwd=stale; fwd-status=304; ttl=10";
  play.expect(client.gets(ok("hello", ...made, "Age: 0", status)), "report 200");
  play.pass(5_000);
  client.sends(get("/"));
  play.expect(client.gets(ok("hello", ...made, "Age: 5", "Cache-Status: Sluice; hit; ttl=5")), "report 200");
  client.closes();
  play.expectNothingLeft();
});

test("4.3.1: by Last-Modified where there is no ETag, as it was sent", () => {
  const modified = "Last-Modified: Wed, 31 Dec 2025 00:00:00 GMT";
  const { play, client, server } = stale("Cache-Control: max-age=10", quiet, modified);
  client.sends(get("/"));
  play.expect(server.gets(get("/", "If-Modified-Since: Wed, 31 Dec 2025 00:00:00 GMT")));
  server.sends(`HTTP/1.1 304 Not Modified\r\n${later}\r\n\r\n`);
  play.expect(client.gets(ok("hello", "Cache-Control: max-age=10", modified, later, "Age: 0")), "report 200");
});

test("4.3.3: another answer takes the place of what was stored", () => {
  const { play, client, server } = stale("Cache-Control: max-age=10", quiet, tag);
  client.sends(get("/"));
  play.take();
  const made = [later, "Cache-Control: max-age=10", 'ETag: "2"'];
  server.sends(ok("other", ...made));
  play.expect(client.gets(ok("other", ...made)), "report 200");
  client.sends(get("/"));
  play.expect(client.gets(ok("other", ...made, "Age: 0")), "report 200");
});

test("the client's own condition is answered after ours", () => {
  const { play, client, server } = stale("Cache-Control: max-age=10", quiet, tag);
  client.sends(get("/", 'If-None-Match: "0"', "Range: bytes=0-1"));
  play.expect(server.gets(asked));
  server.sends(`HTTP/1.1 304 Not Modified\r\n${later}\r\n\r\n`);
  const made = ["Cache-Control: max-age=10", tag, later];
  const part = `HTTP/1.1 206 Partial Content\r\n${made.join("\r\n")}\r\nContent-Range: bytes 0-1/5\r\nContent-Length: 2\r\nAge: 0\r\n\r\nhe`;
  play.expect(client.gets(part), "report 206");
});

test("4.3.4: a 304 about something else is no answer: it is asked for whole", () => {
  const { play, client, server } = stale("Cache-Control: max-age=10", quiet, tag);
  client.sends(get("/", 'If-None-Match: "0"'));
  play.take();
  server.sends('HTTP/1.1 304 Not Modified\r\nETag: "7"\r\n\r\n');
  play.expect(server.gets(get("/")));
  const made = [later, "Cache-Control: max-age=10", 'ETag: "7"'];
  server.sends(ok("seven", ...made));
  play.expect(client.gets(ok("seven", ...made)), "report 200");
});

test("a 304 that says no-store ends what is stored", () => {
  const { play, client, server } = stale("Cache-Control: max-age=10", quiet, tag);
  client.sends(get("/"));
  play.take();
  server.sends("HTTP/1.1 304 Not Modified\r\nCache-Control: no-store\r\n\r\n");
  play.expect(server.gets(get("/")));
  server.sends(ok("secret", "Cache-Control: no-store"));
  play.expect(client.gets(ok("secret", "Cache-Control: no-store")), "report 200");
  client.sends(get("/"));
  play.expect(server.gets(get("/")));
});

test("a 304 that nobody asked for is a bad response", () => {
  const { play, client, server } = stale("Cache-Control: max-age=10", quiet, tag);
  client.sends(get("/"));
  server.sends('HTTP/1.1 304 Not Modified\r\nETag: "7"\r\n\r\n');
  play.take();
  server.sends('HTTP/1.1 304 Not Modified\r\nETag: "7"\r\n\r\n');
  expect(play.take().some((line) => line.startsWith("client 1 gets HTTP/1.1 502"))).toBe(true);
});

test("4.3.3: while one asks anew the others wait for its answer", () => {
  const { play, client, server } = stale("Cache-Control: max-age=10", cached(), tag);
  const other = play.connect();
  client.sends(get("/"));
  other.sends(get("/"));
  play.expect(server.gets(asked));
  server.sends(`HTTP/1.1 304 Not Modified\r\n${later}\r\n\r\n`);
  const made = ["Cache-Control: max-age=10", tag, later, "Age: 0"];
  play.expect(
    client.gets(ok("hello", ...made, "Cache-Status: Sluice; fwd=stale; fwd-status=304; ttl=10")),
    "report 200",
    other.gets(ok("hello", ...made, "Cache-Status: Sluice; fwd=stale; collapsed; ttl=10")),
    "report 200",
  );
});

test("5.2.2.4: what is always to be asked for is asked for each time", () => {
  const play = new Playbook(quiet);
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends(ok("hello", date, "Cache-Control: no-cache", tag));
  play.take();
  for (let round = 0; round < 2; round++) {
    client.sends(get("/"));
    play.expect(server.gets(asked));
    server.sends(`HTTP/1.1 304 Not Modified\r\n${date}\r\n\r\n`);
    play.expect(client.gets(ok("hello", "Cache-Control: no-cache", tag, date, "Age: 0")), "report 200");
  }
});

test("RFC 5861 section 3: stale is shown while an errand asks anew", () => {
  const control = "Cache-Control: max-age=10, stale-while-revalidate=30";
  const { play, client, server } = stale(control, cached(), tag);
  client.sends(get("/", 'If-None-Match: "0"'));
  play.expect(
    server.gets(asked),
    client.gets(ok("hello", date, control, tag, "Age: 20", "Cache-Status: Sluice; hit; ttl=-10")),
    "report 200",
  );
  client.sends(get("/"));
  play.expect(
    client.gets(ok("hello", date, control, tag, "Age: 20", "Cache-Status: Sluice; hit; ttl=-10")),
    "report 200",
  );
  server.sends(`HTTP/1.1 304 Not Modified\r\n${later}\r\n\r\n`);
  play.expect();
  client.sends(get("/"));
  play.expect(
    client.gets(ok("hello", control, tag, later, "Age: 0", "Cache-Status: Sluice; hit; ttl=10")),
    "report 200",
  );
  client.closes();
  play.expectNothingLeft();
});

test("RFC 5861 section 3: the errand stores another answer; one that fails leaves what there is", () => {
  const control = "Cache-Control: max-age=10, stale-while-revalidate=30";
  const { play, client, server } = stale(control, quiet);
  client.sends(get("/"));
  play.expectAmong(server.gets(get("/")));
  server.sends("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
  play.take();
  client.sends(get("/").replace("GET", "HEAD"));
  const again = play.accept();
  play.expectAmong(again.gets(get("/")));
  again.sends(ok("other", later, control));
  play.take();
  client.sends(get("/"));
  play.expect(client.gets(ok("other", later, control, "Age: 0")), "report 200");
});

test("RFC 5861 section 4: stale is shown where the server answers an error, or not at all", () => {
  const control = "Cache-Control: max-age=10, stale-if-error=60";
  const { play, client, server } = stale(control, cached(), tag);
  const shown = (extra: string): string => ok("hello", date, control, tag, "Age: 20", `Cache-Status: Sluice; ${extra}`);
  client.sends(get("/"));
  server.sends("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy");
  play.expect(
    server.gets(asked),
    server.is("destroyed"),
    client.gets(shown("fwd=stale; fwd-status=503; ttl=-10; detail=stale-if-error")),
    "report 200",
  );
  client.sends(get("/"));
  play.refuse();
  play.expectAmong(client.gets(shown("fwd=stale; ttl=-10; detail=stale-if-error")), "report 200");
  play.setServer(0, false);
  client.sends(get("/"));
  play.expect(client.gets(shown("fwd=stale; ttl=-10; detail=stale-if-error")), "report 200");
  play.setServer(0, true);
  client.sends(get("/"));
  const next = play.accept();
  play.take();
  next.closes();
  play.expectAmong(client.gets(shown("fwd=stale; ttl=-10; detail=stale-if-error")), "report 200");
  play.pass(60_000);
  client.sends(get("/"));
  play.refuse();
  expect(play.take().some((line) => line.startsWith("client 1 gets HTTP/1.1 502"))).toBe(true);
});

test("what must be revalidated is never shown stale; an error that may not be hidden goes to the client", () => {
  const { play, client, server } = stale("Cache-Control: max-age=10, must-revalidate, stale-if-error=60", quiet, tag);
  client.sends(get("/"));
  play.take();
  server.sends("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy");
  play.expect(client.gets("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy"), "report 503");
});

test("5.2.1.2: a client that takes stale gets it", () => {
  const { play, client } = stale("Cache-Control: max-age=10", quiet, tag);
  client.sends(get("/", "Cache-Control: max-stale=15"));
  play.expect(client.gets(ok("hello", date, "Cache-Control: max-age=10", tag, "Age: 20")), "report 200");
});

test("4: a fresh response does not give way to an older one", () => {
  const play = new Playbook(quiet);
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  const control = "Cache-Control: max-age=60";
  server.sends(ok("newer", date, control));
  play.take();
  client.sends(get("/", "Cache-Control: no-cache"));
  play.take();
  const former = "Date: Wed, 31 Dec 2025 23:59:50 GMT";
  server.sends(ok("older", former, control));
  play.expect(client.gets(ok("older", former, control)), "report 200");
  client.sends(get("/"));
  play.expect(client.gets(ok("newer", date, control, "Age: 0")), "report 200");
});

const conditional = get("/", 'If-None-Match: "1"');
const fresh = "Cache-Control: max-age=60";

test("of many with a condition for a cold object one asks for all of it, and the others are answered from that", () => {
  const play = new Playbook(quiet);
  const clients = Array.from({ length: 50 }, () => play.connect());
  for (const client of clients) client.sends(conditional);
  play.expect("dial one:80");
  const server = play.accept();
  play.expect(server.gets(get("/")));
  server.sends(ok("hello", date, fresh, tag));
  const said = play.take();
  expect(said).toContain(clients[0]!.gets(ok("hello", date, fresh, tag)));
  expect(said.filter((line) => line === "report 304").length).toBe(49);
});

test("what turns out not to be storable is asked for by the client's own conditions for a while, and others may store it", () => {
  const play = new Playbook(quiet);
  const client = play.connect();
  client.sends(conditional);
  const server = play.accept();
  server.sends(ok("mine", date, "Cache-Control: private", tag));
  play.take();
  for (let count = 0; count < 2; count++) {
    client.sends(conditional);
    play.expect(server.gets(conditional));
    server.sends(`HTTP/1.1 304 Not Modified\r\n${tag}\r\n\r\n`);
    play.expect(client.gets(`HTTP/1.1 304 Not Modified\r\n${tag}\r\n\r\n`), "report 304");
  }
  client.sends(get("/"));
  play.expect(server.gets(get("/")));
  server.sends(ok("all", date, fresh, tag));
  play.take();
  client.sends(conditional);
  play.expectAmong("report 304");
  client.sends(get("/late"));
  play.take();
  server.sends(ok("mine", date, "Cache-Control: private", tag));
  play.take();
  client.sends(get("/late"));
  play.expectAmong(server.gets(get("/late")));
});

test("who asks with Authorization keeps the condition, and gets a 304 however rarely it asks", () => {
  const play = new Playbook(quiet);
  const client = play.connect();
  const asked = get("/", "Authorization: Basic YQ==", 'If-None-Match: "1"');
  client.sends(asked);
  const server = play.accept();
  play.expectAmong(server.gets(asked));
  server.sends(`HTTP/1.1 304 Not Modified\r\n${tag}\r\n\r\n`);
  play.expectAmong("report 304");
});

test("a request with a cookie keeps its condition once its answer was not to be stored for that", () => {
  const play = new Playbook(quiet);
  const client = play.connect();
  const asked = get("/", "Cookie: a=1", 'If-None-Match: "1"');
  client.sends(asked);
  const server = play.accept();
  play.expectAmong(server.gets(get("/", "Cookie: a=1")));
  server.sends(ok("mine", date, "Content-Type: text/html", tag));
  play.take();
  client.sends(asked);
  play.expect(server.gets(asked));
  server.sends(`HTTP/1.1 304 Not Modified\r\n${tag}\r\n\r\n`);
  play.expectAmong("report 304");
});

test("what is for one alone is asked for by the client's own conditions for an hour, what may change sooner for passFor", () => {
  for (const [control, isKept] of [
    ["Cache-Control: private", true],
    ["Cache-Control: no-store", true],
    ["Set-Cookie: a=1", false],
  ] as const) {
    const play = new Playbook(quiet);
    const client = play.connect();
    client.sends(conditional);
    const server = play.accept();
    server.sends(ok("mine", date, control, tag));
    play.take();
    client.closes();
    play.pass(59 * 60_000);
    play.take();
    const other = play.connect();
    other.sends(conditional);
    const next = play.accept();
    play.expectAmong(next.gets(isKept ? conditional : get("/")));
  }
});

test("what finds no room is asked for by the client's own conditions for a while", () => {
  const play = new Playbook(cached({ isTold: false }, {}, { objectBytesMax: 20_000 }));
  const client = play.connect();
  client.sends(conditional);
  const server = play.accept();
  server.sends(ok("x".repeat(30_000), date, fresh, tag));
  play.take();
  client.sends(conditional);
  play.expect(server.gets(conditional));
});

test("conditions of HEAD and of what asks for a range go on, as do those past the cache", () => {
  const play = new Playbook(quiet);
  const client = play.connect();
  const head = conditional.replace("GET", "HEAD");
  client.sends(head);
  const server = play.accept();
  play.expectAmong(server.gets(head));
  server.sends(`HTTP/1.1 304 Not Modified\r\n${tag}\r\n\r\n`);
  play.take();
  for (const fields of [
    ["Range: bytes=0-1", 'If-Range: "1"'],
    ["Range: bytes=0-1", 'If-None-Match: "1"'],
    ["Cache-Control: no-store", 'If-None-Match: "1"'],
  ]) {
    client.sends(get("/", ...fields));
    play.expect(server.gets(get("/", ...fields)));
    server.sends(ok("hello", date, "Cache-Control: no-store"));
    play.take();
  }
});

test("what is stale and has nothing to ask by is asked for whole, whatever the client would ask by", () => {
  const { play, client, server } = stale("Cache-Control: max-age=10");
  client.sends(conditional);
  play.expect(server.gets(get("/")));
  server.sends(ok("new", later, "Cache-Control: max-age=10", tag));
  play.take();
  client.sends(conditional);
  play.expectAmong("report 304");
});
