// Nanoseconds to play one expression. Run: node scripts/bun.mjs bench/micro/expression.ts
// The table is a StickTable in memory with a thousand entries; fields answer what is already there, as an exchange does after
// the first rule has asked.

import { StickTable } from "../../src/memory/sticktable.ts";
import { compileExpression, compileTemplate, type Scope, scopeOf } from "../../src/rules/expression/expression.ts";
import { field } from "../../src/rules/fields.ts";
import type { Scene, Value } from "../../src/rules/scene.ts";

const plan = {
  name: "marked",
  key: { kind: "ip", prefix6: 64 },
  entriesMax: 4096,
  expireMs: 600_000,
  isEvicting: true,
  share: null,
  store: ["gpc0", "http_req_rate(10s)"],
} as const;
const table = StickTable.inMemory(plan);
const scope: Scope = scopeOf({ tables: [plan], lists: [], pools: [] }, "request");

const src = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 7]);
for (let index = 0; index < 1000; index++) {
  const octets = src.slice();
  octets[14] = index >> 8;
  octets[15] = index & 0xff;
  table.key.setAddress(octets, 0);
  table.add(0, 0, 1, 1);
}

class BenchScene implements Scene {
  readonly sharedMs = 1000;
  readonly wallMs = 1_795_241_879_000;
  readonly isDry = false;
  readonly world = { tables: [table], lists: [], pool: (): number => 1 };
  readonly host = `${"shop"}.example.com`;
  readonly path = `/api/${"products"}/17`;

  random(): number {
    return 0.5;
  }

  field(number: number): Value {
    switch (number) {
      case field.src:
        return src;
      case field.host:
        return this.host;
      case field.path:
        return this.path;
      case field.method:
        return "POST";
      default:
        return null;
    }
  }

  variable(): Value {
    return null;
  }

  tracked(): null {
    return null;
  }
}

const scene = new BenchScene();
const rounds = 1_000_000;

function measure(name: string, play: () => unknown): void {
  let best = Number.POSITIVE_INFINITY;
  let held = 0;
  for (let turn = 0; turn < 7; turn++) {
    const startedNs = Bun.nanoseconds();
    for (let round = 0; round < rounds; round++) if (play() === true) held++;
    best = Math.min(best, (Bun.nanoseconds() - startedNs) / rounds);
  }
  console.log(`${best.toFixed(1).padStart(7)} ns  ${name}${held > 0 ? "" : "  (not true)"}`);
}

for (const text of [
  "true",
  "secure",
  "marked[src].gpc0 > 0",
  "marked[src].http_req_rate > 100",
  "host in ['a', 'b', 'c']",
  "path.startsWith('/api') && method == 'POST'",
  "path.matches('^/api/[a-z]+/[0-9]+$')",
  // What is not plain is re2js's.
  "path.matches('^/(?:[a-z]+/)+[0-9]+$')",
  "path.replaceRegex('^/api/(.*)', '/$1') != ''",
  "path.replaceRegex('^/api/(?:.*/)?(.*)', '/$1') != ''",
  "src in cidr('192.168.0.0/16', '10.0.0.0/8')",
  "host.subdomainOf('example.com')",
  "now.getHours('Europe/Berlin') >= 8",
]) {
  const compiled = compileExpression(text, scope, "bool");
  if (!compiled.ok) throw new Error(compiled.errors[0]?.message);
  measure(text, () => compiled.test(scene));
}
const template = compileTemplate("https://{host}{path}", scope);
if (!template.ok) throw new Error(template.errors[0]?.message);
measure("template https://{host}{path}", () => template.evaluate(scene).length > 0);
