// The event stream over real sockets, long because all of it needs the one stage: clients that leave, that read slowly or not at all.

import { afterEach, expect, test } from "bun:test";
import type { RecorderReader } from "../../memory/recorderreader.ts";
import { eventsOperations } from "../api/events.ts";
import { routesOfOperations } from "../api/router.ts";
import type { ChangeRecord } from "../api/shape/change.ts";
import type { ExchangeRecord } from "../api/shape/exchange.ts";
import type { Figures, ServerFigures } from "../api/shape/figures.ts";
import type { Sample } from "../figures/sampler.ts";
import type { Sampling, Watcher } from "../figures/sampling.ts";
import { silentLog } from "../log.ts";
import type { Accepts } from "../recorder/filter.ts";
import { RecorderNames } from "../recorder/names.ts";
import { Chronicle } from "./chronicle.ts";
import { EventHub, type FoundAgain, type HubOptions, type RequestFeed, type RequestFollower } from "./hub.ts";

const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function server(name: string, over: Partial<ServerFigures> = {}): ServerFigures {
  return {
    ...{ pool: "app", name, address: name, state: "up", reason: null, since: "1970-01-01T00:00:00.000Z" },
    ...{ isEligible: true, isBackup: false, weight: 1, active: 0, requests: 0, errors: 0, meanMs: null },
    ...over,
  };
}

/** What a sampler shows, said by the test. */
class Shown implements Pick<Sampling, "latest" | "servers" | "watch"> {
  latest: Sample | null = null;
  all: ServerFigures[] = [];
  readonly watchers = new Set<Watcher>();

  servers(): Iterable<ServerFigures> {
    return this.all;
  }

  watch(watcher: Watcher): () => void {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  }

  show(requests: number, changed: readonly ServerFigures[] = [], gone: Sample["gone"] = []): void {
    this.latest = { figures: { requests } as Figures, changed, gone };
    for (const watcher of this.watchers) watcher(this.latest);
  }
}

class Recorded implements RequestFeed {
  readonly followers = new Set<RequestFollower>();
  readonly kept: ExchangeRecord[] = [];
  /** How many may be told, as it was answered. */
  readonly begun: number[] = [];

  follow(follower: RequestFollower): () => void {
    this.followers.add(follower);
    return () => void this.followers.delete(follower);
  }

  /** Held until the test lets it go on. */
  search: Promise<void> = Promise.resolve();
  isWanted: () => boolean = () => true;

  async after(id: string, accepts: Accepts, most: number, isWanted: () => boolean): Promise<FoundAgain | null> {
    this.isWanted = isWanted;
    const at = this.kept.findIndex((record) => record.id === id);
    const found = this.kept.slice(at + 1).filter((record) => accepts(rawOf(record), names));
    await this.search;
    return at === -1 ? null : { records: found.slice(-most), left: Math.max(0, found.length - most) };
  }

  end(id: string, status: number, path = "/"): void {
    const record = { id, status, path } as ExchangeRecord;
    this.kept.push(record);
    for (const follower of this.followers) {
      this.begun.push(follower.begins());
      if (follower.accepts(rawOf(record), names) && follower.takes()) follower.told(record);
    }
  }
}

const names = new RecorderNames();

/** As much of one as the filter here asks for. */
function rawOf({ status }: ExchangeRecord): RecorderReader {
  return { status } as RecorderReader;
}

function stage(options: Partial<HubOptions> = {}) {
  const shown = new Shown();
  const requests = new Recorded();
  const chronicle = new Chronicle(silentLog(), Date.now);
  const hub = new EventHub({
    ...{ sampling: shown as unknown as Sampling, chronicle, requests, nowMs: () => performance.now() },
    ...options,
  });
  const routes = routesOfOperations(
    eventsOperations({
      hub,
      filter: {
        parameters: {},
        read: () => (reader) => reader.status >= 500,
      },
    }),
  );
  const http = Bun.serve({
    ...{ hostname: "127.0.0.1", port: 0, idleTimeout: 4 },
    fetch: async (request) =>
      (await routes(request, new URL(request.url).pathname)) ?? new Response("", { status: 404 }),
  });
  ends.push(() => http.stop(true));
  ends.push(() => hub.close());
  const url = `http://127.0.0.1:${http.port}/api/v1/events`;
  return { shown, requests, chronicle, hub, http, url };
}

