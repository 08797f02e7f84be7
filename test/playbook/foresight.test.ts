// What an explanation foretells is what happens: requests by chance, each explained first and then made, over rules that count,
// limit, mark, edit and send elsewhere. A difference would be a lie told at three in the morning.

import { expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import type { RulePlan } from "../../src/config/plan.ts";
import type { Exchange } from "../../src/flow/exchange.ts";
import { explain } from "../../src/flow/explain.ts";
import { readQuestion } from "../../src/flow/question.ts";
import { Playbook } from "../playbook.ts";
import { answer, deny, rule, rules, table, track } from "./rules.ts";
import { ok } from "./words.ts";

const request: readonly RulePlan[] = [
  rule("path == '/reset'", { kind: "reset" }, { name: "resets" }),
  rule(null, null, { name: "follows", does: [track(0, 1)] }),
  rule("marked[src].gpc0 > 2", { kind: "use", pool: 1 }, { name: "abusers" }),
  rule(
    "tracked[1].http_req_rate > 6 && increment(marked[src].gpc0) > 0",
    { kind: "reply", reply: answer(429), isDenial: true },
    { name: "too fast" },
  ),
  rule(
    "path.startsWith('/login')",
    { kind: "limit", target: "tokens[src].tokens", cost: "1", reply: answer(429, { retryAfterS: -1 }) },
    { name: "logins" },
  ),
  rule("random() < 0.1", deny(418), { name: "never, for chance is a half here" }),
  rule("headers['x-admin'] == 'yes' && src in cidr('10.0.0.0/9')", null, {
    name: "admins",
    does: [{ kind: "rewrite", part: "path", value: "/admin{path}" }],
    rules: [rule("path == '/admin/shut'", { kind: "reject" }, { name: "shut" })],
  }),
  rule("path == '/slow'", { kind: "tarpit", forMs: 1000, reply: answer(503) }, { name: "slow" }),
  rule("path == '/other'", { kind: "use", pool: 2 }, { name: "moves" }),
];
const connection: readonly RulePlan[] = [
  rule(null, null, { name: "counts", does: [track(0, 0)] }),
  rule("tracked[0].conn_rate > 30", { kind: "reject" }, { name: "connects too often" }),
];
const response: readonly RulePlan[] = [
  rule("response.status == 200 && path == '/gone'", deny(410), { name: "gone" }),
  rule(null, null, { name: "marks", does: [{ kind: "increment", target: "marked[src].gpc1", by: "1" }] }),
];

function scene(watch: (exchange: Exchange) => void): Playbook {
  return new Playbook(
    {
      servers: ["one", "two", "three"],
      balance: { policy: "roundRobin" },
      pools: ["ease", "side"],
      own: { ease: { servers: [], reply: answer(503) } },
      tables: [
        table("clients", ["http_req_rate(10s)", "conn_rate(60s)", "conn_cur"]),
        table("marked", ["gpc0", "gpc1"]),
        table("tokens", ["tokens(1,20s)"]),
      ],
      listener: { rules: rules({ connection, request, response }) },
    },
    watch,
  );
}

const paths = ["/", "/login", "/login?x", "/gone", "/other", "/slow", "/reset", "/shut", "/x"];

test("what is foretold of a request is what becomes of it", () => {
  const prng = new Prng(20_261_121);
  const draw = <T>(items: readonly T[]): T => items[Math.floor(prng.next() * items.length)]!;
  const happened: { status: number; rule: string; server: string }[] = [];
  const play = scene(({ status, rule, serverStatus, serverName }) => {
    happened.push({ status, rule, server: serverStatus > 0 ? serverName : "" });
  });
  const endings = new Set<string>();
  for (let count = 0; count < 400; count++) {
    const source = draw(["10.0.0.1", "10.200.0.1", "192.0.2.7", "2001:db8::1"]);
    const [path, admin] = [draw(paths), draw(["yes", "no"])];
    const question = readQuestion(
      {
        url: path,
        source,
        headers: [
          ["Host", "a"],
          ["X-Admin", admin],
        ],
      },
      play.circumstances.plan,
    );
    if (!question.ok) throw new Error(question.message);
    const foretold = explain(question.value, play.circumstances);
    happened.length = 0;
    const client = play.connect(source);
    let got = "";
    if (client.flow !== null) {
      client.sends(`GET ${path} HTTP/1.1\r\nHost: a\r\nX-Admin: ${admin}\r\n\r\n`);
      if (play.dialing > 0) {
        const server = play.accept();
        got = play.take().find((line) => line.startsWith(`${server.name} gets`)) ?? "";
        server.sends(ok(""));
        if (server.flow !== null) server.closes();
      }
    }
    const { status, rule: decided } = foretold.outcome;
    const server = foretold.forwarded === undefined ? "" : foretold.choices.at(-1)!.server;
    if (decided === "connects too often") expect(happened).toEqual([]);
    else if (decided === "slow") expect(happened).toEqual([]);
    else expect(happened).toEqual([{ status, rule: happened[0]?.rule ?? "?", server: server! }]);
    // A rule that only sends elsewhere is noted as the exchange's, and decides nothing.
    if (decided !== "" && happened.length > 0) expect(happened[0]!.rule).toBe(decided);
    if (foretold.forwarded !== undefined) expect(got).toContain(JSON.stringify(foretold.forwarded[0]).slice(1, -1));
    endings.add(`${status} ${decided}`);
    if (client.flow !== null) client.closes();
    play.take();
    play.pass(Math.floor(prng.next() * 700));
    play.take();
  }
  // It is no proof where nothing happens.
  expect([...endings].sort()).toEqual([
    "0 connects too often",
    "0 resets",
    "0 shut",
    "200 ",
    "200 moves",
    "410 gone",
    "429 logins",
    "429 too fast",
    "503 abusers",
    "503 slow",
  ]);
}, 30_000);
