import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Prng } from "../base/prng.ts";
import type { Document } from "./document.ts";
import { judge } from "./judge.ts";
import { loadConfig, loadTree } from "./load.ts";
import { noMaterials } from "./materials.ts";
import { problemLine } from "./problem.ts";
import { readToml } from "./toml.ts";
import { readJson, readYaml } from "./yaml.ts";

async function told(name: string, text: string): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-load-"));
  try {
    writeFileSync(join(folder, name), text);
    const loaded = await loadConfig(join(folder, name), {});
    return (loaded.ok ? loaded.warnings : loaded.problems).map((each) => problemLine(each).replace(`${folder}/`, ""));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("files that are not there are told along with what contradicts itself", async () => {
  const text = `listeners:
  web: { listen: ":443", use: nowhere, tls: { certificates: gone.pem }, auth: { file: gone.htpasswd } }
pools:
  app: { servers: ["a:80"] }
lists:
  bad: { addresses: gone.txt }
`;
  expect(await told("s.yaml", text)).toEqual([
    's.yaml:2:31: error: listeners.web.use names the pool "nowhere", which does not exist; there is app',
    "s.yaml:2:61: error: listeners.web.tls.certificates names gone.pem, which does not exist",
    's.yaml:2:87: error: listeners.web.auth.file names "gone.htpasswd", which does not exist',
    's.yaml:6:21: error: lists.bad.addresses names "gone.txt", which does not exist',
  ]);
});

test("so are those of another program's config of which something cannot be translated", async () => {
  const text = `frontend web
  mode http
  bind :443 ssl crt gone.pem
  default_backend app
backend app
  mode http
  server a 10.0.0.1:80
  server b 10.0.0.2:80 blah
`;
  const lines = await told("haproxy.cfg", text);
  expect(lines.filter((line) => line.includes("error: "))).toEqual([
    "haproxy.cfg:3:21: error: gone.pem names gone.pem, which does not exist",
    "haproxy.cfg:8:24: error: blah is no keyword of HAProxy's on a server line",
  ]);
});

test("where a value is refused already, what its file holds is not told", async () => {
  const text = `listeners:
  web: { listen: ":443", use: app, http3: true, tls: { certificates: [gone.pem, gone.pem] } }
pools:
  app: { servers: ["a:80"] }
`;
  const places = (await told("s.yaml", text)).map((line) => line.split(" ")[0]);
  expect(new Set(places).size).toBe(places.length);
});

// ---- any config whose values are of their kinds, however they contradict each other ----

type Tree = Record<string, unknown>;

/** All configs among the examples and the golden mistakes, as trees of values. */
function* trees(): Generator<Tree> {
  const root = join(import.meta.dir, "../..");
  const read: Record<string, (text: string) => Document> = { yaml: readYaml, toml: readToml, json: readJson };
  for (const folder of ["examples", "examples/egress", "examples/forwardproxy", "examples/discovery"])
    for (const name of readdirSync(join(root, folder)).sort()) {
      const document = read[name.split(".").at(-1)!]?.(readFileSync(join(root, folder, name), "utf8"));
      if (document?.ok === true && Object.hasOwn(document.value as Tree, "listeners")) yield document.value as Tree;
    }
}

/** Every value of a config by the key that it stands at, or by the section that it has its name in. */
function gather(value: unknown, key: string, byKey: Map<string, unknown[]>): void {
  byKey.set(key, [...(byKey.get(key) ?? []), value]);
  if (typeof value !== "object" || value === null) return;
  for (const [name, item] of Object.entries(value)) gather(item, keyOf(key, name), byKey);
}

const named = ["listeners", "pools", "egress", "lists", "tables", "caches"];

function keyOf(above: string, name: string): string {
  return /^\d+$/.test(name) || named.includes(above) ? `${above}[]` : name;
}

/** The tree with some of its values gone, or those of another config in their place. */
function grafted(chance: Prng, tree: Tree, byKey: ReadonlyMap<string, readonly unknown[]>): Tree {
  const whole = structuredClone(tree);
  for (let turn = chance.below(5) + 1; turn > 0; turn--) {
    let [at, key]: [Tree, string] = [whole, ""];
    for (let depth = chance.below(6); depth >= 0; depth--) {
      const names = Object.keys(at);
      if (names.length === 0) break;
      const name = names[chance.below(names.length)]!;
      key = keyOf(key, name);
      const next = at[name];
      if (depth > 0 && typeof next === "object" && next !== null) {
        at = next as Tree;
        continue;
      }
      const others = byKey.get(key) ?? [];
      if (chance.below(5) > 0) at[name] = structuredClone(others[chance.below(others.length)]);
      else if (!Array.isArray(at)) delete at[name];
      break;
    }
    // Keys that only others have.
    const sections = [...byKey.keys()].filter((each) => each.endsWith("[]"));
    const donors = (byKey.get(sections[chance.below(sections.length)]!) ?? []) as Tree[];
    const donor = donors[chance.below(donors.length)];
    const kinds = ["listeners", "pools"] as const;
    const kind = kinds[chance.below(2)]!;
    const own = Object.values((whole[kind] ?? {}) as Record<string, Tree>);
    const keys = Object.keys(typeof donor === "object" ? donor : {});
    const [target, taken] = [own[chance.below(own.length)], keys[chance.below(keys.length)]];
    if (typeof target === "object" && taken !== undefined && donor !== undefined)
      target[taken] = structuredClone(donor[taken]);
  }
  return whole;
}

/** SEEDS=20000 bun test src/config/load.test.ts looks at more. */
const seeds = Number(process.env["SEEDS"] ?? 300);

test("whatever contradicts itself in a config, what it names is looked at, and nothing throws", async () => {
  const all = [...trees()];
  const byKey = new Map<string, unknown[]>();
  for (const tree of all) gather(tree, "", byKey);
  const folder = join(import.meta.dir, "../../examples");
  let refused = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const chance = new Prng(seed);
    const input = grafted(chance, all[chance.below(all.length)]!, byKey);
    const { config, shaped } = judge(input);
    if (shaped === null) continue;
    if (config === null) refused += 1;
    await loadTree(input, `seed ${seed}`, folder, noMaterials).catch((error: unknown) => {
      throw new Error(`seed ${seed}: ${JSON.stringify(input)}`, { cause: error });
    });
  }
  expect(refused).toBeGreaterThan(seeds / 10);
}, 120_000);

test("whoever comes with a config of nginx or Caddy is told where its words stand", async () => {
  for (const name of ["nginx.conf", "site.conf", "Caddyfile"])
    expect(await told(name, "server { listen 80; }\n")).toEqual([
      expect.stringContaining(`docs/README.md#in-${name === "Caddyfile" ? "caddys" : "nginx"}-words has its words`),
    ]);
  expect(await told("sluice.yamll", "a: 1\n")).toEqual([expect.stringContaining('did you mean ".yaml"?')]);
});

test("a config of Traefik is told as that, at the key that gives it away", async () => {
  const problems = await told("traefik.yml", "entryPoints: { web: {} }\nlisteners: {}\n");
  expect(problems).toContainEqual(expect.stringContaining("docs/README.md#in-traefiks-words has its words"));
});
