// A client that pipelines requests that Sluice answers itself: some of them at once, then others have their turn, and nothing more is
// read of it meanwhile. The playbook's port lets three pass at once.

import { expect, test } from "bun:test";
import { Playbook } from "../playbook.ts";
import type { Actor } from "./actor.ts";
import { get, ok } from "./words.ts";

function redirecting(idleMs = 60_000): Playbook {
  return new Playbook({ isPoolless: true, listener: { redirect: { status: 308, port: 443 } }, downstream: { idleMs } });
}

const many = (first: number, last: number): string =>
  Array.from({ length: last - first + 1 }, (_, index) => get(`/${first + index}`)).join("");

/** The paths that the client is sent to, and what else was said. */
function answered(play: Playbook): string {
  const said = play.take().filter((line) => !line.startsWith("report"));
  return said.map((line) => / ([a-z]+)$/.exec(line)?.[1] ?? /https:\/\/a(\/\d+)/.exec(line)![1]!).join(" ");
}

function pipelining(play: Playbook, count: number): Actor {
  const client = play.connect();
  client.sends(many(1, count));
  return client;
}

test("after some that were answered at once a connection gives way, and goes on in its turn", () => {
  const play = redirecting();
  pipelining(play, 7);
  expect(answered(play)).toBe("paused /1 /2 /3");
  play.turn();
  expect(answered(play)).toBe("/4 /5 /6");
  play.turn();
  expect(answered(play)).toBe("resumed /7");
  play.turn();
  play.expect();
});

test("those that have given way go on in the order in which they did, each for as long as the other", () => {
  const play = redirecting();
  pipelining(play, 5);
  pipelining(play, 5);
  play.take();
  play.turn();
  const order = play.take().filter((line) => line.includes("gets"));
  expect(order.map((line) => line.slice(0, "client 1".length)).join()).toBe("client 1,client 1,client 2,client 2");
});

test("as many as may pass at once do, and the connection is read on", () => {
  const play = redirecting();
  pipelining(play, 3);
  expect(answered(play)).toBe("paused /1 /2 resumed /3");
  play.turn();
  play.expect();
});

test("those that are answered a little later, in calls of their own, count as well", () => {
  const play = new Playbook();
  pipelining(play, 5);
  const dials: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    let count = 0;
    for (let said = play.take(); said.some((line) => line.startsWith("dial")); said = play.take()) {
      play.refuse();
      count++;
    }
    dials.push(count);
    play.turn();
  }
  expect(dials).toEqual([3, 2, 0]);
});

test("what was on its way when it gave way is answered behind the rest", () => {
  const play = redirecting();
  const client = pipelining(play, 4);
  client.sends(many(5, 5));
  client.drains();
  expect(answered(play)).toBe("paused /1 /2 /3");
  play.turn();
  expect(answered(play)).toContain("/4");
  expect(client.isPaused).toBe(false);
});

test("a client that says its end while it waits gets every answer", () => {
  const play = redirecting();
  const client = pipelining(play, 4);
  client.ends();
  expect(answered(play)).toBe("paused /1 /2 /3");
  play.turn();
  expect(answered(play)).toContain("/4");
  play.expectNothingLeft();
});

test("a client that does not take its answers waits for room, and not for its turn", () => {
  const play = redirecting();
  const client = pipelining(play, 7);
  client.isFull = true;
  play.take();
  play.turn();
  expect(answered(play)).toBe("/4");
  play.turn();
  play.expect();
  client.drains();
  expect(answered(play)).toBe("/5 /6 resumed /7");
});

test("a connection that is closed while it waits says nothing more", () => {
  for (const end of [(client: Actor) => client.closes(true), (_: Actor, play: Playbook) => play.cut()]) {
    const play = redirecting();
    const client = pipelining(play, 4);
    play.take();
    end(client, play);
    play.take();
    play.turn();
    play.expect();
    play.expectNothingLeft();
  }
});

test("a drain has the next one answered as the last", () => {
  const play = redirecting();
  pipelining(play, 5);
  play.take();
  play.drain();
  play.expect();
  play.turn();
  expect(play.take().join()).toContain("Connection: close");
  play.pass(10_000);
  play.take();
  play.expectNothingLeft();
});

test("it is not idle while it waits", () => {
  const play = redirecting(1000);
  pipelining(play, 4);
  play.take();
  play.pass(5000);
  play.expect();
  play.turn();
  expect(answered(play)).toContain("/4");
});

test("a reload in between is in force for those that wait", () => {
  const play = redirecting();
  pipelining(play, 4);
  play.take();
  play.reload({ isPoolless: true, listener: { redirect: { status: 302, port: 443 } } });
  play.turn();
  expect(play.take().join()).toContain("302 Found");
});

test("a head that is not whole when answers are held is read on when the client has taken them", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/1"));
  const server = play.accept();
  client.isFull = true;
  client.sends(get("/2").slice(0, 10));
  server.sends(ok("1"));
  play.take();
  client.drains();
  expect(client.isPaused).toBe(false);
  client.sends(get("/2").slice(10));
  play.expectAmong(server.gets(get("/2")));
});

test("the kernel is not asked between answers, so that those of one go leave in one write", () => {
  const play = redirecting();
  const client = play.connect();
  let asked = 0;
  Object.defineProperty(client, "isHolding", { value: false });
  Object.defineProperty(client, "heldBytes", { get: () => asked++ });
  client.sends(many(1, 7));
  expect(answered(play)).toBe("paused /1 /2 /3");
  expect(asked).toBe(0);
});
