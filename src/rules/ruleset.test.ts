import { expect, test } from "bun:test";
import type { EffectPlan, OutcomePlan, ReplyPlan, RulePlan } from "../config/plan.ts";
import type { Table } from "../memory/table.ts";
import { SampleScene, type SampleTable, sampleScope } from "./expression/sample.fixture.ts";
import { KeptRules } from "./keptrules.ts";
import { type Rule, RuleSet } from "./ruleset.ts";
import type { Stage, Value } from "./scene.ts";
import { showValue, Trace } from "./trace.ts";

const refusal: ReplyPlan = { status: 429, reason: "", fields: [], body: null, isTemplate: false, retryAfterS: -1 };

/** Notes what it is told to do. */
class SampleStage extends SampleScene implements Stage {
  readonly notes: string[] = [];
  hit(slot: number): void {
    this.notes.push(`hit ${slot}`);
  }
  track(slot: number, table: Table): void {
    if (!this.slots.has(slot)) this.slots.set(slot, { table, entry: table.track(this.sharedMs) });
    this.notes.push(`track ${slot} ${table.plan.name}`);
  }
  setVariable(name: string, value: Value): void {
    this.variables.set(name, value);
  }
  countSession(): void {
    this.notes.push("session");
  }
  editField(operation: string, name: string, value: string): void {
    this.notes.push(`${operation} ${name} ${value}`);
  }
  replaceField(name: string, by: (value: string) => string): void {
    this.notes.push(`replace ${name} ${by("http://a http://b")}`);
  }

  rewrite(part: string, value: string): void {
    this.notes.push(`rewrite ${part} ${value}`);
  }
  slow(bytesPerSecond: number): void {
    this.notes.push(`slow ${bytesPerSecond}`);
  }
  limitBody(bytesMax: number): void {
    this.notes.push(`body ${bytesMax}`);
  }
  log(rule: string, text: string): void {
    this.notes.push(`log ${rule} ${text}`);
  }
}

let slots = 0;
function rule(condition: string | null, rest: Partial<RulePlan> = {}): RulePlan {
  const slot = slots++;
  const name = `rule ${slot}`;
  return { name, slot, mode: "enforce", place: name, condition, effects: [], outcome: null, rules: [], ...rest };
}

function played(rules: readonly RulePlan[], stage: SampleStage = new SampleStage()) {
  slots = 0;
  const outcome = new RuleSet(rules, sampleScope("request")).run(stage);
  return { outcome, stage, notes: stage.notes };
}

const of = (outcome: OutcomePlan): Partial<RulePlan> => ({ outcome });
const doing = (...effects: EffectPlan[]): Partial<RulePlan> => ({ effects });
const markedOf = (stage: SampleStage): number =>
  (stage.tables[0] as SampleTable).entries.reduce((sum, entry) => sum + (entry.get("0 0") ?? 0), 0);

test("rules are asked in order, and the first outcome is the last that is asked", () => {
  const { outcome, notes } = played([
    rule("method == 'POST'", of({ kind: "reject" })),
    rule("path.startsWith('/api')", of({ kind: "use", pool: 1 })),
    rule(null, of({ kind: "reset" })),
  ]);
  expect(outcome).toMatchObject({ kind: "use", pool: 1, rule: { name: "rule 1" } });
  expect(notes).toEqual(["hit 1"]);
});

test("without an outcome the phase is passed, and nothing is asked of no rules", () => {
  expect(played([rule("method == 'GET'"), rule(null)])).toMatchObject({ outcome: null, notes: ["hit 0", "hit 1"] });
  const none = new RuleSet([], sampleScope());
  expect([none.isEmpty, none.needsHello, none.run(new SampleStage())]).toEqual([true, false, null]);
});

