// Many who want the same at once from a Sluice of several workers: one question to the server, whatever it is about, bodies that are
// passed on while they come, and what is too large for the cache unharmed for everybody.

import { expect, setDefaultTimeout, test } from "bun:test";
import type { PurgedAnswer, WhyAnswer } from "../../src/control/cache/answer.ts";
import { Origin, ok, write } from "./harness/origin.ts";
import { Asker } from "./harness/outcome.ts";
import { Room } from "./harness/room.ts";
import { type Draft, Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(120_000);

function draftOf(origin: Origin, workers: number, cache: object = {}): Draft {
  return {
    workers,
    caches: { pages: { size: "16mb", ...cache } },
    pools: { app: { servers: [origin.address], cache: "pages" } },
  };
}

const requestFor = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: shop.test\r\n\r\n`;

/** So many connections, to all workers. */
async function crowdAt(room: Room, sluice: Sluice, count: number): Promise<Asker[]> {
  const crowd: Asker[] = [];
  for (;;) {
    while (crowd.length < count) crowd.push(await Asker.connect(room, { port: sluice.port }));
    const { workers } = await until("all connections to be counted", async () => {
      const status = await sluice.status();
      return status.workers.reduce((sum, { connections }) => sum + connections, 0) >= count ? status : null;
    });
    if (workers.every(({ connections }) => connections > 0)) return crowd;
    for (const asker of crowd.splice(0)) await asker.end();
  }
}

const askedFor = (origin: Origin, path: string): number => origin.asked.filter(({ target }) => target === path).length;

async function purgeSoftly(sluice: Sluice, path: string): Promise<void> {
  const body = JSON.stringify({ url: `http://shop.test${path}`, soft: true });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`http://${sluice.admin}/api/v1/cache/purge`, { method: "POST", headers, body });
  expect(((await answer.json()) as PurgedAnswer).purged).toBe(1);
}

async function outcomeOf(sluice: Sluice, path: string): Promise<string> {
  const query = new URLSearchParams({ url: `http://shop.test${path}` });
  const answer = (await (await fetch(`http://${sluice.admin}/api/v1/cache/why?${query}`)).json()) as WhyAnswer;
  return answer.keys[0]!.outcome;
}

test("a hundred requests at four workers for one cold object make one request to the server, fifty times", async () => {
  await using room = new Room();
  const origin = new Origin(room, ({ target }) => ok(`the body of ${target}`, "Cache-Control: max-age=600"));
  const sluice = await Sluice.start(room, draftOf(origin, 4));
  const crowd = await crowdAt(room, sluice, 100);
  for (let round = 0; round < 50; round++) {
    const path = `/round/${round}`;
    const answers = await Promise.all(crowd.map((asker) => asker.ask(requestFor(path))));
    expect([round, new Set(answers.map(({ body }) => body))]).toEqual([round, new Set([`the body of ${path}`])]);
    expect([round, askedFor(origin, path)]).toEqual([round, 1]);
  }
});

test("what has become stale is asked for anew once, by whichever worker, waited for or shown meanwhile", async () => {
  await using room = new Room();
  const origin = new Origin(room, ({ target, fields }) => {
    const control = target === "/waited" ? "max-age=600" : "max-age=600, stale-while-revalidate=600";
    return fields.has("if-none-match")
      ? `HTTP/1.1 304 Not Modified\r\nETag: "v"\r\nCache-Control: ${control}\r\n\r\n`
      : ok(`the body of ${target}`, 'ETag: "v"', `Cache-Control: ${control}`);
  });
  const sluice = await Sluice.start(room, draftOf(origin, 4));
  const crowd = await crowdAt(room, sluice, 60);
  for (const path of ["/waited", "/shown"]) {
    await crowd[0]!.ask(requestFor(path));
    for (let round = 1; round <= 10; round++) {
      await purgeSoftly(sluice, path);
      const answers = await Promise.all(crowd.map((asker) => asker.ask(requestFor(path))));
      expect(new Set(answers.map(({ body }) => body))).toEqual(new Set([`the body of ${path}`]));
      await until("it to be fresh again", async () => (await outcomeOf(sluice, path)) === "hit");
      expect([path, round, askedFor(origin, path)]).toEqual([path, round, 1 + round]);
    }
  }
});

test("who comes while an answer is on its way, at whichever worker, gets what is there before the rest has come", async () => {
  await using room = new Room();
  const [first, rest] = ["x".repeat(50_000), "y".repeat(50_000)];
  const origin = new Origin(room, ({ socket }) => {
    write(socket, `HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 100000\r\n\r\n${first}`);
    return null;
  });
  const sluice = await Sluice.start(room, draftOf(origin, 2));
  for (let round = 0; round < 5; round++) {
    const crowd = (await crowdAt(room, sluice, 8)).map(({ client }) => client);
    for (const client of crowd) client.send(requestFor(`/${round}`));
    const { socket } = await origin.request(round + 1);
    // None of what follows has been sent: all of them have it from the half that has.
    for (const client of crowd) await until("the first half", () => client.text.endsWith(first));
    write(socket, rest);
    for (const client of crowd) await until("the whole", () => client.text.endsWith(first + rest));
    for (const client of crowd) client.socket.terminate();
    expect(origin.asked).toHaveLength(round + 1);
  }
});

for (const [name, head] of [
  ["says so", (size: number) => `Content-Length: ${size}\r\n`],
  ["does not say so", () => "Transfer-Encoding: chunked\r\n"],
] as const)
  test(`what is too large for the cache, and ${name}, is whole for everybody`, async () => {
    await using room = new Room();
    const body = Buffer.alloc(1_000_000, "0123456789abcdef-");
    const pieces = Array.from({ length: 10 }, (_, index) => body.subarray(index * 100_000, (index + 1) * 100_000));
    const origin = new Origin(room, ({ socket }) => {
      write(socket, `HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\n${head(body.length)}\r\n`);
      for (const piece of pieces) {
        if (name === "says so") write(socket, piece);
        else
          write(socket, Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")]));
      }
      return name === "says so" ? null : "0\r\n\r\n";
    });
    const sluice = await Sluice.start(room, draftOf(origin, 2, { objectSize: "256kb" }));
    const crowd = await crowdAt(room, sluice, 20);
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(crowd.map((asker) => asker.ask(requestFor(`/${round}`))));
      for (const answer of answers)
        expect([answer.status, answer.body.length, answer.body === body.toString("latin1")]).toEqual([
          200,
          1_000_000,
          true,
        ]);
    }
    expect(await sluice.metric("sluice_cache_entries", { cache: "pages" })).toBe(0);
  });