interface Event {
  readonly name: string;
  readonly id: string | null;
  readonly data: unknown;
}

/** Reads events one by one, as long as the test asks. */
class Listener {
  readonly #reader: AsyncIterator<Uint8Array>;
  readonly #abort: AbortController;
  #text = "";
  comments = 0;

  private constructor(reader: AsyncIterator<Uint8Array>, abort: AbortController) {
    this.#reader = reader;
    this.#abort = abort;
  }

  static async open(url: string, query = "", headers: Record<string, string> = {}): Promise<Listener> {
    const abort = new AbortController();
    const response = await fetch(`${url}${query}`, { signal: abort.signal, headers });
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-store");
    const listener = new Listener(response.body![Symbol.asyncIterator](), abort);
    ends.push(() => listener.leave());
    return listener;
  }

  /** Null where the stream has ended. */
  async next(): Promise<Event | null> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end !== -1) {
        const block = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        const event = read(block);
        if (event !== null) return event;
        this.comments++;
        continue;
      }
      const { done, value } = await this.#reader.next();
      if (done === true) return null;
      this.#text += new TextDecoder().decode(value);
    }
  }

  async take(count: number): Promise<Event[]> {
    const events: Event[] = [];
    while (events.length < count) {
      const event = await this.next();
      if (event === null) break;
      events.push(event);
    }
    return events;
  }

  leave(): void {
    this.#abort.abort();
  }
}

function read(block: string): Event | null {
  const fields = new Map(block.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]));
  const name = fields.get("event");
  if (name === undefined) return null;
  return { name, id: fields.get("id") ?? null, data: JSON.parse(fields.get("data")!) as unknown };
}