test("a rule does what it does in order before it decides", () => {
  const { outcome, stage, notes } = played([
    rule(null, {
      ...doing(
        { kind: "track", table: 0, key: "src", slot: 1 },
        { kind: "increment", target: "tracked[1].gpc0", by: "2" },
        { kind: "variable", name: "who", value: "host" },
        { kind: "field", operation: "set", name: "x-who", value: "{vars.who}/{marked[src].gpc0}" },
        { kind: "field", operation: "remove", name: "x-gone", value: "" },
        { kind: "rewrite", part: "path", value: "/v2{path}" },
        { kind: "replaceField", name: "X-Url", pattern: "http://(.)", by: "https://$1." },
        { kind: "replacePart", part: "path", pattern: "^/api/(.*)$", by: "/$1/api" },
        { kind: "replacePart", part: "path", pattern: "^/none/", by: "/" },
        { kind: "slow", bytesPerSecond: 1000 },
        { kind: "log", text: "seen {src}" },
      ),
      ...of({ kind: "accept" }),
    }),
  ]);
  expect(outcome?.kind).toBe("accept");
  expect(notes).toEqual([
    "hit 0",
    "track 1 marked",
    "set x-who www.example.com/2",
    "remove x-gone ",
    "rewrite path /v2/api/items",
    "replace X-Url https://a. https://b.",
    "rewrite path /items/api",
    "slow 1000",
    "log rule 0 seen 10.0.0.7",
  ]);
  expect(markedOf(stage)).toBe(2);
});

test("counters are cleared and set, and a key that is not there does nothing", () => {
  const { stage } = played([
    rule(null, doing({ kind: "increment", target: "marked[src].gpc0", by: "5" })),
    rule(null, doing({ kind: "clear", target: "marked[src].gpc0" })),
    rule(null, doing({ kind: "assign", target: "urls[path].gpt[1]", value: "contentLength" })),
    rule(null, doing({ kind: "assign", target: "urls[headers['x-none']].gpt[1]", value: "1" })),
    rule(null, doing({ kind: "increment", target: "urls[host].gpc[0]", by: "int(headers['x-none'])" })),
    rule(null, doing({ kind: "track", table: 0, key: "ip(headers['x-none'])", slot: 0 })),
  ]);
  expect(markedOf(stage)).toBe(0);
  expect(stage.tables[2]!.calls).toEqual(["assign 47,97,112,105,47,105,116,101,109,115,0 1 1 17"]);
  expect(stage.slots.size).toBe(0);
});

test("what only observes is counted and does nothing, its conditions included", () => {
  const observed = { mode: "observe" } as const;
  const { outcome, stage, notes } = played([
    rule("increment(marked[src].gpc0) > 0", {
      ...observed,
      ...doing({ kind: "log", text: "no" }),
      ...of({ kind: "reject" }),
    }),
    rule(null, { ...observed, rules: [rule("increment(marked[src].gpc0) > 0", of({ kind: "reset" })), rule(null)] }),
  ]);
  expect([outcome, markedOf(stage), stage.isDry]).toEqual([null, 0, false]);
  // The reset inside would have been the end of the phase; what follows is counted no more.
  expect(notes).toEqual(["hit 0", "hit 3", "hit 1"]);
});

test("inside a rule that only observes what follows an outcome is not counted, unless that only observes by itself", () => {
  const observing = (...rules: RulePlan[]): RulePlan => rule(null, { mode: "observe", rules });
  const inner = rule("method == 'GET'", { rules: [rule(null, of({ kind: "use", pool: 1 })), rule(null)] });
  const { outcome, notes } = played([
    observing(
      rule(null, { mode: "observe", ...of({ kind: "reject" }) }),
      rule("method == 'POST'", of({ kind: "reject" })),
      inner,
      rule(null),
    ),
    rule(null, of({ kind: "accept" })),
  ]);
  // Numbered as they are made: the innermost first.
  expect(notes).toEqual(["hit 6", "hit 3", "hit 2", "hit 0", "hit 7"]);
  expect(outcome).toMatchObject({ kind: "accept" });
});

test("rules inside a rule are asked when its condition holds, and theirs end the phase", () => {
  const inner = (): RulePlan[] => [rule("host == 'a'", of({ kind: "reject" })), rule(null, of({ kind: "drop" }))];
  expect(played([rule("method == 'GET'", { rules: inner() })]).outcome).toMatchObject({ kind: "drop" });
  const passed = played([rule("method == 'PUT'", { rules: inner() }), rule(null, of({ kind: "accept" }))]);
  expect(passed.outcome).toMatchObject({ kind: "accept" });
});

