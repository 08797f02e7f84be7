import { expect, test } from "bun:test";
import type { Key, Target } from "./compiled.ts";
import { SampleScene, sampleIp, sampleScope } from "./sample.fixture.ts";
import { compileEntry, compileKey, compileTarget, type TargetUse } from "./target.ts";

const scope = sampleScope();

function target(text: string): Target {
  const compiled = compileTarget(text, scope);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.errors));
  return compiled;
}

function messageOf(text: string, use?: TargetUse): string {
  const compiled = compileTarget(text, scope, undefined, use);
  return compiled.ok
    ? ""
    : compiled.errors.map(({ offset, length, message }) => `${offset}+${length} ${message}`).join("; ");
}

test("a target by its key is read, incremented, assigned and cleared", () => {
  const scene = new SampleScene();
  const gpc = target("marked[src].gpc0");
  expect(gpc).toMatchObject({ table: 0, slot: -1, columnIndex: 0, dataType: "gpc", element: 0, hasEffects: false });
  expect(gpc.column?.name).toBe("gpc0");
  expect(gpc.read(scene)).toBe(0);
  expect(gpc.increment(scene, 2)).toBe(2);
  expect(gpc.increment(scene, 1)).toBe(3);
  expect(gpc.assign(scene, 7)).toBe(true);
  expect(gpc.assign(scene, true)).toBe(true);
  expect(gpc.clear(scene)).toBe(1);
  expect(gpc.read(scene)).toBe(0);
});

test("a target in a slot is that of the entry which the slot holds", () => {
  const scene = new SampleScene();
  const gpt = target("tracked[0].gpt[1]");
  expect(gpt).toMatchObject({ table: -1, slot: 0, column: null, columnIndex: -1, dataType: "gpt", element: 1 });
  expect([gpt.read(scene), gpt.increment(scene, 1), gpt.clear(scene), gpt.assign(scene, 1)]).toEqual([
    null,
    null,
    null,
    false,
  ]);
  const urls = scene.tables[2]!;
  urls.key.setText("/");
  scene.slots.set(0, { table: urls, entry: urls.track() });
  expect(gpt.assign(scene, 5)).toBe(true);
  expect(gpt.read(scene)).toBe(5);
  expect(target("tracked[0].gpt0").read(scene)).toBe(0);
  expect(gpt.clear(scene)).toBe(5);
  expect(target("tracked[0].conn_cnt").assign(scene, 5)).toBe(false);
});

test("tokens are taken while there are any; then it says how long until there will be", () => {
  const scene = new SampleScene();
  const tokens = target("shop[src].tokens");
  expect(tokens.read(scene)).toBe(5);
  expect([tokens.take(scene, 3), tokens.take(scene, 2), tokens.take(scene, 1), tokens.take(scene, 2)]).toEqual([
    0, 0, 500, 1000,
  ]);
});

test("without a key nothing is done", () => {
  const scene = new SampleScene({ src: null });
  const [marked] = scene.tables;
  const gpc = target("marked[src].gpc0");
  expect([gpc.read(scene), gpc.increment(scene, 1), gpc.clear(scene), gpc.assign(scene, 1)]).toEqual([
    null,
    null,
    null,
    false,
  ]);
  expect(target("shop[src].tokens").take(scene, 1)).toBe(0);
  expect(marked!.calls).toEqual([]);
});

test("amounts that no word can hold are not written: less than nothing, nothing at all, parts of one", () => {
  const scene = new SampleScene();
  const gpc = target("marked[src].gpc0");
  expect([gpc.increment(scene, -1), gpc.increment(scene, Number.NaN)]).toEqual([null, null]);
  expect([gpc.assign(scene, null), gpc.assign(scene, "5"), gpc.assign(scene, -5)]).toEqual([false, false, false]);
  expect(gpc.increment(scene, 1.9)).toBe(1);
  expect(gpc.assign(scene, 2 ** 40)).toBe(true);
  expect(gpc.read(scene)).toBe(2 ** 32 - 1);
});

