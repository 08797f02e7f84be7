import { expect, test } from "bun:test";
import { contentOf, Malformed, MessageReader } from "./message.ts";
import { connect } from "./network.ts";
import { Register } from "./requests.ts";
import { runSeed } from "./run.ts";
import { calm, drawSwarm } from "./swarm.ts";
import { Violation, World } from "./world.ts";

test("a seed replays exactly, whatever ran before it", () => {
  const alone = runSeed(7, true);
  runSeed(8);
  expect(runSeed(7, true).trace).toEqual(alone.trace);
  expect(alone.answered).toBeGreaterThan(0);
});

test("events happen in the order of their time, then of their making", () => {
  const world = new World(1, false);
  const seen: string[] = [];
  for (const [name, delayMs] of [
    ["c", 5],
    ["a", 1],
    ["d", 5],
    ["b", 1],
  ] as const)
    world.after(delayMs, () => seen.push(name));
  expect(world.run(world.nowMs + 10, () => false)).toBe(false);
  expect(seen.join("")).toBe("abcd");
});

test("what is written arrives in order and whole, and then the FIN", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const world = new World(seed, false);
    const [near, far] = connect(world, { ...calm(drawSwarm(world)), windowBytes: 1_000 }, "line");
    const content = contentOf(seed, 5_000);
    const received: Uint8Array[] = [];
    let at = 0;
    const write = (): void => {
      at += near.write(content, at, content.length);
      if (at === content.length) near.shutdown();
    };
    let isEnded = false;
    const nothing = (): void => {};
    near.ears = { data: nothing, writable: write, end: nothing, closed: nothing };
    far.ears = {
      data: (bytes) => received.push(bytes),
      writable: nothing,
      end: () => (isEnded = true),
      closed: nothing,
    };
    write();
    world.run(world.nowMs + 100_000, () => isEnded);
    expect(Buffer.concat(received)).toEqual(Buffer.from(content));
    expect(isEnded).toBe(true);
  }
});

test("a POST that reaches servers twice is a violation, a PUT is not", () => {
  const world = new World(1, false);
  const register = new Register(world);
  const swarm = { ...drawSwarm(world), uploads: true };
  const made = Array.from({ length: 50 }, () => register.make(swarm, false));
  const [post, put] = ["POST", "PUT"].map((method) => made.find((request) => request.method === method)!);
  register.arrived(post!.id);
  expect(() => register.arrived(post!.id)).toThrow(Violation);
  register.arrived(put!.id);
  register.arrived(put!.id);
  expect(() => register.arrived(undefined)).toThrow(Violation);
});

test("the peers' own parser is strict", () => {
  const read = (text: string): void => new MessageReader(true).feed(Buffer.from(text, "latin1"));
  read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab");
  for (const text of [
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX : 1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
    "HTTP/1.0 200 OK\r\n\r\n",
  ])
    expect(() => read(text)).toThrow(Malformed);
});