test("a limit lets through who has a token, and tells the others when to come again", () => {
  const limit = (): RulePlan[] => [
    rule(null, of({ kind: "limit", target: "shop[src].tokens", cost: "2", reply: refusal })),
  ];
  const stage = new SampleStage();
  expect(played(limit(), stage).outcome).toBeNull();
  expect(played(limit(), stage).outcome).toBeNull();
  expect(stage.notes).toEqual([]);
  const { outcome } = played(limit(), stage);
  // One token is left and another comes in 500 ms: never less than a second is said.
  expect(outcome).toMatchObject({ kind: "reply", isDenial: true, reply: { status: 429, retryAfterS: 1 } });
  expect(stage.notes).toEqual(["hit 0"]);
});

test("a limit that only observes takes tokens, counts whom it would hit, and lets everyone through", () => {
  const limit = rule(null, {
    mode: "observe",
    ...of({ kind: "limit", target: "shop[src].tokens", cost: "3", reply: refusal }),
  });
  const stage = new SampleStage();
  const set = new RuleSet([limit], sampleScope("request"));
  expect([set.run(stage), set.run(stage), set.run(stage)]).toEqual([null, null, null]);
  expect(stage.notes).toEqual([`hit ${limit.slot}`, `hit ${limit.slot}`]);
});

test("answers are filled in from the request where they are templates", () => {
  const fields = [{ name: "X-Path", value: "{path}" }];
  const reply = { status: 403, reason: "No", fields, body: "{src} {{}}", isTemplate: true, retryAfterS: 7 };
  const filled = played([rule(null, of({ kind: "reply", reply, isDenial: true }))]).outcome;
  expect(filled).toMatchObject({
    isDenial: true,
    reply: {
      status: 403,
      reason: "No",
      fields: [{ name: "X-Path", value: "/api/items" }],
      body: "10.0.0.7 {}",
      retryAfterS: 7,
    },
  });
  const plain = played([rule(null, of({ kind: "reply", reply: { ...reply, isTemplate: false }, isDenial: false }))]);
  expect(plain.outcome).toMatchObject({ isDenial: false, reply: { fields, body: "{src} {{}}" } });
  const tarpit = played([rule(null, of({ kind: "tarpit", forMs: 500, reply }))]).outcome;
  expect(tarpit).toMatchObject({ kind: "tarpit", forMs: 500, reply: { status: 403 } });
});

test("a redirect is an answer with a Location", () => {
  const redirect: OutcomePlan = { kind: "redirect", status: 301, location: "https://{host}{target}", fields: [] };
  expect(played([rule(null, of(redirect))]).outcome).toMatchObject({
    kind: "reply",
    isDenial: false,
    reply: { status: 301, fields: [{ name: "Location", value: "https://www.example.com/api/items?page=2" }] },
  });
});

test("a redirect to a host that the request does not name is a bad request", () => {
  for (const [location, status] of [
    ["https://{headers['x-none']}{target}", 400],
    ["http://{headers['x-none']}", 400],
    ["https://{headers['x-none']}?a", 400],
    ["//{headers['x-none']}/a", 301],
    ["/a://b", 301],
  ] as const) {
    const redirect: OutcomePlan = { kind: "redirect", status: 301, location, fields: [] };
    expect([location, played([rule(null, of(redirect))]).outcome]).toMatchObject([location, { reply: { status } }]);
  }
});

test("a set knows whether a ClientHello must be waited for", () => {
  const needs = (condition: string): boolean => new RuleSet([rule(condition)], sampleScope("connection")).needsHello;
  expect([needs("src == ip('10.0.0.1')"), needs("tls.sni == 'a'")]).toEqual([false, true]);
  const doing: EffectPlan[] = [
    { kind: "track", table: 2, key: "tls.sni", slot: 0 },
    { kind: "log", text: "{tls.sni}" },
    { kind: "increment", target: "urls[tls.sni].gpc[0]", by: "1" },
  ];
  for (const effect of doing)
    expect(new RuleSet([rule(null, { effects: [effect] })], sampleScope("connection")).needsHello).toBe(true);
});

test("a set is of two parts: up to the first rule that asks for TLS, inside too, and the rest", () => {
  const logs = (condition: string | null, text: string, rules: RulePlan[] = []): RulePlan =>
    rule(condition, { effects: [{ kind: "log", text }], rules });
  const parts = (...rules: RulePlan[]): [boolean, boolean] => {
    const set = new RuleSet(rules, sampleScope("connection"));
    return [set.has("early"), set.has("late")];
  };
  expect(parts()).toEqual([false, false]);
  expect(parts(logs(null, "a"), logs("src == ip('10.0.0.1')", "b"))).toEqual([true, false]);
  expect(parts(logs("tls.sni == 'a'", "a"), logs(null, "b"))).toEqual([false, true]);
  expect(parts(logs(null, "a"), logs(null, "b", [logs(null, "{tls.version}")]))).toEqual([true, true]);
  // What no handshake has been done for is no session yet.
  const counts = rule(null, { effects: [{ kind: "session" }] });
  expect(parts(logs(null, "a"), counts)).toEqual([true, true]);
  expect(parts(logs(null, "a", [counts]))).toEqual([false, true]);
});

