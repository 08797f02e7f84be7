// Whatever the text, it is compiled or refused, quickly and without throwing; whatever has been compiled can be played, with
// values there and absent; and what a probe looks at comes to the same. Seeded: a failure prints its text.
import { expect, test } from "bun:test";
import { Prng } from "../../base/prng.ts";
import { fields } from "../fields.ts";
import type { Value } from "../scene.ts";
import { compileEntry, compileExpression, compileKey, compileTarget, compileTemplate } from "./expression.ts";
import { rows } from "./functions.ts";
import { macroRoundsMax, textLengthMax } from "./limits.ts";
import { SampleScene, sampleIp, sampleScope } from "./sample.fixture.ts";

const scope = sampleScope();
const nothing = Object.fromEntries(
  fields.flatMap(({ name }) => ["", " value a", " list a", " count a"].map((end) => [`${name}${end}`, null])),
);

/** Slow machines and a busy one are allowed for; a text that takes a second is broken. */
const textMsMax = 1000;

function attempt(text: string): void {
  const startedMs = performance.now();
  const scene = new SampleScene();
  for (const compiled of [
    compileExpression(text, scope, "any"),
    compileTemplate(text, scope),
    compileTemplate(`{${text}}`, scope),
  ]) {
    if (compiled.ok) {
      compiled.evaluate(scene);
      compiled.evaluate(new SampleScene(nothing));
    } else
      for (const { offset, length } of compiled.errors)
        expect(offset >= 0 && length >= 0 && offset + length <= text.length + 2).toBe(true);
  }
  compileTarget(text, scope);
  compileEntry(text, scope);
  for (const table of scope.tables.keys()) {
    const key = compileKey(text, scope, table);
    if (key.ok) key.lay(scene);
  }
  const tookMs = performance.now() - startedMs;
  if (tookMs > textMsMax) throw new Error(`took ${tookMs} ms: ${text}`);
}

test("any bytes are compiled or refused", () => {
  const prng = new Prng(1);
  for (let round = 0; round < 1500; round++) {
    const length = prng.below(40);
    attempt(String.fromCharCode(...Array.from({ length }, () => prng.below(prng.below(4) === 0 ? 65_536 : 128))));
  }
});

const words: readonly string[] = [
  ..."( ) [ ] . , ? : ! && || == != < <= > >= in + - * / % { } ' \" '' 'a' '1' r'x 0 1 2.5 0x1f 1e9 true false null".split(
    " ",
  ),
  ...fields.map(({ name }) => name),
  ...new Set(rows.map(({ name }) => name)),
  ...scope.tables.map(({ name }) => name),
  ..."tables lists pools vars tracked now app office gpc0 gpc conn_rate tokens key x v '(a+)+' 'Europe/Berlin' '10.0.0.0/8'".split(
    " ",
  ),
];

test("any soup of the language's words is compiled or refused", () => {
  const prng = new Prng(2);
  for (let round = 0; round < 3000; round++) {
    const length = 1 + prng.below(14);
    attempt(Array.from({ length }, () => words[prng.below(words.length)]).join(prng.below(2) === 0 ? " " : ""));
  }
});

test("an expression that lost or changed a piece is compiled or refused", () => {
  const prng = new Prng(3);
  const good = [
    "marked[src].gpc0 > 0 && (host in ['a', 'b'] || path.startsWith('/api')) ? contentLength + 1 : -2",
    "headers.list('accept').exists(v, v.matches('^a+') && v in lists.agents) || tracked[1].gpc[2] == 5",
    "increment(urls[host + path].gpc[1], 2) > 3 || now.getHours('Europe/Berlin') >= 8 && src in cidr('10.0.0.0/8')",
  ];
  for (let round = 0; round < 1500; round++) {
    let text = good[prng.below(good.length)]!;
    for (let edit = 0; edit <= prng.below(3); edit++) {
      const at = prng.below(text.length);
      text =
        text.slice(0, at) +
        (prng.below(2) === 0 ? words[prng.below(words.length)]! : "") +
        text.slice(at + prng.below(6));
    }
    attempt(text);
  }
});

type Maker = (prng: Prng, depth: number) => string;

function pick<T>(prng: Prng, items: readonly T[]): T {
  return items[prng.below(items.length)]!;
}

const bool: Maker = (prng, depth) => {
  const leaves = ["true", "false", "secure", "tls.resumed", "vars.flag", "has(cookies['Session'])", "src in marked"];
  if (depth === 0) return pick(prng, leaves);
  const d = depth - 1;
  return pick<() => string>(prng, [
    () => `${bool(prng, d)} ${pick(prng, ["&&", "||"])} (${bool(prng, d)})`,
    () => `!(${bool(prng, d)})`,
    () => `(${number(prng, d)}) ${pick(prng, ["<", "<=", "==", "!=", ">"])} (${number(prng, d)})`,
    () => `(${text(prng, d)}) ${pick(prng, ["<", "==", "!="])} (${text(prng, d)})`,
    () => `(${text(prng, d)}) in [${text(prng, d)}, ${text(prng, d)}]`,
    () => `(${text(prng, d)}).${pick(prng, ["startsWith", "contains", "subdomainOf"])}(${text(prng, d)})`,
    () => `(${bool(prng, d)}) ? (${bool(prng, d)}) : (${bool(prng, d)})`,
    () => `(${text(prng, d)}) == null`,
    () => `headers.list('accept').${pick(prng, ["exists", "all"])}(v, v == (${text(prng, d)}) || (${bool(prng, d)}))`,
    () => `${pick(prng, ["src", "dst", "ip('::1')"])} in cidr('10.0.0.0/8', '::/64')`,
  ])();
};

