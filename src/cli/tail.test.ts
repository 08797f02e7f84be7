import { expect, test } from "bun:test";
import type { ExchangeRecord } from "../control/api/shape/exchange.ts";
import { plain } from "./paint.ts";
import { type TailOptions, tail } from "./tail.ts";

function record(id: string): ExchangeRecord {
  return {
    ...{
      id,
      kind: "http",
      at: "2026-11-22T09:06:03.000Z",
      durationMs: 1,
      worker: 0,
      requestId: "",
      client: "192.0.2.1",
    },
    ...{ user: "", method: "GET", host: "a", path: `/${id}`, isCut: false, isTls: false, listener: "web", pool: "app" },
    ...{
      server: "s",
      status: 200,
      serverStatus: 200,
      fault: null,
      attempts: 1,
      isReused: false,
      serverVersion: "1.1",
      cache: null,
    },
    ...{ rule: "", rules: [], egress: null, bytesReceived: 0, bytesSent: 0, phases: [] },
  };
}

interface Ran {
  readonly asked: readonly string[];
  readonly out: string;
  readonly err: string;
}

/** `pieces`: what each stream that is opened tells before it ends. The pause behind the last of them never ends. */
async function run(more: Partial<TailOptions>, pieces: readonly string[], isOn = true): Promise<Ran> {
  const asked: string[] = [];
  let [out, err, streams] = ["", "", 0];
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => {
      const { pathname, search } = new URL(request.url);
      asked.push(`${pathname}${search} ${request.headers.get("last-event-id") ?? ""}`.trim());
      if (pathname === "/api/v1/requests")
        return Response.json({ requests: [record("0-2"), record("0-1")], looked: 2, isOn });
      return new Response(pieces[streams++] ?? "");
    },
  });
  const writer = {
    out: (text: string) => void (out += `${text}\n`),
    err: (text: string) => void (err += `${text}\n`),
    note: (text: string) => void (err += `${text}\n`),
  };
  const pause = (): Promise<void> => {
    if (streams < pieces.length) return Promise.resolve();
    resolve();
    return new Promise(() => {});
  };
  const options = { filter: {}, last: 10, follow: true, json: true, admin: `127.0.0.1:${server.port}`, ...more };
  await Promise.race([done, tail(options, writer, { paint: plain, pause })]);
  await server.stop(true);
  return { asked, out, err };
}

function event(name: string, data: unknown, id = ""): string {
  return `event: ${name}\n${id === "" ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}

function idsIn(out: string): string[] {
  return out
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as ExchangeRecord).id);
}

test("the last ones in their order, then the stream from there, and again from where it broke off", async () => {
  const { asked, out } = await run({ filter: { status: "5xx" } }, [
    event("request", record("0-3"), "0-3"),
    event("request", record("0-4"), "0-4"),
  ]);
  expect(idsIn(out)).toEqual(["0-1", "0-2", "0-3", "0-4"]);
  expect(asked).toEqual([
    "/api/v1/requests?status=5xx&limit=10",
    "/api/v1/events?topics=requests&status=5xx 0-2",
    "/api/v1/events?topics=requests&status=5xx 0-3",
  ]);
});

test("none of those before, where none are wanted, and no stream", async () => {
  expect(idsIn((await run({ last: 0 }, [""])).out)).toEqual([]);
  const { asked, out } = await run({ follow: false }, []);
  expect([asked.length, idsIn(out)]).toEqual([1, ["0-1", "0-2"]]);
});

test("how many were left out is told, and that nothing is recorded", async () => {
  expect((await run({}, [event("dropped", { requests: 7, others: 0 })])).err).toContain(
    "7 requests more than could be told",
  );
  expect((await run({}, [], false)).err).toContain("recorder.entries is 0");
});