test("in a dry scene a target answers what it would, and writes nothing", () => {
  const scene = new SampleScene();
  const gpc = target("marked[src].gpc0");
  const tokens = target("shop[src].tokens");
  gpc.increment(scene, 3);
  tokens.take(scene, 4);
  scene.isDry = true;
  expect([gpc.increment(scene, 2), gpc.clear(scene), gpc.assign(scene, 9), gpc.read(scene)]).toEqual([5, 3, true, 3]);
  expect([tokens.take(scene, 1), tokens.take(scene, 1), tokens.take(scene, 3)]).toEqual([0, 0, 1000]);
  const shop = scene.tables[1]!;
  shop.key.setAddress(sampleIp("10.0.0.7"), 0);
  scene.slots.set(0, { table: shop, entry: shop.track() });
  const held = target("tracked[0].conn_rate");
  expect([held.increment(scene, 2), held.clear(scene), held.assign(scene, 9), held.read(scene)]).toEqual([
    2,
    0,
    true,
    0,
  ]);
  expect([target("tracked[0].tokens").take(scene, 2), target("tracked[0].gpc0").take(scene, 1)]).toEqual([500, 0]);
  expect(scene.tables.flatMap(({ calls }) => calls).length).toBe(2);
});

test("what is no target is refused, and what cannot be done to one", () => {
  expect(messageOf("marked[src]")).toBe(
    "0+11 must be a counter of a table such as marked[src].gpc0 or tracked[0].gpc0",
  );
  expect(messageOf("src")).toBe("0+3 must be a counter of a table such as marked[src].gpc0 or tracked[0].gpc0");
  expect(messageOf("marked[src].gpc1")).toBe('12+4 the table "marked" does not store gpc1; it stores gpc0');
  expect(messageOf("marked[")).toBe("6+1 something must follow this");
  expect(messageOf("marked[src].gpc0", "take")).toBe(
    "0+16 must name tokens, as in clients[src].tokens, but gpc0 is a counter",
  );
  expect(messageOf("shop[src].tokens", "take")).toBe("");
  expect(messageOf("shop[src].tokens", "assign")).toBe("0+16 must be a counter: tokens come back by themselves");
  expect(messageOf("shop[src].conn_rate", "assign")).toBe(
    "0+19 must be a counter or a tag: conn_rate is a rate, which counts events",
  );
  expect(messageOf("urls[path].gpt[1]", "increment")).toBe("0+17 must be a counter: gpt[1] is a tag, which is set");
  expect(messageOf("urls[path].gpt[1]", "clear")).toBe("");
});

test("an entry is named by its table or its slot", () => {
  expect(compileEntry("marked[src]", scope)).toMatchObject({ ok: true, table: 0, slot: -1 });
  expect(compileEntry("tables['per-client'][src]", scope)).toMatchObject({ ok: true, table: 6, slot: -1 });
  expect(compileEntry("tracked[3]", scope)).toMatchObject({ ok: true, table: -1, slot: 3, reads: { slots: [3] } });
  expect(compileEntry("marked", scope)).toMatchObject({ ok: false, errors: [{ offset: 0, length: 6 }] });
  expect(compileEntry("marked[hots]", scope)).toMatchObject({ ok: false, errors: [{ offset: 7, length: 4 }] });
});

test("a key is laid into the table it was compiled for", () => {
  const scene = new SampleScene();
  const key = (text: string, table: number): Key => {
    const compiled = compileKey(text, scope, table);
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.errors));
    return compiled;
  };
  expect(key("src", 0).lay(scene)).toBe(true);
  expect([...scene.tables[0]!.key.bytes]).toEqual([0, 0, 0, 0, 10, 0, 0, 7]);
  expect(key("host + ':' + string(dstPort)", 2).lay(scene)).toBe(true);
  expect(Buffer.from(scene.tables[2]!.key.bytes).toString("latin1", 0, scene.tables[2]!.key.length)).toBe(
    "www.example.com:443",
  );
  expect(key("ip(headers['x-none'])", 0).lay(scene)).toBe(false);
  expect(scene.tables[0]!.key.isSet).toBe(false);
  expect(key("tracked[0].key", 0).lay(scene)).toBe(false);
  expect(compileKey("host", scope, 0)).toMatchObject({ ok: false, errors: [{ offset: 0, length: 4 }] });
});

test("a key that reads the table it is for is laid after it has been read", () => {
  const scene = new SampleScene();
  const numbers = target("numbers[numbers[1].gpc0 + 10].gpc0");
  target("numbers[1].gpc0").increment(scene, 5);
  expect(numbers.increment(scene, 3)).toBe(3);
  expect(target("numbers[15].gpc0").read(scene)).toBe(3);
});
