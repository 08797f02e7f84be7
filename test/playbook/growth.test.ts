// Bodies of which replacements make very much more: what is made ahead of the client is bounded, and nobody is taken for silent.

import { expect, test } from "bun:test";
import type { BodyPlan, ReplacePlan } from "../../src/config/plan.ts";
import { aheadBytesMax, turnBytesMax } from "../../src/flow/bodies/replacefilter.ts";
import { insideBytesMax } from "../../src/flow/sieve.ts";
import { Playbook } from "../playbook.ts";
import type { Actor } from "./actor.ts";
import type { PlanOptions } from "./plan.ts";
import { rule, rules } from "./rules.ts";

const own = { isPattern: false, types: ["text/html"], matchBytesMax: 1 };
const grow = (find: string, by: string): ReplacePlan => ({ find, by, ...own });
const body = (...replace: ReplacePlan[]): BodyPlan => ({ isSaid: false, compress: null, replace });

interface Scene {
  readonly play: Playbook;
  readonly client: Actor;
  readonly server: Actor;
}

function ask(options: PlanOptions): Scene {
  const play = new Playbook(options);
  const client = play.connect();
  client.sends("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const server = play.accept();
  play.take();
  return { play, client, server };
}

/** What was said since the last time: bytes to the client, and all else. */
function said({ play, client }: Scene): { bytes: string; others: string[] } {
  const start = `${client.name} gets `;
  const lines = play.take();
  const bytes = lines
    .filter((line) => line.startsWith(start))
    .map((line) => JSON.parse(`"${line.slice(start.length)}"`));
  return { bytes: bytes.join(""), others: lines.filter((line) => !line.startsWith(start)) };
}

const count = (bytes: string, letter: string): number => bytes.split(letter).length - 1;
const answer = (length: number, content: string): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${length}\r\n\r\n${content}`;

test("a client that takes nothing stops all filters and the server, and gets the whole when it takes again", () => {
  const replace = [grow("A", "BBBBBBBBBB"), grow("B", "CCCCCCCCCC"), grow("C", "DDDDDDDDDD")];
  const scene = ask({ pool: { body: body(...replace) } });
  const { client, server } = scene;
  client.isFull = true;
  server.sends(answer(2_000, "A".repeat(1_000)));
  const first = said(scene);
  expect(first.bytes.length).toBeLessThan(insideBytesMax + 1_000);
  expect(first.others).toEqual([server.is("paused")]);
  let got = count(first.bytes, "D");
  let most = 0;
  let isResumed = false;
  for (let turn = 0; turn < 100 && !isResumed; turn++) {
    client.isFull = turn < 5;
    client.heldBytes = 0;
    client.flow!.drained();
    if (turn >= 5) scene.play.pass(64);
    const { bytes, others } = said(scene);
    most = Math.max(most, bytes.length);
    got += count(bytes, "D");
    isResumed = others.includes(server.is("resumed"));
    if (turn === 4) {
      expect(most).toBeLessThan(aheadBytesMax + 1_000);
      expect(got).toBeLessThan(1_000_000);
    }
  }
  expect([got, isResumed]).toEqual([1_000_000, true]);
  server.sends("A".repeat(1_000));
  scene.play.pass(200);
  const last = said(scene);
  expect(count(last.bytes, "D")).toBe(1_000_000);
  expect(last.bytes.endsWith("\r\n0\r\n\r\n")).toBe(true);
});

test("while much is made of what the server has said, nobody waits for the server", () => {
  const scene = ask({ pool: { body: body(grow("A", "B".repeat(turnBytesMax / 2))) }, upstream: { readMs: 100 } });
  const { play, server } = scene;
  server.sends(answer(12, "AAAAAAAA"));
  let got = count(said(scene).bytes, "B");
  expect(got).toBe(turnBytesMax);
  for (let turn = 0; turn < 3; turn++) {
    play.pass(64);
    got += count(said(scene).bytes, "B");
  }
  expect(got).toBe(4 * turnBytesMax);
  // From now on it is silent.
  play.pass(300);
  expect(said(scene).others).toContain("report 200 read_timeout");
});

test("a server that has said all may go while there is still much to be made of it", () => {
  for (const isLengthTold of [true, false]) {
    const scene = ask({ pool: { body: body(grow("A", "B".repeat(turnBytesMax / 2))) } });
    const { play, server, client } = scene;
    const head = isLengthTold ? "Content-Length: 4\r\n" : "";
    server.sends(`HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n${head}\r\nAAAA`);
    if (!isLengthTold) server.ends();
    let bytes = said(scene).bytes;
    if (isLengthTold) server.closes(false);
    play.pass(300);
    const rest = said(scene);
    bytes += rest.bytes;
    expect([count(bytes, "B"), bytes.endsWith("\r\n0\r\n\r\n")]).toEqual([2 * turnBytesMax, true]);
    expect(rest.others).toContain("report 200");
    expect(client.flow).not.toBeNull();
  }
});

test("a response that is slowed and becomes very much longer goes on to its end", () => {
  const slow = rules({ request: [rule(null, null, { does: [{ kind: "slow", bytesPerSecond: 1_000 }] })] });
  const scene = ask({ pool: { body: body(grow("A", "B".repeat(turnBytesMax / 4))) }, listener: { rules: slow } });
  const { play, server } = scene;
  server.sends(answer(16, "A".repeat(12)));
  let turns = 0;
  for (let turn = 0; turn < 10; turn++) {
    play.pass(64);
    turns += said(scene).bytes.includes("B") ? 1 : 0;
    // The rate is that of what the server says: it may go on with that only when all of it has become something.
    if (turns === 1) expect(server.isPaused).toBe(true);
  }
  expect(turns).toBe(3);
  server.sends("AAAA");
  for (let turn = 0; turn < 4; turn++) play.pass(64);
  expect(said(scene).others).toContain("report 200");
});

test("what may not stand in the place of one match breaks the body off", () => {
  const pattern = { find: "A+", by: "$&".repeat(1_025), isPattern: true, types: ["text/html"], matchBytesMax: 1_024 };
  const scene = ask({ pool: { body: body(pattern) } });
  scene.server.sends(answer(2_000, "A".repeat(1_024)));
  scene.server.sends(".".repeat(976));
  const { others } = said(scene);
  expect(others).toContain("report 200 replacement_too_long");
  expect(others).toContain(scene.client.is("reset"));
});
