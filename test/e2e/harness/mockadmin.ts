// An admin interface that makes everything up, in the shapes of the real one and with the real console before it: as many servers as a test
// wants, traffic that moves, a server in trouble. For what no real Sluice on a test's machine could show in time: 10,000 servers, ten
// minutes, a token that changes. By hand: bun test/e2e/harness/mockadmin.ts PORT SERVERS.

import type { ChangesAnswer } from "../../../src/control/api/shape/change.ts";
import type { ExchangeRecord } from "../../../src/control/api/shape/exchange.ts";
import type { Figures, PastAnswer, ServerFigures } from "../../../src/control/api/shape/figures.ts";
import { consoleAnswer, isConsolePath } from "../../../src/control/console.ts";
import { madeExchange, madeFigures, madeServer, madeStatus, movedServer, mulberry, rules } from "./mocktraffic.ts";

export interface MockOptions {
  readonly port?: number;
  /** Of the pool "big"; there are "app" with 3 and "api" with 6 beside it. */
  readonly servers?: number;
  readonly token?: string;
  readonly everyMs?: number;
  readonly requestsPerTick?: number;
}

interface Changed {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly headers: Headers;
}

export class MockAdmin {
  readonly changes: Changed[] = [];
  readonly servers: ServerFigures[] = [];
  readonly #server: Bun.Server<undefined>;
  readonly #options: Required<Omit<MockOptions, "token" | "port">> & { token: string | null };
  readonly #streams = new Set<(event: string, data: unknown) => void>();
  readonly #random = mulberry(7);
  readonly #timer: ReturnType<typeof setInterval>;
  #requests: ExchangeRecord[] = [];
  #tick = 0;
  #number = 0;
  token: string | null;

