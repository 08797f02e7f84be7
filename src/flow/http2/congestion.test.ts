// What becomes of a connection whose client takes little: what other requests of it have to do with that, and what they have not.

import { expect, test } from "bun:test";
import { windowUpdate } from "../../../test/e2e/harness/http2/frames.ts";
import { Caller } from "../../../test/playbook/http2.ts";
import { ok } from "../../../test/playbook/words.ts";
import { Playbook } from "../../../test/playbook.ts";
import { requestIdOf } from "../requestid.ts";
import { heldBytesMax } from "./outgoing.ts";

const large = "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n";

/** Nine downloads of which the client takes nothing, and what other connections hold. */
function stalled(heldElsewhere: number): { play: Playbook; caller: Caller } {
  const play = new Playbook();
  const caller = new Caller(play);
  play.context.heldBytes = heldElsewhere;
  caller.says(windowUpdate(0, 15_000_000));
  for (let stream = 1; stream < 19; stream += 2) {
    caller.asks(stream, "/video");
    const server = play.accept();
    server.sends(large);
    server.sends("v".repeat(65_535 + 512 * 1024));
  }
  caller.hears();
  return { play, caller };
}

test("downloads that the client does not take hold nobody up", () => {
  const { play, caller } = stalled(0);
  caller.asks(101, "/page");
  expect(caller.hears()).toEqual(["dial one:80"]);
  play.accept().sends(ok("page"));
  expect(caller.hears()).toContain('DATA 101 "page" END');
});

test("where all connections hold too much, one that has more than its share begins nothing until it has taken half of it", () => {
  const { play, caller } = stalled(heldBytesMax);
  caller.asks(101, "/page");
  expect(caller.hears()).toEqual([]);
  for (let stream = 1; stream < 11; stream += 2) caller.says(windowUpdate(stream, 1_000_000));
  expect(caller.hears()).toContain("dial one:80");
  play.accept().sends(ok("page"));
  expect(caller.hears()).toContain('DATA 101 "page" END');
});

test("others that take what was too much let it go on", () => {
  const { play, caller } = stalled(heldBytesMax);
  caller.asks(101, "/page");
  caller.hears();
  play.context.heldBytes -= heldBytesMax;
  play.pass(600);
  expect(caller.hears()).toEqual(["dial one:80"]);
});

test("a request that waits in vain was not begun, and may be sent again", () => {
  const { play, caller } = stalled(heldBytesMax);
  play.pass(20_000);
  caller.asks(101, "/page");
  const said: string[] = [];
  for (let passed = 0; passed < 40_000; passed += 1_000) {
    for (let stream = 1; stream < 19; stream += 2) caller.says(windowUpdate(stream, 1));
    play.pass(1_000);
    said.push(...caller.hears());
  }
  expect(said).toContain("RST_STREAM 101 REFUSED_STREAM");
  expect(said.filter((line) => line.startsWith("dial"))).toEqual([]);
});

test("what was held is given back when the connection ends, however it does", () => {
  for (const end of ["closes", "cut"] as const) {
    const { play, caller } = stalled(0);
    expect(play.context.heldBytes).toBeGreaterThan(4_000_000);
    if (end === "closes") caller.actor.closes(true);
    else play.context.cut();
    expect(play.context.heldBytes).toBe(0);
  }
});

test("a server has its own time to answer, though another stream's client is slow in between", () => {
  const play = new Playbook({ upstream: { responseMs: 300_000, readMs: 5_000 } });
  const caller = new Caller(play);
  caller.asks(1, "/slow");
  const slow = play.accept();
  caller.asks(3, "/large");
  const other = play.accept();
  caller.actor.isFull = true;
  other.sends(ok("x".repeat(1_000)));
  play.pass(100);
  caller.actor.drains();
  caller.hears();
  play.pass(20_000);
  expect(caller.hears()).toEqual([]);
  slow.sends(ok("late"));
  expect(caller.hears()).toContain('DATA 1 "late" END');
});

test("streams whose windows are used up end with the client's side: nothing will open them", () => {
  const { caller } = stalled(0);
  caller.actor.ends();
  expect(caller.hears().filter((line) => line === "report 200 client_closed")).toHaveLength(9);
});

test("what is refused before it begins has no id of another request", () => {
  const ids: string[] = [];
  const play = new Playbook({ requestId: { header: "x-request-id", keep: false } }, (exchange) =>
    ids.push(requestIdOf(exchange)),
  );
  const caller = new Caller(play);
  caller.asks(1);
  play.accept().sends(ok("x"));
  caller.asks(3, "/", { fields: [["connection", "close"]] });
  const client = play.connect();
  client.sends("GET / HTTP/1.1\r\n\r\n");
  expect(ids[0]).not.toBe("");
  expect(ids.slice(1)).toEqual(["", ""]);
});
