import { expect, test } from "bun:test";
import { contentOf, Malformed, MessageReader } from "./message.ts";
import { connect } from "./network.ts";
import { Register } from "./requests.ts";
import { kindOf, kinds, runSeed } from "./run.ts";
import { Content } from "./streams/content.ts";
import { proxyHeader } from "./streams/hello.ts";
import { calm, drawSwarm } from "./swarm.ts";
import { Violation, World } from "./world.ts";

test("a seed replays exactly, whatever ran before it", () => {
  for (const kind of kinds) {
    const alone = runSeed(7, true, kind);
    runSeed(8);
    expect(runSeed(7, true, kind).trace).toEqual(alone.trace);
    expect(alone.answered).toBeGreaterThan(0);
  }
}, 30_000);

test("among the seeds there are worlds of every kind; of fleets and egress pools few", () => {
  const seeds = Array.from({ length: 100 }, (_, index) => kindOf(index + 1));
  expect(kinds.map((kind) => seeds.filter((other) => other === kind).length)).toEqual([20, 40, 10, 5, 3, 2, 10, 10]);
});

test("in a hundred worlds of streams every way to end is met", () => {
  const met = new Set<string>();
  for (let seed = 1; seed <= 100; seed++)
    for (const line of runSeed(seed, true, "tcp").trace) {
      const code = / report \d+ up \d+ down (\w*)$/.exec(line);
      if (code !== null) met.add(code[1]!);
    }
  expect([...met].sort()).toEqual([
    "",
    "bad_client_hello",
    "client_closed",
    "client_idle",
    "connect_refused",
    "connect_timeout",
    "draining",
    "handshake_timeout",
    "no_server",
    "queue_full",
    "queue_timeout",
    "server_idle",
    "server_reset",
    "tunnel_idle",
    "unknown_name",
  ]);
}, 30_000);

test("a content matches itself only, and only where it stood", () => {
  const first = Uint8Array.of(1, 2, 3);
  const content = new Content(5, first);
  const bytes = content.slice(0, 20_000);
  expect(bytes.subarray(0, 3)).toEqual(first);
  expect(content.matches(7, bytes.subarray(7, 9_000))).toBe(true);
  expect(content.matches(8, bytes.subarray(7, 9_000))).toBe(false);
  expect(content.matches(4096, bytes.subarray(0, 4096))).toBe(false);
  expect(new Content(6, first).matches(0, bytes.subarray(0, 100))).toBe(false);
  expect(content.behind(Uint8Array.of(9)).matches(1, bytes)).toBe(true);
});

test("the header that servers must be sent is written as the PROXY protocol lays it down", () => {
  const four = { address: "192.0.2.7", port: 4321, localAddress: "198.51.100.1", localPort: 443 };
  expect(Buffer.from(proxyHeader(1, four)).toString()).toBe("PROXY TCP4 192.0.2.7 198.51.100.1 4321 443\r\n");
  expect(Buffer.from(proxyHeader(2, four)).toString("hex")).toBe(
    "0d0a0d0a000d0a515549540a2111000cc0000207c633640110e101bb",
  );
  const six = { address: "2001:db8::5", port: 1, localAddress: "2001:db8::ff", localPort: 2 };
  expect(Buffer.from(proxyHeader(2, six)).toString("hex")).toEndWith(
    "2121002420010db8000000000000000000000005" + "20010db80000000000000000000000ff00010002",
  );
  expect(proxyHeader(0, four).length).toBe(0);
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

test("in worlds of large reads one brings as much as the runtime's, and no segment is too long to be read", () => {
  const sizes: number[] = [];
  for (let seed = 1; seed <= 20; seed++) {
    const world = new World(seed, false);
    const swarm = { ...calm(drawSwarm(world)), splits: false, windowBytes: 2 ** 20, readBytesMax: 2 ** 19 };
    const [near, far] = connect(world, swarm, "line");
    const content = contentOf(seed, 700_000);
    const received: Uint8Array[] = [];
    const nothing = (): void => {};
    far.ears = { data: (bytes) => received.push(bytes), writable: nothing, end: nothing, closed: nothing };
    expect(near.write(content, 0, content.length)).toBe(content.length);
    world.run(world.nowMs + 100_000, () => false);
    expect(Buffer.concat(received)).toEqual(Buffer.from(content));
    for (const { length } of received) sizes.push(length);
  }
  expect(Math.max(...sizes)).toBeLessThanOrEqual(2 ** 19);
  expect(Math.max(...sizes)).toBeGreaterThan(2 ** 18);
});

test("in fifty worlds of HTTP/2 streams end in every way, and most with an answer", () => {
  const met = new Map<string, number>();
  for (let seed = 1; seed <= 50; seed++)
    for (const line of runSeed(seed, true, "http2").trace) {
      const end = / client-\d+ +(?:sees \d+ reset by (\w+)|(answered) [1-5]|(takes) \d+ back|(told) to go)/.exec(line);
      const way = end?.slice(1).find((each) => each !== undefined);
      if (way !== undefined) met.set(way, (met.get(way) ?? 0) + 1);
    }
  for (const way of ["answered", "takes", "told", "INTERNAL_ERROR", "CANCEL", "NO_ERROR", "HTTP_1_1_REQUIRED"])
    expect(met.get(way) ?? 0, way).toBeGreaterThan(0);
  expect(met.get("answered")).toBeGreaterThan(1000);
}, 30_000);

test("in fifty worlds of servers that are asked by HTTP/2 streams are answered, refused, taken back and asked again", () => {
  const met = new Map<string, number>();
  for (let seed = 1; seed <= 50; seed++)
    for (const line of runSeed(seed, true, "toserver").trace) {
      const way = / (?:client|server)-\S+ +(?:has r\d+ as|(answered) [1-5]|(refuses) \d|(goes)$)/.exec(line);
      if (way !== null)
        met.set(way[1] ?? way[2] ?? way[3] ?? "asked", (met.get(way[1] ?? way[2] ?? way[3] ?? "asked") ?? 0) + 1);
    }
  for (const way of ["answered", "refuses", "goes", "asked"]) expect(met.get(way) ?? 0, way).toBeGreaterThan(0);
  expect(met.get("answered")).toBeGreaterThan(500);
}, 30_000);

test("large reads are spent in worlds of HTTP and of streams", () => {
  for (const kind of ["http", "tcp"] as const) {
    let largest = 0;
    for (let seed = 1; seed <= 40 && largest <= 2 ** 17; seed++)
      for (const line of runSeed(seed, true, kind).trace)
        largest = Math.max(largest, Number(/ driver +takes back (\d+) bytes$/.exec(line)?.[1] ?? 0));
    expect(largest).toBeGreaterThan(2 ** 17);
  }
}, 30_000);

test("a POST that reaches servers twice is a violation, a PUT is not", () => {
  const world = new World(1, false);
  const register = new Register(world);
  const swarm = { ...drawSwarm(world), uploads: true };
  const made = Array.from({ length: 50 }, () => register.make(swarm, "client", false));
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