const number: Maker = (prng, depth) => {
  const leaves = [
    "0",
    "1",
    "2.5",
    "contentLength",
    "response.status",
    "marked[src].gpc0",
    "tracked[0].gpc0",
    "vars.count",
    "pools.app.up",
  ];
  if (depth === 0) return pick(prng, leaves);
  const d = depth - 1;
  return pick<() => string>(prng, [
    () => `(${number(prng, d)}) ${pick(prng, ["+", "-", "*", "/", "%"])} (${number(prng, d)})`,
    () => `-(${number(prng, d)})`,
    () => `(${text(prng, d)}).size()`,
    () => `increment(marked[src].gpc0, ${number(prng, d)})`,
    () => `clear(urls[${text(prng, d)}].gpc[1])`,
    () => `increment(urls[${text(prng, d)}].gpc[1])`,
    () => `int(${text(prng, d)})`,
    () => `max(${number(prng, d)}, ${number(prng, d)})`,
    () => `(${bool(prng, d)}) ? (${number(prng, d)}) : (${number(prng, d)})`,
  ])();
};

const text: Maker = (prng, depth) => {
  const leaves = [
    "''",
    "'a'",
    "host",
    "path",
    "headers['x-none']",
    "headers['user-agent']",
    "vars.name",
    "lists.teams['app']",
  ];
  if (depth === 0) return pick(prng, leaves);
  const d = depth - 1;
  return pick<() => string>(prng, [
    () => `string(${pick(prng, [number, text])(prng, d)}) + (${text(prng, d)})`,
    () => `(${text(prng, d)}).replace(${text(prng, d)}, ${text(prng, d)})`,
    () => `(${text(prng, d)}).field('/', 2)`,
    () => `(${text(prng, d)}).split('/').join(${text(prng, d)})`,
    () => `(${bool(prng, d)}) ? (${text(prng, d)}) : (${text(prng, d)})`,
  ])();
};

function freshScene(seed: number): SampleScene {
  const scene = new SampleScene(seed % 3 === 0 ? { ...nothing, src: sampleIp("2001:db8::1") } : {});
  scene.variables.set("flag", seed % 2 === 0).set("count", seed % 5 === 0 ? "five" : 5);
  if (seed % 4 === 0) scene.slots.set(0, { table: scene.tables[0]!, entry: entryOf(scene) });
  return scene;
}

function entryOf(scene: SampleScene): number {
  const [marked] = scene.tables;
  marked!.key.setAddress(sampleIp("10.0.0.9"), 0);
  return marked!.track();
}

test("a well-typed expression compiles, and comes to the same with and without a probe, effects included", () => {
  for (let seed = 1; seed <= 2000; seed++) {
    const written = bool(new Prng(seed), 1 + (seed % 4));
    const told: Value[] = [];
    const bare = compileExpression(written, scope, "bool");
    const watched = compileExpression(written, scope, "bool", (_start, _end, value) => told.push(value));
    if (!bare.ok) {
      // The only things that may be wrong with it.
      const isExpected = bare.errors.every(({ message }) => /in a macro|be a whole number/.test(message));
      if (!isExpected) throw new Error(`seed ${seed}: ${written}: ${JSON.stringify(bare.errors)}`);
      continue;
    }
    const [one, other] = [freshScene(seed), freshScene(seed)];
    const value = bare.evaluate(one);
    expect([written, watched.ok && watched.evaluate(other)]).toEqual([written, value]);
    expect(other.tables.map(({ calls }) => calls)).toEqual(one.tables.map(({ calls }) => calls));
    expect(value === null || typeof value === "boolean").toBe(true);
    const dry = freshScene(seed);
    dry.isDry = true;
    bare.evaluate(dry);
    expect(dry.tables.every(({ calls }) => calls.length === 0)).toBe(true);
  }
});

test("a text that grows in each round ends as absent at the limit", () => {
  const grow = (rounds: number): string => `'aa'${".replace('a', 'aa')".repeat(rounds)}`;
  const sizeOf = (written: string): Value => {
    const compiled = compileExpression(`(${written}).size()`, scope, "number");
    return compiled.ok ? compiled.evaluate(new SampleScene()) : Number.NaN;
  };
  expect(sizeOf(grow(15))).toBe(textLengthMax);
  expect(sizeOf(grow(16))).toBeNull();
  expect(sizeOf(grow(100))).toBeNull();
  expect(sizeOf(`${grow(15)} + ''`)).toBe(textLengthMax);
  expect(sizeOf(`${grow(15)} + 'a'`)).toBeNull();
  expect(sizeOf(`${grow(15)}${".urlEncode()".repeat(50)}`)).toBe(textLengthMax);
  expect(sizeOf(`'a'${".hex()".repeat(16)}`)).toBe(textLengthMax);
  expect(sizeOf(`'a'${".hex()".repeat(17)}`)).toBeNull();
});

test("macros in macros end as absent when they have gone on for too long, and every evaluation begins anew", () => {
  const items = (count: number): readonly string[] => Array.from({ length: count }, () => "a");
  const compiled = compileExpression("headers.list('x').all(a, true)", scope, "bool");
  const nested = compileExpression("headers.list('x').all(a, headers.list('x').all(b, true))", scope, "bool");
  if (!compiled.ok || !nested.ok) throw new Error("does not compile");
  const scene = (count: number): SampleScene => new SampleScene({ "headers list x": items(count) });
  expect(compiled.evaluate(scene(macroRoundsMax))).toBe(true);
  expect(compiled.evaluate(scene(macroRoundsMax + 1))).toBeNull();
  expect(compiled.evaluate(scene(macroRoundsMax))).toBe(true);
  expect(nested.evaluate(scene(200))).toBe(true);
  expect(nested.evaluate(scene(5000))).not.toBe(true);
});
