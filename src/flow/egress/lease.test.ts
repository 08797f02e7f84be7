import { expect, spyOn, test } from "bun:test";
import { asked, egressPlan, egressPlay, egressProxy, got, told, two } from "../../../test/playbook/egresses.ts";
import { ok, reply } from "../../../test/playbook/words.ts";
import type { Playbook } from "../../../test/playbook.ts";
import { fault, faultWith } from "../../base/fault.ts";
import { memberWord } from "../../memory/egress.ts";
import { SharedEgressBoard } from "../../memory/egressboard.ts";
import { egressCell } from "../../memory/tally.ts";
import { Doors } from "./doors.ts";

const cells = (play: Playbook, cell: number): number => play.totals.egress(0, cell);

test("each request goes out from the address whose turn it is, which is held meanwhile and told how it ended", () => {
  const play = egressPlay();
  const client = play.connect();
  const board = play.memory.board("out");
  for (const address of two) {
    client.sends(asked("a.example"));
    expect(play.dialed.source).toBe(address);
    expect(play.dialed.address).toEqual({ kind: "tcp", host: "8.8.8.8", port: 80 });
    const server = play.accept();
    play.expect("dial a.example:80", server.gets(got("a.example")));
    server.sends(ok("hello"));
    play.expect(client.gets(ok("hello")), "report 200");
    expect(told(play, address)).toEqual(["a.example 200"]);
  }
  expect(cells(play, egressCell.answered)).toBe(2);
  expect(board.count("pair")).toBe(0);
  play.expectNothingLeftBut(1);
});

test("the doors are told of each member that is about to be looked at, before it is taken", () => {
  const sight = spyOn(Doors.prototype, "sight");
  const take = spyOn(Doors.prototype, "take");
  try {
    const play = egressPlay();
    const client = play.connect();
    const counts: number[][] = [];
    for (const _ of [...two, two[0]]) {
      client.sends(asked("a.example"));
      counts.push([sight.mock.lastCall![0], sight.mock.calls.length, take.mock.calls.length]);
      if (play.dialing > 0) play.accept().sends(ok("hello"));
    }
    expect(counts).toEqual([
      [0, 1, 1],
      [1, 2, 2],
      [0, 3, 3],
    ]);
    const order = (which: typeof sight | typeof take): number[] => which.mock.invocationCallOrder;
    expect(order(sight).every((at, index) => at < order(take)[index]!)).toBe(true);
  } finally {
    sight.mockRestore();
    take.mockRestore();
  }
});

test("a connection that is refused goes on with another address, at the next of the target's first", () => {
  const play = egressPlay();
  const client = play.connect();
  client.sends(asked("a.example"));
  expect([play.dialed.source, play.dialed.address]).toEqual([two[0], { kind: "tcp", host: "8.8.8.8", port: 80 }]);
  play.refuse();
  expect([play.dialed.source, play.dialed.address]).toEqual([two[0], { kind: "tcp", host: "8.8.4.4", port: 80 }]);
  play.refuse();
  expect([play.dialed.source, play.dialed.address]).toEqual([two[1], { kind: "tcp", host: "8.8.8.8", port: 80 }]);
  const server = play.accept();
  server.sends(ok("hello"));
  play.expectAmong(client.gets(ok("hello")), "report 200");
  expect([told(play, two[0]), told(play, two[1])]).toEqual([["a.example 0"], ["a.example 200"]]);
  expect([cells(play, egressCell.wayFaults), cells(play, egressCell.retried)]).toEqual([1, 1]);
  play.expectNothingLeftBut(1);
});

test("a literal target is asked for by nobody who has no address of its family, beside proxies too", () => {
  const play = egressPlay({ egress: egressPlan(["2001:db8::1", "socks5://192.0.2.50:1080"]) });
  const board = play.memory.board("out");
  for (const target of ["8.8.8.8", "8.8.4.4"]) {
    const client = play.connect();
    client.sends(asked(target));
    play.accept().sends(ok("hello"));
    play.expectAmong(client.gets(ok("hello")), "report 200");
    client.closes();
  }
  expect(board.words[board.memberOf("2001:db8::1") + memberWord.requests]).toBe(0);
});