async function reached(what: string, isSo: () => boolean, patienceMs = 10_000): Promise<void> {
  const endMs = performance.now() + patienceMs;
  while (!isSo()) {
    if (performance.now() > endMs) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("a client is told of figures and all servers at once, then of what changes, and of servers that are gone", async () => {
  const { shown, chronicle, url } = stage();
  shown.all = [server("a:1"), server("b:1")];
  shown.show(7);
  const listener = await Listener.open(url);
  expect(await listener.take(2)).toMatchObject([
    { name: "figures", data: { requests: 7 } },
    { name: "servers", data: [{ name: "a:1" }, { name: "b:1" }] },
  ]);
  shown.show(8, [server("b:1", { state: "down" })], [{ pool: "app", name: "a:1" }]);
  chronicle.log.warn("server b:1 is DOWN");
  expect(await listener.take(4)).toMatchObject([
    { name: "figures", data: { requests: 8 } },
    { name: "servers", data: [{ name: "b:1", state: "down" }] },
    { name: "gone", data: [{ pool: "app", name: "a:1" }] },
    { name: "change", data: { level: "warn", text: "server b:1 is DOWN" } },
  ]);
});

test("who asks for some topics is told of these, and what nobody asks for is not looked at", async () => {
  const { shown, chronicle, hub, requests, url } = stage();
  const listener = await Listener.open(url, "?topics=changes,audit");
  expect([shown.watchers.size, requests.followers.size]).toEqual([0, 0]);
  shown.show(1, [server("a:1")]);
  chronicle.log.info("a change");
  hub.audited({ operation: "drainServer" } as Parameters<EventHub["audited"]>[0]);
  expect((await listener.take(2)).map(({ name }) => name)).toEqual(["change", "audit"]);
});

test("topics that there are none of are refused with those that there are", async () => {
  const { url } = stage();
  const refused = await fetch(`${url}?topics=figures,sorvers`);
  expect(refused.status).toBe(400);
  expect(await refused.json()).toEqual({
    error:
      'topics must be of figures, servers, requests, changes, audit, joined by commas; "sorvers" is none; did you mean "servers"?',
  });
});

test("requests are those that the filter lets through, each with its id, and a stream goes on behind the last one", async () => {
  const { requests, url } = stage();
  const first = await Listener.open(url, "?topics=requests");
  requests.end("0-1", 500);
  requests.end("0-2", 200);
  requests.end("0-3", 502);
  const events = await first.take(2);
  expect(events.map(({ name, id }) => [name, id])).toEqual([
    ["request", "0-1"],
    ["request", "0-3"],
  ]);
  first.leave();
  requests.end("0-4", 503);
  const second = await Listener.open(url, "?topics=requests", { "last-event-id": "0-3" });
  expect((await second.take(1))[0]).toMatchObject({ id: "0-4", data: { status: 503 } });
});

test("of what ended while somebody was away as many are told as it asks for a second, and how many more there were", async () => {
  const { requests, url } = stage();
  for (let count = 1; count <= 9; count++) requests.end(`0-${count}`, 500);
  const listener = await Listener.open(url, "?topics=requests&rate=3", { "last-event-id": "0-1" });
  const [dropped, ...told] = await listener.take(4);
  expect(dropped).toMatchObject({ name: "dropped", data: { requests: 5, others: 0 } });
  expect(told.map(({ id }) => id)).toEqual(["0-7", "0-8", "0-9"]);
});

test("what was not told is said once more may come, though nothing does", async () => {
  const clock = { ms: 5000 };
  const { requests, url } = stage({ nowMs: () => clock.ms });
  const listener = await Listener.open(url, "?topics=requests&rate=2");
  for (const id of ["0-1", "0-2"]) requests.end(id, 500);
  expect((await listener.take(2)).map(({ id }) => id)).toEqual(["0-1", "0-2"]);
  for (const id of ["0-3", "0-4", "0-5"]) requests.end(id, 500);
  clock.ms += 1000;
  for (const follower of requests.followers) follower.begins();
  expect((await listener.take(1))[0]).toMatchObject({ name: "dropped", data: { requests: 3, others: 0 } });
});

test("what ends while the former are looked for is told behind them, and the search ends with its client", async () => {
  const { requests, hub, url } = stage();
  requests.end("0-1", 500);
  requests.end("0-2", 502);
  const found = Promise.withResolvers<void>();
  requests.search = found.promise;
  const listener = await Listener.open(url, "?topics=requests", { "last-event-id": "0-1" });
  requests.end("0-3", 503);
  found.resolve();
  expect((await listener.take(2)).map(({ id }) => id)).toEqual(["0-2", "0-3"]);
  requests.end("0-4", 504);
  expect((await listener.take(1)).map(({ id }) => id)).toEqual(["0-4"]);
  const unread = Promise.withResolvers<void>();
  requests.search = unread.promise;
  const other = await Listener.open(url, "?topics=requests", { "last-event-id": "0-1" });
  requests.end("0-5", 505);
  unread.reject(new Error("it cannot be read"));
  expect((await other.take(1)).map(({ id }) => id)).toEqual(["0-5"]);
  expect(requests.isWanted()).toBe(true);
  other.leave();
  await reached("one to be left", () => hub.clients === 1);
  expect(requests.isWanted()).toBe(false);
});

test("of very many requests a thousand are told each second, and how many were not with what comes next", async () => {
  const clock = { ms: 5000 };
  const { requests, url } = stage({ nowMs: () => clock.ms });
  const listener = await Listener.open(url, "?topics=requests");
  for (let count = 1; count <= 1500; count++) requests.end(`0-${count}`, 500);
  // So that what was left out is told with what comes next.
  clock.ms += 1000;
  requests.end("0-1501", 500);
  const told = await listener.take(1002);
  expect(told.filter(({ name }) => name === "request").map(({ id }) => id)).toEqual([
    ...Array.from({ length: 1000 }, (_, index) => `0-${index + 1}`),
    "0-1501",
  ]);
  const dropped = told.filter(({ name }) => name === "dropped");
  expect(dropped.map(({ data }) => data)).toEqual([{ requests: 500, others: 0 }]);
});

test("who asks for fewer is told of fewer, and how many may come is known before any is read", async () => {
  const clock = { ms: 5000 };
  const { requests, url } = stage({ nowMs: () => clock.ms });
  for (const rate of ["0", "1001", "many", "2.5"])
    expect([rate, (await fetch(`${url}?topics=requests&rate=${rate}`)).status]).toEqual([rate, 400]);
  const listener = await Listener.open(url, "?topics=requests&rate=20");
  for (let count = 1; count <= 22; count++) requests.end(`0-${count}`, 500);
  clock.ms += 100;
  for (let count = 23; count <= 25; count++) requests.end(`0-${count}`, 500);
  const told = await listener.take(23);
  expect(told.filter(({ name }) => name === "request").map(({ id }) => id)).toEqual([
    ...Array.from({ length: 20 }, (_, index) => `0-${index + 1}`),
    "0-23",
    "0-24",
  ]);
  expect(requests.begun).toEqual([...Array.from({ length: 20 }, (_, index) => 20 - index), 0, 0, 2, 1, 0]);
});

test("each is told of what fits its own filter, and of what nobody could read", async () => {
  const { requests, hub } = stage();
  const texts: string[] = ["", ""];
  for (const [index, status] of [404, 500].entries()) {
    const client = hub.open({
      ...{ topics: new Set(["requests"] as const), rate: 1000, lastId: null },
      accepts: (reader) => reader.status === status,
    })!;
    void (async () => {
      for await (const bytes of client.body as unknown as AsyncIterable<Uint8Array>)
        texts[index] += new TextDecoder().decode(bytes);
    })();
  }
  requests.end("0-1", 404);
  requests.end("0-2", 500);
  for (const follower of requests.followers) follower.missed(7);
  await reached("word of both", () => texts.every((text) => text.includes('{"requests":7,"others":0}')));
  expect(texts.map((text) => [...text.matchAll(/id: (\S+)/g)].map(([, id]) => id))).toEqual([["0-1"], ["0-2"]]);
});

test("with its last client everything ends: no timer is left, nothing is listened to", async () => {
  const { shown, requests, chronicle, hub, url } = stage();
  const listeners = [await Listener.open(url, "?topics=figures,requests,changes"), await Listener.open(url)];
  expect([hub.clients, shown.watchers.size, requests.followers.size]).toEqual([2, 1, 1]);
  listeners[0]!.leave();
  await reached("one to be left", () => hub.clients === 1);
  expect([shown.watchers.size, requests.followers.size]).toEqual([1, 0]);
  listeners[1]!.leave();
  await reached("none to be left", () => hub.clients === 0);
  expect([shown.watchers.size, hub.isIdle]).toEqual([0, true]);
  chronicle.log.info("nobody hears it");
});

test("so many clients may listen, the next is told to come again, and finds room when one has left", async () => {
  const { hub, url } = stage();
  expect(hub.clientsMax).toBe(32);
  const listeners: Listener[] = [];
  while (listeners.length < 32) listeners.push(await Listener.open(url));
  const refused = await fetch(url);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "10"]);
  expect(await refused.json()).toEqual({
    error: "32 clients listen already, and no more may: try again later",
  });
  listeners[5]!.leave();
  await reached("room", () => hub.clients === 31);
  await Listener.open(url);
  expect(hub.clients).toBe(32);
});

