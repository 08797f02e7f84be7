// The event stream and the live figures of a real Sluice: what is told of traffic, of servers that go and come back, of workers that die,
// of reloads that are refused; and that rules and weights are changed while it runs.

import { expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { auditRecord } from "../../src/control/api/shape/audit.ts";
import { changeRecord } from "../../src/control/api/shape/change.ts";
import { exchangeRecord } from "../../src/control/api/shape/exchange.ts";
import { type Figures, figures, type ServerFigures, serverFigures } from "../../src/control/api/shape/figures.ts";
import type { RulesAnswer } from "../../src/control/api/shape/rule.ts";
import type { EntriesAnswer } from "../../src/control/table/answer.ts";
import { Origin, ok } from "./harness/origin.ts";
import { Room } from "./harness/room.ts";
import { Sluice } from "./harness/sluice.ts";
import { until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

function failure(status: number): Buffer {
  return Buffer.from(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
}

interface Told {
  readonly name: string;
  readonly data: unknown;
}

/** Reads the stream of events and keeps all of it. */
class Stream {
  readonly told: Told[] = [];
  readonly #abort = new AbortController();

  static async open(room: Room, sluice: Sluice, query = ""): Promise<Stream> {
    const stream = new Stream();
    const response = await fetch(`http://${sluice.admin}/api/v1/events${query}`, { signal: stream.#abort.signal });
    if (response.status !== 200) throw new Error(await response.text());
    room.ending(() => stream.leave());
    void stream.#read(response.body!);
    return stream;
  }

  /** Of one name, the oldest first. */
  of<Data>(name: string): Data[] {
    return this.told.filter((each) => each.name === name).map(({ data }) => data as Data);
  }

  async changed(text: string): Promise<void> {
    await until(`word of: ${text}`, () =>
      this.of<{ text: string }>("change").some((change) => change.text.includes(text)),
    );
  }

  leave(): void {
    this.#abort.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    let text = "";
    const decoder = new TextDecoder();
    try {
      for await (const bytes of body) {
        text += decoder.decode(bytes, { stream: true });
        const blocks = text.split("\n\n");
        text = blocks.pop()!;
        for (const block of blocks) {
          const found = /^event: (\S+)\ndata: (.*)$/m.exec(block);
          if (found !== null) this.told.push({ name: found[1]!, data: JSON.parse(found[2]!) as unknown });
        }
      }
    } catch {
      // It was left, or Sluice has ended.
    }
  }
}

async function answered<Body>(sluice: Sluice, path: string, init?: RequestInit): Promise<Body> {
  const response = await fetch(`http://${sluice.admin}/api/v1/${path}`, init);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Body;
}

test("who listens is told of traffic, servers, requests, changes and the audit log, in the shapes that are described", async () => {
  await using room = new Room();
  const origin = new Origin(room, ({ target }) => (target === "/bad" ? failure(500) : ok("ok")));
  const sluice = await Sluice.start(room, {
    workers: 2,
    pools: {
      app: { servers: [origin.address], rules: { request: [{ name: "seen", if: "path == '/bad'", log: "bad" }] } },
    },
  });
  const stream = await Stream.open(room, sluice, "?topics=figures,servers,requests,changes,audit&status=5xx");
  await until("the servers", () => stream.of("servers").length > 0);
  for (let count = 0; count < 10; count++) await (await fetch(`${sluice.url}/good`)).text();
  for (let count = 0; count < 5; count++) await (await fetch(`${sluice.url}/bad`)).text();
  const sum = (of: (figures: Figures) => number): number =>
    Math.round(
      stream.of<Figures>("figures").reduce((total, each, index, all) => {
        const former = all[index - 1];
        // A look that comes late is about more than a second.
        const seconds = former === undefined ? 1 : (Date.parse(each.at) - Date.parse(former.at)) / 1000;
        return total + of(each) * seconds;
      }, 0),
    );
  // Rates of seconds on end are counts, but for the first look, which is shorter, and thousandths of a second.
  const hits = ({ rules }: Figures): number => rules.find(({ id }) => id === "pools.app.rules.request[0]")?.hits ?? 0;
  await until("the requests in the figures", () => sum((each) => each.requests) >= 13);
  // A look may come between the last ones.
  await until("what fails in the figures", () => sum((each) => each.statuses["5xx"]) >= 4 && sum(hits) > 3);
  await until("five requests", () => stream.of("request").length === 5);
  expect(stream.of<{ status: number }>("request").every(({ status }) => status === 500)).toBe(true);
  await answered(sluice, `pools/app/servers/${encodeURIComponent(origin.address)}/drain`, { method: "POST" });
  await until(
    "the server that is drained",
    () => stream.of<ServerFigures[]>("servers").flat().at(-1)?.state === "draining",
  );
  await stream.changed("is DRAINING");
  await until("the audit log", () => stream.of("audit").length === 1);
  for (const [name, schema] of [
    ["figures", figures],
    ["servers", serverFigures.array()],
    ["request", exchangeRecord],
    ["change", changeRecord],
    ["audit", auditRecord],
  ] as const)
    for (const data of stream.of(name)) expect([name, schema.safeParse(data).error]).toEqual([name, undefined]);
});

test("servers that go and come back, workers that die and reloads that are refused are told with the reason", async () => {
  await using room = new Room();
  let isWell = true;
  const origin = new Origin(room, () => (isWell ? ok("ok") : failure(503)));
  const sluice = await Sluice.start(room, {
    workers: 2,
    pools: {
      app: { servers: [origin.address], check: { http: "/", every: "100ms", timeout: "5s", fall: 2, rise: 2 } },
    },
  });
  const stream = await Stream.open(room, sluice);
  isWell = false;
  await stream.changed(`server app/${origin.address} is DOWN`);
  await until("the server down", () => stream.of<ServerFigures[]>("servers").flat().at(-1)?.state === "down");
  expect(stream.of<ServerFigures[]>("servers").flat().at(-1)!.reason).toContain("503");
  isWell = true;
  await stream.changed(`server app/${origin.address} is UP`);
  process.kill((await sluice.workers())[0]!, "SIGKILL");
  await stream.changed("worker 0 (pid");
  await until("a worker that takes its place", async () => (await sluice.workers()).length === 2);
  writeFileSync(sluice.configPath, "{ this is no config");
  await fetch(`http://${sluice.admin}/api/v1/reload`, { method: "POST" });
  await stream.changed("the configuration was not loaded");
  const { changes } = await answered<{ changes: readonly { text: string }[] }>(sluice, "changes");
  // The newest first; a check that was late meanwhile has its words, too.
  const placeOf = (text: string): number => changes.findIndex((change) => change.text.includes(text));
  expect(placeOf("the configuration was not loaded")).toBeWithin(0, placeOf("worker 0 (pid"));
});

test("figures are answered to who asks now and then, and the hot keys of a table come first", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("ok"));
  const sluice = await Sluice.start(room, {
    tables: { keys: { key: { string: 20 }, size: "1k", expire: "1h", store: ["http_req_cnt"] } },
    pools: { app: { servers: [origin.address], rules: { request: [{ track: { table: "keys", by: "path" } }] } } },
  });
  const seen = await answered<Figures>(sluice, "figures");
  expect(figures.safeParse(seen).error).toBeUndefined();
  expect(seen).toMatchObject({ state: "ready", pools: [{ name: "app", servers: 1, eligible: 1 }] });
  for (const path of ["/rare", "/often", "/often", "/often", "/twice", "/twice"])
    await (await fetch(sluice.url + path)).text();
  const { entries } = await answered<EntriesAnswer>(sluice, "tables/keys?sort=-http_req_cnt&limit=2");
  expect(entries.map(({ key }) => key)).toEqual(["/often", "/twice"]);
  const found = await answered<EntriesAnswer>(sluice, "tables/keys?find=RAR");
  expect(found.entries.map(({ key }) => key)).toEqual(["/rare"]);
});

test("a rule is tried out and then enforced while traffic goes on, a server is given another weight, and a reload forgets both", async () => {
  await using room = new Room();
  const origins = [new Origin(room, () => ok("one")), new Origin(room, () => ok("two"))] as const;
  const sluice = await Sluice.start(room, {
    pools: {
      app: {
        balance: "weightedRoundRobin",
        servers: [origins[0].address, origins[1].address],
        rules: { request: [{ name: "no admin", if: "path == '/admin'", deny: 403, mode: "observe" }] },
      },
    },
  });
  const statusOf = async (): Promise<number> => (await fetch(`${sluice.url}/admin`)).status;
  expect(await statusOf()).toBe(200);
  const [rule] = await until("the hit", async () => {
    const { rules } = await answered<RulesAnswer>(sluice, "rules");
    return rules[0]?.hits === 1 && rules;
  });
  expect(rule).toMatchObject({
    id: "pools.app.rules.request[0]",
    name: "no admin",
    mode: "observe",
    action: "deny 403",
  });
  const patch = (body: unknown): RequestInit => ({ method: "PATCH", body: JSON.stringify(body) });
  const path = `rules/${encodeURIComponent(rule!.id)}`;
  expect(await answered<object>(sluice, path, patch({ mode: "enforce" }))).toMatchObject({
    ...{ mode: "enforce", configuredMode: "observe", hits: 1 },
  });
  expect(await statusOf()).toBe(403);
  const server = `pools/app/servers/${encodeURIComponent(origins[0].address)}`;
  await answered(sluice, server, patch({ weight: 9 }));
  const counts = { one: 0, two: 0 };
  for (let count = 0; count < 100; count++)
    counts[(await (await fetch(`${sluice.url}/`)).text()) as keyof typeof counts]++;
  expect(counts.one).toBeGreaterThan(80);
  expect((await sluice.server(origins[0].address)).weight).toBe(9);
  // Neither is in the file.
  await fetch(`http://${sluice.admin}/api/v1/reload`, { method: "POST" });
  expect(await statusOf()).toBe(200);
  expect((await sluice.server(origins[0].address)).weight).toBe(1);
});