test("when no other address is left, the client is told what went wrong, not that none is left", () => {
  const play = egressPlay({ egress: egressPlan(["192.0.2.11"]) });
  const client = play.connect();
  client.sends(asked("b.example"));
  play.refuse();
  play.expectAmong("report 502 connect_refused");
  client.sends(asked("b.example"));
  play.refuse(fault("source_unusable"));
  play.expectAmong("report 502 source_unusable");
  expect(cells(play, egressCell.memberFaults)).toBe(1);
  client.sends(asked("b.example"));
  play.refuse(faultWith("source_unusable", "EADDRNOTAVAIL"));
  play.expectAmong("report 502 source_unusable");
  expect(cells(play, egressCell.memberFaults)).toBe(2);
  play.expectNothingLeftBut(1);
});

test("a fresh connection that is closed without an answer is a fault of the way, and the request goes on with another", () => {
  const play = egressPlay();
  const client = play.connect();
  client.sends(asked("b.example"));
  play.accept().closes();
  expect(play.dialed.source).toBe(two[1]);
  play.accept().sends(ok("hello"));
  play.expectAmong(client.gets(ok("hello")));
  expect(told(play, two[0])).toEqual(["b.example 0"]);
});

test("a connection that had grown old is nobody's fault: the same address goes on with a fresh one", () => {
  const play = egressPlay({ egress: egressPlan(["192.0.2.11"]) });
  const client = play.connect();
  client.sends(asked("b.example"));
  const server = play.accept();
  server.sends(ok("one"));
  client.sends(asked("b.example"));
  server.closes();
  expect(play.dialing).toBe(1);
  play.accept().sends(ok("two"));
  play.expectAmong(client.gets(ok("two")));
  expect(told(play, "192.0.2.11")).toEqual(["b.example 200", "b.example 200"]);
  expect(cells(play, egressCell.wayFaults)).toBe(0);
});

test("a client that leaves teaches nothing, and leaves nothing held", () => {
  const play = egressPlay();
  for (const isAccepted of [false, true]) {
    const client = play.connect();
    client.sends(asked("b.example"));
    const server = isAccepted ? play.accept() : null;
    client.closes();
    if (!isAccepted) play.accept();
    play.take();
    expect(server?.flow ?? null).toBeNull();
  }
  expect(cells(play, egressCell.cancelled)).toBe(2);
  const board = play.memory.board("out");
  for (const address of two) expect(board.words[board.memberOf(address) + memberWord.failures]).toBe(0);
  play.expectNothingLeft();
});

test("idle connections are those of the same target and the same address", () => {
  const play = egressPlay();
  const client = play.connect();
  // One goes out from each address, and both are idle then.
  const servers = [0, 1].map((turn) => {
    client.sends(asked("b.example"));
    const server = play.accept();
    server.sends(ok(`${turn}`));
    return server;
  });
  for (let turn = 0; turn < 2; turn++) {
    client.sends(asked("b.example"));
    expect(play.dialing).toBe(0);
    servers[turn]!.sends(ok("again"));
  }
  client.sends(asked("a.example"));
  expect(play.dialing).toBe(1);
});

test("a reload keeps the idle connections of members that stay, and closes those of others", () => {
  const play = egressPlay();
  const client = play.connect();
  const servers = [0, 1].map((turn) => {
    client.sends(asked("b.example"));
    const server = play.accept();
    server.sends(ok(`${turn}`));
    return server;
  });
  play.take();
  play.reload(egressProxy({ egress: egressPlan([two[1], "192.0.2.13"]), generation: 2 }));
  play.expect(servers[0]!.is("destroyed"));
  expect(servers[1]!.flow).not.toBeNull();
});

test("all members that are unavailable are answered 503, with the time until the first is back", () => {
  const play = egressPlay({ egress: egressPlan(["192.0.2.11"]) });
  const client = play.connect();
  client.sends(asked("b.example"));
  play.accept().sends("HTTP/1.1 429 Slow down\r\nContent-Length: 0\r\n\r\n");
  play.take();
  play.pass(2_000);
  client.sends(asked("b.example"));
  play.expect(
    client.gets(
      reply(
        503,
        "Service Unavailable",
        "no outbound address of the pool is available for this target",
        "Retry-After: 58",
      ).replace("00:00:00", "00:00:02"),
    ),
    "report 503 egress_none",
  );
  expect(cells(play, egressCell.refusedNone)).toBe(1);
  // Another host is another matter.
  client.sends(asked("a.example"));
  expect(play.dialed.source).toBe("192.0.2.11");
});

