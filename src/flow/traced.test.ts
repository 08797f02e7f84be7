import { expect, test } from "bun:test";
import { Place, wallMs } from "../../test/playbook/place.ts";
import { answer, deny, page, rule, rules, table } from "../../test/playbook/rules.ts";
import { health } from "../memory/board.ts";

test("where no server is up, that is told, and what the client gets", () => {
  const place = new Place({ servers: ["one"] });
  place.becomes(0, { health: health.down, isEligible: false });
  const { choices, outcome } = place.ask({ url: "/" });
  expect(choices).toMatchObject([{ server: null, why: "1 is down" }]);
  expect(outcome).toEqual({ status: 503, rule: "", text: "it is answered 503: no server of the pool is available" });
});

test("a client that is held in a tarpit, and one that is closed before its request, are told of", () => {
  const tarpit = rule(null, { kind: "tarpit", forMs: 5000, reply: answer(429) }, { name: "slow them" });
  const held = new Place({ listener: { rules: rules({ request: [tarpit] }) } });
  expect(held.ask({ url: "/" }).outcome.text).toBe(
    "rule slow them of listener web holds the request for 5000 ms, then answers 429",
  );
  const closing = rule("src == ip('203.0.113.7')", { kind: "reset" }, { name: "go away" });
  const closed = new Place({ listener: { rules: rules({ connection: [closing] }) } });
  expect(closed.ask({ url: "/" }).outcome).toEqual({
    status: 0,
    rule: "go away",
    text: "rule go away of listener web resets the connection",
  });
});

test("a ban is told with its end", () => {
  const place = new Place({ banned: answer(403) });
  place.bans.list = { findAddress: () => 0, endOf: () => wallMs / 1000 + 3600, size: 1 };
  const { ban, outcome } = place.ask({ url: "/" });
  expect([ban, outcome.text]).toEqual(["2026-01-01T01:00:00.000Z", "the client is banned: it is answered 403"]);
});

test("a ban is told in lines with the command that says why", () => {
  const place = new Place({ banned: answer(403) });
  place.bans.list = { findAddress: () => 0, endOf: () => wallMs / 1000 + 3600, size: 1 };
  expect(place.lines({ url: "/" })[1]).toBe(
    "  the client is banned until 2026-01-01T01:00:00Z (sluice bans 203.0.113.7 says why)",
  );
});

test("a limit that has a token lets pass, and says so; a field that is set to a plain text is told once", () => {
  const limit = rule(
    null,
    { kind: "limit", target: "buckets[src].tokens", cost: "1", reply: answer(429) },
    { name: "two" },
  );
  const field = rule(null, null, {
    name: "part",
    does: [{ kind: "field", operation: "set", name: "X-Part", value: "api" }],
  });
  const place = new Place({
    tables: [table("buckets", ["tokens(1,10s)"])],
    listener: { rules: rules({ request: [field, limit] }) },
  });
  const lines = place.lines({ url: "/" });
  expect(lines.find((line) => line.startsWith("  two"))).toBe("  two   passes   always  (here)");
  expect(lines.find((line) => line.includes("X-Part"))?.trim()).toBe('- sets the field X-Part to "api"');
  const first = place.ask({ url: "/" }).phases[0]!.rules[1]!;
  expect([first.isHeld, first.isPassed]).toEqual([false, true]);
});

test("a pool that answers by itself, and a listener that redirects, are told of as that", () => {
  const own = new Place({ own: { app: { servers: [], reply: answer(503) } } });
  expect(own.ask({ url: "/" })).toMatchObject({ pool: "app", outcome: { text: "pool app answers 503 by itself" } });
  const moved = new Place({ isPoolless: true, listener: { redirect: { status: 301, port: 443 } } });
  expect(moved.ask({ url: "http://a/" }).outcome.text).toBe("listener web redirects to https");
});

test("of rules with one name the one that decided is told", () => {
  const request = [rule("path == '/x'", deny(410), { name: "same" }), rule(null, deny(403), { name: "same" })];
  const { outcome } = new Place({ listener: { rules: rules({ request }) } }).ask({ url: "/" });
  expect(outcome).toEqual({ status: 403, rule: "same", text: "rule same of listener web answers 403" });
});

test("a rule inside another decides for both", () => {
  const inside = rule("path == '/'", deny(), { name: "inner" });
  const outer = rule(null, null, { name: "outer", rules: [inside] });
  const place = new Place({ listener: { rules: rules({ request: [outer] }) } });
  expect(place.ask({ url: "/" }).outcome.rule).toBe("inner");
});

test("a limit whose key is not there is told to limit nothing", () => {
  const limit = { kind: "limit", target: "tokens[headers['x-key']].tokens", cost: "1", reply: answer(429) } as const;
  const tables = [table("tokens", ["tokens(2,1s)"], { kind: "string", bytesMax: 8 })];
  const place = new Place({ tables, listener: { rules: rules({ request: [rule(null, limit, { name: "keys" })] }) } });
  const effects = (headers: readonly (readonly [string, string])[]): string[] =>
    place.ask({ url: "/", headers }).phases[0]!.rules[0]!.effects.map(({ effect }) => effect);
  expect(effects([])).toEqual(["limits nothing, for there is no key"]);
  expect(effects([["X-Key", "a"]])).toEqual([]);
});

test("where errors says another status, that is told, of what is held too", () => {
  const errors = [page(403, { body: "no\n" }), { on: "denied", reply: answer(410) } as const];
  const tarpit = { kind: "tarpit", forMs: 5000, reply: answer(403) } as const;
  const request = [
    rule("path == '/held'", tarpit, { name: "slow" }),
    rule("path == '/page'", { kind: "reply", reply: answer(403), isDenial: false }, { name: "page" }),
    rule("path == '/403'", deny(404), { name: "answers 403" }),
    rule(null, deny(403), { name: "no" }),
  ];
  const place = new Place({ listener: { rules: rules({ request }), errors } });
  const told = (path: string): unknown[] => {
    const { status, text } = place.ask({ url: path }).outcome;
    return [status, text];
  };
  expect(told("/")).toEqual([410, "rule no of listener web answers 403; by errors it is sent as 410"]);
  expect(told("/held")).toEqual([
    410,
    "rule slow of listener web holds the request for 5000 ms, then answers 403; by errors it is sent as 410",
  ]);
  expect(told("/page")).toEqual([403, "rule page of listener web answers 403"]);
  expect(told("/403")).toEqual([404, "rule answers 403 of listener web answers 404"]);
});

test("what is answered here without a rule is told with its status, not as waiting", () => {
  const place = new Place({ servers: ["one"] });
  const { outcome } = place.ask({ url: "/", method: "OPTIONS", headers: [["Max-Forwards", "0"]] });
  expect(outcome).toEqual({ status: 204, rule: "", text: "it is answered 204" });
});