test("a trace tells of each rule that was asked what its terms came to and what it did", () => {
  const trace = new Trace();
  const rules = [
    rule("method == 'POST' && path == '/never'", of({ kind: "reject" })),
    rule("marked[src].gpc0 == 0", {
      ...doing({ kind: "track", table: 0, key: "src", slot: 0 }),
      rules: [rule(null, { mode: "observe", ...of({ kind: "use", pool: 1 }) })],
    }),
    rule(null, of({ kind: "reply", reply: { ...refusal, retryAfterS: 3 }, isDenial: true })),
    rule(null, of({ kind: "reset" })),
  ];
  const stage = new SampleStage();
  const outcome = new RuleSet(rules, sampleScope("request"), trace).run(stage);
  expect(outcome?.kind).toBe("reply");
  expect(trace.rules.map(({ isHeld, outcome: end }) => [isHeld, end])).toEqual([
    [false, null],
    [true, null],
    [true, "answers 429, to come again in 3 s"],
  ]);
  const [first, second] = trace.rules;
  expect(first!.terms).toContainEqual({ term: "method", value: '"GET"' });
  expect(first!.terms.map(({ term }) => term)).not.toContain("path");
  expect(second!.terms).toContainEqual({ term: "marked[src].gpc0", value: "0" });
  const terms = [{ term: "src", value: "10.0.0.7" }];
  expect(second!.effects).toEqual([{ effect: "tracks src in marked, slot 0", terms, result: null }]);
  expect(second!.rules[0]).toMatchObject({ mode: "observe", isHeld: true, outcome: "uses the pool ease-up" });
});

test("with and without a trace the same is decided and done", () => {
  const rules = (): RulePlan[] => [
    rule("increment(marked[src].gpc0) > 1 || host == 'none'", doing({ kind: "log", text: "{marked[src].gpc0}" })),
    rule("marked[src].gpc0 > 2", of({ kind: "reject" })),
  ];
  const run = (trace: Trace | null): unknown => {
    slots = 0;
    const stage = new SampleStage();
    const set = new RuleSet(rules(), sampleScope("request"), trace);
    const outcomes = [1, 2, 3, 4].map(() => set.run(stage)?.kind);
    return [outcomes, stage.notes, markedOf(stage)];
  };
  expect(run(new Trace())).toEqual(run(null));
});

test("values are shown as text where they are that, and give no orders to a terminal", () => {
  const latin1 = (text: string): string => Buffer.from(text).toString("latin1");
  expect(showValue(latin1("Grüße"))).toBe('"Grüße"');
  expect(showValue("\u001b[2J\xff")).toBe('"\\x1b[2J\\xff"');
  expect(showValue(latin1("a\u202eb"))).toBe('"a\\xe2\\x80\\xaeb"');
  expect(showValue('say "x"\\')).toBe('"say \\"x\\"\\x5c"');
});

test("rules that the plan before had too are not compiled again, and need a ClientHello as they did", () => {
  const names = { tables: [], lists: [], pools: [] };
  const scope = sampleScope("connection");
  const made = (): never => {
    throw new Error("it is compiled again");
  };
  const plans = (): RulePlan[] => {
    slots = 0;
    return [rule("tls.sni == 'a.example'"), rule("src == ip('192.0.2.1')")];
  };
  const first = new KeptRules<Rule>(names);
  const before = new RuleSet(plans(), scope, null, first);
  const next = new KeptRules(names, first);
  const after = new RuleSet(plans(), scope, null, next);
  const [one, other] = [first, next].map((kept) => plans().map((plan) => kept.take(scope, plan, made)));
  expect([before.needsHello, after.needsHello, one?.[0] === other?.[0], one?.[0] === one?.[1]]).toEqual([
    true,
    true,
    true,
    false,
  ]);
});