test("HEAD says what it would be, and takes no place", async () => {
  const { hub, url } = stage();
  const response = await fetch(url, { method: "HEAD" });
  expect([response.status, response.headers.get("content-type"), hub.clients]).toEqual([
    200,
    "text/event-stream; charset=utf-8",
    0,
  ]);
});

test("who has nothing to be told hears that the stream lives", async () => {
  const { url, chronicle } = stage({ beatMs: 5 });
  const listener = await Listener.open(url, "?topics=changes");
  const event = listener.next();
  await reached("heartbeats", () => {
    if (listener.comments < 4) return false;
    chronicle.log.info("over");
    return true;
  });
  expect(await event).toMatchObject({ data: { text: "over" } });
});

/** Opens a stream and then takes nothing at all: what comes fills the buffers of the system, then ours. */
async function stuck(url: string, query: string) {
  const { port, pathname } = new URL(url);
  const taken = { bytes: 0, text: "", isClosed: false };
  const socket = await Bun.connect({
    ...{ hostname: "127.0.0.1", port: Number(port) },
    socket: {
      open: (opened) => void opened.write(`GET ${pathname}${query} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
      data: (_, bytes) => {
        taken.bytes += bytes.length;
        taken.text += bytes.toString("latin1");
      },
      close: () => {
        taken.isClosed = true;
      },
    },
  });
  ends.push(() => void socket.terminate());
  await reached("the stream to begin", () => taken.text.includes("\r\n\r\n"));
  socket.pause();
  return { socket, taken };
}

test("who reads too slowly misses requests and is told how many, and is told all servers anew", async () => {
  // Each look at the clock is a second later: so many a second are not the limit here.
  let nowMs = 0;
  const { requests, shown, hub, url } = stage({ nowMs: () => (nowMs += 1000) });
  const { socket, taken } = await stuck(url, "?topics=requests,servers");
  shown.all = [server("a:1", { active: 1 })];
  let count = 0;
  const long = "x".repeat(4000);
  // Until the system's buffers and ours are full, and beyond.
  for (let fullFor = 0; fullFor < 5 && count < 20_000; ) {
    for (let each = 0; each < 100; each++) requests.end(`0-${++count}`, 500, long);
    shown.show(1, [server("a:1", { active: count })]);
    expect(hub.bytesOf(0)).toBeLessThanOrEqual(1_048_576);
    // A line that has been full stays above half of its bound.
    if (hub.bytesOf(0) > 500_000) fullFor++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  shown.all = [server("a:1", { active: 4711 })];
  socket.resume();
  await reached("word of what was missed", () => taken.text.includes("event: dropped"));
  await reached("the last request", () => taken.text.includes(`id: 0-${count}\n`));
  await reached("servers as they are now", () => taken.text.includes('"active":4711'));
  const missed = [...taken.text.matchAll(/event: dropped\ndata: \{"requests":(\d+)/g)].map(([, number]) =>
    Number(number),
  );
  const told = taken.text.split("event: request\n").length - 1;
  expect(missed.reduce((sum, each) => sum + each, 0) + told).toBe(count);
  expect(hub.clients).toBe(1);
}, 60_000);

test("who takes nothing for too long is let go of, with its connection", async () => {
  const { requests, hub, url } = stage({ beatMs: 20, stalledMs: 100 });
  const { taken, socket } = await stuck(url, "?topics=requests");
  const long = "x".repeat(8000);
  for (let count = 0; hub.clients > 0 && count < 50_000; count++) {
    requests.end(`0-${count}`, 500, long);
    if (count % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await reached("it to be let go of", () => hub.clients === 0);
  socket.resume();
  await reached("its connection to be closed", () => taken.isClosed);
}, 60_000);

test("when Sluice ends, streams end", async () => {
  const { hub, url } = stage();
  const listener = await Listener.open(url, "?topics=changes");
  hub.close();
  expect(await listener.next()).toBeNull();
  expect(hub.clients).toBe(0);
});

test("a change record is what the schema of changes says", async () => {
  const { chronicle, url } = stage();
  const listener = await Listener.open(url, "?topics=changes");
  chronicle.log.error({ some: "field" }, "text");
  expect(Object.keys((await listener.next())!.data as ChangeRecord)).toEqual(["at", "level", "text"]);
});