  constructor({ port = 0, servers = 12, token, everyMs = 1000, requestsPerTick = 6 }: MockOptions = {}) {
    this.token = token ?? null;
    this.#options = { servers, everyMs, requestsPerTick, token: token ?? null };
    const names = [
      ...["s1", "s2", "s3"].map((name) => ["app", name] as const),
      ...[1, 2, 3, 4, 5, 6].map((index) => ["api", `api-${index}`] as const),
      ...Array.from({ length: servers }, (_, index) => ["big", `node-${String(index).padStart(5, "0")}`] as const),
    ];
    this.servers = names.map(([pool, name], index) => madeServer(pool, name, index));
    for (let count = 0; count < 60; count++) this.#requests.unshift(this.#exchange(Date.now() - (60 - count) * 700));
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port,
      idleTimeout: 0,
      fetch: (request) => this.#answer(request),
    });
    this.#timer = setInterval(() => this.tick(), everyMs);
  }

  get port(): number {
    return this.#server.port!;
  }

  /** How many listen now. */
  get streams(): number {
    return this.#streams.size;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#server.stop(true);
  }

  /** Ends every stream: what a restart looks like. */
  cut(): void {
    for (const send of this.#streams) send("", null);
  }

  /** A second goes by. */
  tick(): void {
    this.#tick++;
    const changed: ServerFigures[] = [];
    for (const [index, server] of this.servers.entries()) {
      if (server.pool === "big" && index % 7 !== this.#tick % 7 && this.servers.length > 100) continue;
      const next = movedServer(server, this.#random);
      this.servers[index] = next;
      changed.push(next);
    }
    for (let count = 0; count < this.#options.requestsPerTick; count++) {
      const record = this.#exchange(Date.now());
      this.#requests = [record, ...this.#requests].slice(0, 1000);
      for (const send of this.#streams) send("request", record);
    }
    const figures = this.#figures();
    for (const send of this.#streams) {
      send("servers", changed);
      send("figures", figures);
    }
  }

  tell(text: string): void {
    for (const send of this.#streams) send("change", { at: new Date().toISOString(), text });
  }

  #exchange(atMs: number): ExchangeRecord {
    return madeExchange(++this.#number, atMs, this.#random);
  }

  #figures(): Figures {
    return madeFigures({ servers: this.servers, tick: this.#tick, random: this.#random });
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname: path, searchParams: query } = new URL(request.url);
    if (isConsolePath(path)) return consoleAnswer(request, path);
    if (this.token !== null && request.headers.get("authorization") !== `Bearer ${this.token}`)
      return Response.json({ error: "a token is required: send Authorization: Bearer TOKEN" }, { status: 401 });
    if (request.method !== "GET") return this.#change(request, path);
    if (path === "/api/v1/events") return this.#stream(new Set((query.get("topics") ?? "").split(",")), query);
    if (path === "/api/v1/status") return Response.json(madeStatus());
    if (path === "/api/v1/figures/history")
      return Response.json({ everySeconds: 10, moments: [] } satisfies PastAnswer);
    if (path === "/api/v1/changes") return Response.json({ changes: [] } satisfies ChangesAnswer);
    if (path === "/api/v1/rules") return Response.json({ rules });
    if (path === "/api/v1/requests") {
      const found = this.#requests.filter((record) => isWanted(record, query));
      return Response.json({ requests: found.slice(0, 500), looked: this.#requests.length, isOn: true });
    }
    const id = /^\/api\/v1\/requests\/(.+)$/.exec(path)?.[1];
    const record = this.#requests.find((each) => each.id === id);
    return record === undefined
      ? Response.json({ error: `there is nothing at ${path}` }, { status: 404 })
      : Response.json(record);
  }

  async #change(request: Request, path: string): Promise<Response> {
    const text = await request.text();
    this.changes.push({
      method: request.method,
      path,
      body: text === "" ? null : JSON.parse(text),
      headers: request.headers,
    });
    const [, pool, name, order] = /^\/api\/v1\/pools\/([^/]+)\/servers\/([^/]+)(?:\/(drain|enable))?$/.exec(path) ?? [];
    const index = this.servers.findIndex((each) => each.pool === pool && each.name === name);
    if (index === -1) return Response.json({ error: `there is no server ${name}` }, { status: 404 });
    const isDraining = order === "drain";
    const reason = isDraining ? "drained by an operator" : null;
    const state = isDraining ? "draining" : "up";
    this.servers[index] = {
      ...this.servers[index]!,
      state,
      reason,
      since: new Date().toISOString(),
      isEligible: !isDraining,
    };
    for (const send of this.#streams) send("servers", [this.servers[index]]);
    this.tell(`server ${name} of pool ${pool} is ${isDraining ? "draining" : "up"}`);
    return Response.json({ pool, server: name, order });
  }

  #stream(topics: ReadonlySet<string>, query: URLSearchParams): Response {
    const topicOf: Record<string, string> = {
      figures: "figures",
      servers: "servers",
      request: "requests",
      change: "changes",
    };
    let send: ((event: string, data: unknown) => void) | undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        send = (event, data) => {
          if (event === "") {
            if (send !== undefined) this.#streams.delete(send);
            return controller.close();
          }
          if (!topics.has(topicOf[event]!)) return;
          if (event === "request" && !isWanted(data as ExchangeRecord, query)) return;
          controller.enqueue(new TextEncoder().encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
        };
        // Something at once, so that the head of the answer goes out.
        controller.enqueue(new TextEncoder().encode(": here\n\n"));
        this.#streams.add(send);
        send("servers", this.servers);
        send("figures", this.#figures());
      },
      cancel: () => void this.#streams.delete(send!),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
  }
}

function isWanted(record: ExchangeRecord, query: URLSearchParams): boolean {
  const status = query.get("status");
  if (status !== null && !new RegExp(`^${status.replaceAll("x", "\\d")}$`).test(String(record.status))) return false;
  for (const name of ["pool", "server", "method", "host", "client", "listener"] as const) {
    const wanted = query.get(name);
    if (wanted !== null && record[name] !== wanted) return false;
  }
  const slower = Number.parseFloat(query.get("slower") ?? "0") * (/\ds$/.test(query.get("slower") ?? "") ? 1000 : 1);
  return record.durationMs >= slower && (query.get("failed") !== "true" || record.fault !== null);
}

if (import.meta.main) {
  const mock = new MockAdmin({
    port: Number(process.argv[2] ?? 0),
    servers: Number(process.argv[3] ?? 12),
    requestsPerTick: 20,
  });
  console.log(mock.url);
}
