// The generator against small servers that do what it must notice.

import { afterEach, expect, test } from "bun:test";
import { courseBy } from "./course.ts";
import { type Outcome, runCrowd } from "./crowd.ts";
import { metricsOf, summaryOf } from "./summary.ts";
import { judge } from "./threshold.ts";

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

const request = Buffer.from("GET /x HTTP/1.1\r\nHost: test\r\n\r\n");

function run(port: number, users: number, seconds: number, sources = 1): Promise<Outcome> {
  const course = courseBy("x", { title: "", startUsers: users, stages: [{ seconds, target: users }] }, 1);
  return runCrowd({ course, target: { hostname: "127.0.0.1", port, request }, sources, isLimited: true });
}

/** Each piece that comes is answered; "" closes. */
function raw(answer: (connection: number, asked: number) => string): number {
  let connections = 0;
  const server = Bun.listen<{ number: number; asked: number }>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: (socket) => void (socket.data = { number: connections++, asked: 0 }),
      data: (socket) => {
        const text = answer(socket.data.number, socket.data.asked++);
        if (text === "") socket.end();
        else socket.write(text);
      },
    },
  });
  endings.push(() => server.stop(true));
  return server.port;
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const limited = "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n";

test("users ask about ten times a second each, over connections that are kept", async () => {
  const connections = new Set<number>();
  const port = raw((connection) => {
    connections.add(connection);
    return ok;
  });
  const { tally, durationMs } = await run(port, 5, 0.55);
  expect(connections.size).toBe(5);
  expect(tally.requests).toBe(tally.of(200));
  // Five rounds and the first; a machine that is busy makes fewer.
  expect(tally.requests).toBeLessThanOrEqual(5 * 6);
  expect(tally.requests).toBeGreaterThanOrEqual(5 * 2);
  expect(tally.fullMs).toBeGreaterThan(400);
  expect(durationMs).toBeGreaterThanOrEqual(550);
  expect(tally.rounds.percentileUs(50)).toBeGreaterThan(99_000);
});

test.if(process.platform === "linux")("requests come from as many addresses as were asked for, in turn", async () => {
  const seen = new Set<string>();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (asked, self) => {
      seen.add(self.requestIP(asked)!.address);
      return new Response("ok");
    },
  });
  endings.push(() => void server.stop(true));
  await run(server.port!, 2, 2.5, 6);
  expect([...seen].sort()).toEqual([1, 2, 3, 4, 5, 6].map((last) => `127.0.0.${last}`.replace("127.0", "127.1")));
});

test("statuses are told apart: served, limited, failed", async () => {
  const bad = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
  const { tally } = await run(
    raw((_, asked) => [ok, limited, bad][asked % 3]!),
    2,
    0.5,
  );
  expect([...tally.statuses.keys()].sort()).toEqual([200, 429, 503]);
  expect(tally.failures).toBe(tally.of(503));
  expect(tally.served.count).toBe(tally.of(200));
  expect(tally.all.count).toBe(tally.requests);
});

test("a kept connection that the server closes is opened anew, and that is no failure", async () => {
  const { tally } = await run(
    raw((connection, asked) => (connection < 2 && asked === 1 ? "" : ok)),
    2,
    0.5,
  );
  expect(tally.failures).toBe(0);
  expect(tally.renewed).toBe(2);
});

test("a server that closes before any answer, cuts one off or says nonsense has failed", async () => {
  for (const [answer, reason] of [
    ["", "closed"],
    ["SSH-2.0\r\n\r\n", 'no answer of HTTP/1: "SSH-2.0"'],
  ] as const) {
    const { tally } = await run(
      raw(() => answer),
      1,
      0.25,
    );
    expect([...tally.reasons.keys()]).toEqual([reason]);
    expect(tally.failures).toBe(tally.requests);
    expect(tally.all.count).toBe(0);
  }
});

test("where nobody listens every request fails, and users go on trying at their pace", async () => {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = server;
  server.stop(true);
  const { tally } = await run(port, 2, 1.5);
  expect([...tally.reasons.keys()]).toEqual(["ECONNREFUSED"]);
  expect(tally.requests).toBeGreaterThanOrEqual(4);
  expect(tally.requests).toBeLessThanOrEqual(40);
});

test("the result has k6's form, and thresholds that fail say so in it", async () => {
  const outcome = await run(
    raw((_, asked) => [ok, limited][asked % 2]!),
    2,
    0.4,
  );
  const metrics = metricsOf(outcome);
  const verdicts = judge(metrics, { http_req_failed: ["rate<0.01"], rate_limited: ["rate<0.001"] });
  const summary = summaryOf(outcome, metrics, verdicts);
  const { tally } = outcome;
  expect(summary.metrics["http_reqs"]).toMatchObject({ type: "counter", values: { count: tally.requests } });
  expect(summary.metrics["http_req_failed"]).toEqual({
    type: "rate",
    contains: "default",
    values: { rate: 0, passes: 0, fails: tally.requests },
    thresholds: { "rate<0.01": { ok: true } },
  });
  expect(summary.metrics["rate_limited"]!.thresholds).toEqual({ "rate<0.001": { ok: false } });
  const trend = summary.metrics["http_req_duration{status:200}"]!.values;
  expect(Object.keys(trend)).toEqual(["avg", "min", "med", "max", "p(90)", "p(95)", "p(99)"]);
  expect(trend["min"]! <= trend["med"]! && trend["med"]! <= trend["max"]!).toBeTrue();
  expect(summary.root_group.checks.map(({ name, fails }) => [name, fails])).toEqual([
    ["status is 200 or 429", 0],
    ["what is served has a body", 0],
  ]);
  expect(summary.state.testRunDurationMs).toBe(outcome.durationMs);
});