test("when no member can be back before somebody says so, no time is told", () => {
  const play = egressPlay({ egress: egressPlan(["192.0.2.11"]) });
  play.context.site.egresses[0]!.pool.ban("192.0.2.11", 0, "complaint", play.wallMs);
  play.connect().sends(asked("b.example"));
  const answer = play.take().join();
  expect(answer).toContain("503 Service Unavailable");
  expect(answer).not.toContain("Retry-After");
});

test("as a last resort the system's own address is used, or who is back first", () => {
  for (const whenNone of ["direct", "soonest"] as const) {
    const play = egressPlay({ egress: egressPlan(["192.0.2.11"], { whenNone, isTold: true }) });
    const client = play.connect();
    client.sends(asked("b.example"));
    play.accept().sends("HTTP/1.1 429 Slow down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    play.take();
    client.sends(asked("b.example"));
    expect(play.dialed.source).toBe(whenNone === "direct" ? "" : "192.0.2.11");
    play.accept().sends(ok("hello"));
    const line = whenNone === "direct" ? [] : ["X-Egress-IP: 192.0.2.11"];
    play.expectAmong(client.gets(ok("hello", ...line)));
    expect(cells(play, egressCell.direct)).toBe(whenNone === "direct" ? 1 : 0);
    play.expectNothingLeftBut(1);
  }
});

test("a request waits for a member that rests at its host, and is refused when that would take too long", () => {
  const egress = egressPlan(["192.0.2.11"], { pace: { intervalMs: 1_000, concurrencyMax: 0 }, waitMs: 1_500 });
  const play = egressPlay({ egress });
  const [one, other, third] = [play.connect(), play.connect(), play.connect()];
  one.sends(asked("b.example"));
  play.accept();
  play.take();
  other.sends(asked("b.example"));
  third.sends(asked("b.example"));
  expect(play.take()).toEqual([]);
  play.pass(1_100);
  // The next turn is too late for the third.
  play.expectAmong("dial b.example:80", "report 503 egress_paced");
  expect([cells(play, egressCell.waited) > 1, cells(play, egressCell.refusedPaced)]).toEqual([true, 1]);
});

test("a client that leaves while it waits for a member leaves nothing behind", () => {
  const play = egressPlay({
    egress: egressPlan(["192.0.2.11"], { pace: { intervalMs: 0, concurrencyMax: 1 }, waitMs: 9_000 }),
  });
  const [one, other] = [play.connect(), play.connect()];
  one.sends(asked("b.example"));
  const server = play.accept();
  other.sends(asked("b.example"));
  play.pass(200);
  other.closes();
  play.take();
  server.sends(ok("hello"));
  play.pass(200);
  expect(play.dialing).toBe(0);
  play.expectNothingLeftBut(1);
});

test("goes on with another on the board that has taken the place of its own meanwhile, and lets go of both there", () => {
  const play = egressPlay();
  const client = play.connect();
  client.sends(asked("a.example"));
  expect(play.dialed.source).toBe(two[0]);
  const former = play.memory.board("out");
  const next = SharedEgressBoard.inMemory({ ...former.shape, members: 128 });
  next.adopt(["192.0.2.9", ...two], 0);
  next.carry(former);
  former.passOn(next);
  former.letGoAll();
  const active = (): number[] => two.map((id) => next.words[next.memberOf(id) + memberWord.active]!);
  play.refuse();
  expect(active()).toEqual([1, 0]);
  play.refuse();
  expect([play.dialed.source, ...active()]).toEqual([two[1], 0, 1]);
  const server = play.accept();
  server.sends(ok("hello"));
  play.expectAmong(client.gets(ok("hello")), "report 200");
  expect(active()).toEqual([0, 0]);
  const wentWell = two.map((id) => next.words[next.memberOf(id) + memberWord.successes]!);
  expect(wentWell).toEqual([0, 1]);
});
