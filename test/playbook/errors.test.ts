// What is answered in place of our own answers: by fault or by status, of the pool or of the listener.

import { expect, test } from "bun:test";
import type { ErrorPlan } from "../../src/config/plan.ts";
import { routeCell } from "../../src/memory/tally.ts";
import { Playbook } from "../playbook.ts";
import type { PlanOptions } from "./plan.ts";
import { answer, deny, page, rule, rules } from "./rules.ts";
import { get, reply } from "./words.ts";

interface Pages {
  readonly pool?: readonly ErrorPlan[];
  readonly listener?: readonly ErrorPlan[];
}

function playing({ pool = [], listener = [] }: Pages, options: PlanOptions = {}): Playbook {
  return new Playbook({
    ...options,
    pool: { errors: pool, retries: 0, ...options.pool },
    listener: { errors: listener, ...options.listener },
  });
}

/** Status and body of what a client is told whose server refuses, and the report. */
function refused(pages: Pages): readonly [string, string, string] {
  const play = playing(pages);
  play.connect().sends(get("/"));
  play.refuse();
  const [, told = "", report = ""] = play.take();
  const [, status = told, body = ""] = /HTTP\/1\.1 (\d+) .*\\r\\n\\r\\n(.*)$/.exec(told) ?? [];
  return [status, body.replace("\\n", ""), report];
}

const bare = (on: ErrorPlan["on"], status: number): ErrorPlan => ({ on, reply: status });
const body = (on: ErrorPlan["on"], text: string, status = 502): ErrorPlan => ({
  on,
  reply: answer(status, { body: text }),
});

test("a fault may be answered with another status, in our own words, and is counted as what was sent", () => {
  const play = playing({ listener: [bare("connect_refused", 503)] });
  const client = play.connect();
  client.sends(get("/"));
  play.refuse();
  const told = reply(503, "Service Unavailable", "the server refused the connection", "Retry-After: 5");
  play.expect("dial one:80", client.gets(told), "report 503 connect_refused");
  expect(play.totals.route(0, routeCell.status5xx)).toBe(1);
  client.sends(get("/2"));
  play.expect("dial one:80");
});

test("a server that does not accept in time is told of as the config says too", () => {
  const play = playing({ listener: [bare("connect_timeout", 503)] }, { upstream: { connectMs: 1_000 } });
  const client = play.connect();
  client.sends(get("/"));
  play.pass(1_100);
  expect(play.take().join()).toContain("report 503 connect_timeout");
});

test("a status in place of a fault has the page that there is for that status", () => {
  const pages = { listener: [bare("connect_refused", 503), body(503, "page", 503), body(502, "other")] };
  expect(refused(pages)).toEqual(["503", "page", "report 503 connect_refused"]);
  expect(refused({ ...pages, pool: [body(503, "pool's", 503)] })).toEqual([
    "503",
    "pool's",
    "report 503 connect_refused",
  ]);
});

test("a page may have another status than what it stands for", () => {
  expect(refused({ listener: [body(502, "fine", 200)] })).toEqual(["200", "fine", "report 200 connect_refused"]);
  const chained = { listener: [bare("connect_refused", 503), body(503, "fine", 200)] };
  expect(refused(chained)).toEqual(["200", "fine", "report 200 connect_refused"]);
});

test("a fault comes before its status, and of either the pool before the listener", () => {
  const all: [keyof Pages, ErrorPlan][] = [
    ["pool", body("connect_refused", "1")],
    ["listener", body("connect_refused", "2")],
    ["pool", body(502, "3")],
    ["listener", body(502, "4")],
  ];
  for (let at = 0; at < all.length; at++) {
    const left = all.slice(at);
    const of = (whose: keyof Pages): ErrorPlan[] => left.filter(([each]) => each === whose).map(([, plan]) => plan);
    expect(refused({ pool: of("pool"), listener: of("listener") })[1]).toBe(String(at + 1));
  }
});

test("statuses that stand for each other go no further than one step", () => {
  const own = "503 Service Unavailable: the server refused the connection";
  expect(refused({ listener: [bare(502, 503), bare(503, 502)] })).toEqual(["503", own, "report 503 connect_refused"]);
  expect(refused({ listener: [bare(502, 502), bare("no_server", 500)] })[0]).toBe("502");
});

test("no server is left: that fault has its answer, and others of its status have not", () => {
  const play = playing({ listener: [body("no_server", "closed", 200), bare("queue_full", 429)] });
  play.setServer(0, false);
  play.connect().sends(get("/"));
  play.expectAmong("report 200 no_server");
  expect(refused({ listener: [body("no_server", "closed")] })[0]).toBe("502");
});

test("what rules deny is looked for by its status, and by fault where that is the usual one", () => {
  const play = new Playbook({
    listener: {
      errors: [bare("denied", 404), page(404, { body: "nothing here" }), bare(429, 503)],
      rules: rules({
        request: [
          rule("path == '/429'", { kind: "reply", reply: answer(429, { retryAfterS: 7 }), isDenial: true }),
          rule("path == '/own'", { kind: "reply", reply: answer(403, { body: "own" }), isDenial: true }),
          rule(null, deny()),
        ],
      }),
    },
  });
  const client = play.connect();
  const told = (path: string): string => {
    client.sends(get(path));
    return play.take().join();
  };
  expect(told("/")).toMatch(/404 Not Found.*nothing here.*report 404 denied/);
  expect(told("/own")).toMatch(/403 Forbidden.*own.*report 403 denied/);
  expect(told("/429")).toMatch(
    /503 Service Unavailable.*Retry-After: 7\\r.*503 Service Unavailable\\n.*report 503 denied/,
  );
});

test("a time to wait is not told with a status that nobody waits for", () => {
  const reply = answer(429, { retryAfterS: 7 });
  const request = [rule(null, { kind: "reply", reply, isDenial: true })];
  const play = new Playbook({ listener: { errors: [bare(429, 403)], rules: rules({ request }) } });
  play.connect().sends(get("/"));
  const said = play.take().join();
  expect(said).toContain("403 Forbidden");
  expect(said).not.toContain("Retry-After");
});
