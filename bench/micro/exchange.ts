// What one exchange costs in our own code: the shipped flows on a port that takes everything, no sockets, no kernel. Prints the
// nanoseconds of the best round; `bun --cpu-prof bench/micro/exchange.ts` says where they go.

import { TimerWheel } from "../../src/base/timerwheel.ts";
import type { Plan } from "../../src/config/plan.ts";
import { Context } from "../../src/flow/context.ts";
import { Downstream } from "../../src/flow/downstream.ts";
import type { Client, DialFlow, Line, LineFlow, Port } from "../../src/flow/port.ts";
import { Site } from "../../src/flow/site.ts";
import { Arena } from "../../src/memory/arena.ts";
import { Board } from "../../src/memory/board.ts";
import { Tally } from "../../src/memory/tally.ts";

const rounds = 8;
const exchangesPerRound = 200_000;

class Sink implements Line {
  readonly heldBytes: number = 0;
  sentBytes = 0;
  send(_bytes: Uint8Array, start: number, end: number): boolean {
    this.sentBytes += end - start;
    return true;
  }
  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {}
  reset(): void {}
}

class FakePort implements Port {
  nowMs = 1000;
  wallMs = 1_700_000_000_000;
  readonly wheel: TimerWheel = new TimerWheel(0);
  flow: DialFlow | null = null;
  readonly line = new Sink();
  random(): number {
    return Math.random();
  }
  dial(_server: unknown, flow: DialFlow): void {
    this.flow = flow;
  }
  wake(flow: Downstream, deadlineMs: number): void {
    this.wheel.set(flow, deadlineMs);
  }
  forget(flow: Downstream): void {
    this.wheel.remove(flow);
  }
}

const timeouts = {
  handshakeMs: 10_000,
  clientIdleMs: 0,
  headMs: 10_000,
  idleMs: 60_000,
  readMs: 60_000,
  tunnelMs: 3_600_000,
  lingerMs: 2000,
};
const forwarding = {
  trusted: [],
  xForwardedFor: true,
  xForwardedProto: true,
  xForwardedHost: true,
  forwarded: false,
  via: "sluice",
};
const client: Client = {
  address: "127.0.0.1",
  port: 40_000,
  localAddress: "127.0.0.1",
  localPort: 80,
  peerAddress: "127.0.0.1",
  tls: null,
  ja4: "",
};
const plan: Plan = {
  generation: 1,
  drainMs: 3000,
  certificates: [],
  pems: {},
  accessLog: null,
  limits: { headBytesMax: 32_768, fieldsMax: 128, bodyBytesMax: 0, requestsPerConnectionMax: 0 },
  routes: [{ slot: 0, listener: 0, pool: 0 }],
  listeners: [
    {
      name: "web",
      slot: 0,
      address: { kind: "tcp", host: "127.0.0.1", port: 80 },
      mode: "http",
      route: 0,
      names: [],
      proxyProtocol: false,
      tls: null,
      redirect: null,
      hsts: null,
      udp: null,
      connectionsMax: 30_000,
      timeouts,
      forwarding,
      requestId: { header: "x-request-id", keep: true },
    },
  ],
  pools: [
    {
      name: "app",
      slot: 0,
      balance: { policy: "roundRobin", key: { kind: "ip" }, loadFactor: 1.25, sticky: null },
      servers: [
        {
          id: "app/127.0.0.1:81",
          name: "127.0.0.1:81",
          slot: 0,
          address: { kind: "tcp", host: "127.0.0.1", port: 81 },
          weight: 1,
          backup: false,
          connectionsMax: 0,
          cookie: "a",
          tls: null,
          proxyProtocol: 0,
          source: "",
        },
      ],
      timeouts: { connectMs: 5000, responseMs: 60_000, readMs: 60_000, serverIdleMs: 0 },
      retries: 2,
      redispatch: true,
      retryBudget: { ratio: 0.2, minimumPerSecond: 10 },
      queue: { lengthMax: 1000, timeoutMs: 5000 },
      idle: { connectionsMax: 256, timeoutMs: 60_000 },
      slowStartMs: 0,
      panicThreshold: 0.5,
      check: null,
      ejection: null,
    },
  ],
};

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const browserFields = [
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "Accept-Language: en-US,en;q=0.9,de;q=0.8",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; _ga=GA1.2.1234567890.1234567890",
  "Referer: https://www.example.com/some/path/to/a/page?with=query",
  "Upgrade-Insecure-Requests: 1",
  "Sec-Fetch-Dest: document",
  "Sec-Fetch-Mode: navigate",
  "Sec-Fetch-Site: same-origin",
  "Cache-Control: max-age=0",
].join("\r\n");
const plainRequest = bytesOf("GET / HTTP/1.1\r\nHost: 127.0.0.1:9010\r\n\r\n");
const browserRequest = bytesOf(`GET / HTTP/1.1\r\nHost: 127.0.0.1:9010\r\n${browserFields}\r\n\r\n`);
const response = bytesOf(
  `HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sat, 21 Nov 2026 06:39:20 GMT\r\nContent-Type: text/plain\r\nContent-Length: 65\r\nConnection: keep-alive\r\n\r\n${"x".repeat(65)}`,
);

function run(name: string, request: Uint8Array): void {
  const arena = Arena.inMemory();
  const board = new Board(arena);
  board.write(0, { health: 1, admin: 0, isEjected: false, rampPermille: 1000, isEligible: true });
  board.publish();
  const port = new FakePort();
  const tally = new Tally(arena, 0);
  const site = new Site(plan, { arena, tally, workers: 1, random: Math.random }, null);
  let reports = 0;
  const context = new Context(port, tally, site, () => {
    reports++;
  });
  const downstream: LineFlow = new Downstream(context, site.listeners[0]!, new Sink(), client);
  downstream.received(request);
  const upstream = port.flow!;
  upstream.connected(port.line);
  upstream.received(response);
  const figures: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now();
    for (let count = 0; count < exchangesPerRound; count++) {
      downstream.received(request);
      upstream.received(response);
    }
    figures.push(((performance.now() - startedMs) * 1e6) / exchangesPerRound);
  }
  figures.sort((a, b) => a - b);
  console.log(`${name.padEnd(20)} ${figures[0]!.toFixed(0).padStart(6)} ns an exchange (${reports} reported)`);
}

run("1 field", plainRequest);
run("12 browser fields", browserRequest);
