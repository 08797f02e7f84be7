// What hooks cost in our own code: the exchange of exchange.ts without any, with hooks that do nothing, with ones that read, and with
// ones that set a field of the request and of the response, as the scenario (s) of `npm run bench` does. Prints the nanoseconds of the
// best round, and what is beyond the exchange without hooks; `bun --cpu-prof bench/micro/hook.ts` says where they go.

import type { Hooks } from "../../src/config/hooktypes.ts";
import { Downstream } from "../../src/flow/downstream.ts";
import type { HookFunctions } from "../../src/flow/hooks.ts";
import type { LineFlow } from "../../src/flow/port.ts";
import { bestOf, client, makeWorld, Sink } from "./world.ts";

const exchangesPerRound = 100_000;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const plainRequest = bytesOf("GET / HTTP/1.1\r\nHost: 127.0.0.1:9010\r\n\r\n");
const browserFields = [
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "Accept-Language: en-US,en;q=0.9,de;q=0.8",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; _ga=GA1.2.1234567890.1234567890",
  "Referer: https://www.example.com/some/path/to/a/page?with=query",
  "Cache-Control: max-age=0",
].join("\r\n");
const browserRequest = bytesOf(`GET / HTTP/1.1\r\nHost: 127.0.0.1:9010\r\n${browserFields}\r\n\r\n`);
const response = bytesOf(
  `HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sat, 21 Nov 2026 06:39:20 GMT\r\nContent-Type: text/plain\r\nContent-Length: 65\r\nConnection: keep-alive\r\n\r\n${"x".repeat(65)}`,
);

function run(name: string, request: Uint8Array, functions: Hooks | null, without: number): number {
  let reports = 0;
  const { context, port } = makeWorld(
    "http",
    () => reports++,
    functions === null ? {} : { hooks: functions as HookFunctions },
  );
  const downstream: LineFlow = new Downstream(context, context.site.listeners[0]!, new Sink(), client);
  downstream.received(request);
  const upstream = port.flow!;
  upstream.connected(port.line);
  upstream.received(response);
  const best = bestOf(exchangesPerRound, () => {
    downstream.received(request);
    upstream.received(response);
  });
  const more = without === 0 ? "" : `${(best - without).toFixed(0).padStart(6)} ns more`;
  console.log(`${name.padEnd(24)} ${best.toFixed(0).padStart(6)} ns an exchange ${more} (${reports} reported)`);
  return best;
}

const cases: Readonly<Record<string, Hooks>> = {
  "do nothing": { onRequest: () => {}, onResponse: () => {} },
  read: {
    onRequest: ({ headers }) => void headers.get("user-agent"),
    onResponse: ({ headers }) => void headers.get("content-type"),
  },
  "set a field": {
    onRequest: ({ headers }) => headers.set("x-hook", "asked"),
    onResponse: ({ headers }) => headers.set("x-hook", "answered"),
  },
  "delete a field": {
    onRequest: ({ headers }) => headers.delete("referer"),
    onResponse: ({ headers }) => headers.delete("server"),
  },
  "set, read, set": {
    onRequest: ({ headers }) => {
      headers.set("x-hook", "asked");
      headers.set("x-too", `${headers.get("x-hook")} twice`);
    },
    onResponse: ({ headers }) => {
      headers.append("x-hook", "answered");
      headers.append("x-too", `${headers.get("x-hook")} twice`);
    },
  },
  "another path": {
    onRequest: (request) => {
      request.path = `/v2${request.path}`;
    },
  },
};

for (const [kind, request] of [
  ["1 field", plainRequest],
  ["8 fields", browserRequest],
] as const) {
  const without = run(`${kind}: no hook`, request, null, 0);
  for (const [name, functions] of Object.entries(cases)) run(`${kind}: ${name}`, request, functions, without);
}
