import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, type Writer } from "./check.ts";
import { schema } from "./schema.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-check-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(command: (writer: Writer) => Promise<number>) {
  const said = { out: [] as string[], err: [] as string[] };
  const code = await command({
    out: (text) => void said.out.push(text),
    err: (text) => void said.err.push(text),
    note: (text) => void said.err.push(text),
  });
  return { code, out: said.out.join("\n"), err: said.err.join("\n").replaceAll(`${folder}/`, "") };
}

const checked = (name: string, text: string, json = false) => {
  writeFileSync(join(folder, name), text);
  return run((writer) => check(join(folder, name), { json }, writer, () => []));
};
const right =
  "listeners: { web: { listen: ':80', use: app } }\npools: { app: { servers: ['a:1'], check: { http: /up } } }\n";

test("a config that is right is summed up on stdout", async () => {
  const { code, out, err } = await checked("right.yaml", right);
  expect([code, err]).toEqual([0, ""]);
  expect(out.replaceAll(`${folder}/`, "").split("\n")).toEqual([
    "right.yaml: ok, one worker for each core, admin on 127.0.0.1:2112",
    "  listener web  :80 -> pool app",
    "  pool     app  1 server, weightedRoundRobin, check of /up every 2s",
    expect.stringMatching(
      /^ {2}memory {3}\d+\.\d MiB of \/dev\/shm when all is full: recorder \d\S+ MiB, arena \S+ MiB$/,
    ),
  ]);
});

test("registry, sentinel and fleet are summed up with where they are, and never with a password", async () => {
  const pools = "pools: { app: { discover: { registry: shop } } }\n";
  const listener = "listeners: { web: { listen: ':80', use: app } }\n";
  const alone = await checked("alone.yaml", `${listener}${pools}`);
  expect(alone.out.split("\n").at(-2)).toBe("  registry in memory of this Sluice");
  const limit = "rules: [{ name: ten, limit: { rate: 10/s, by: src, share: true } }]";
  const { code, out } = await checked(
    "shared.yaml",
    `${listener.replace("use: app", `use: app, ${limit}`)}${pools}registry: "redis://:hunter2@redis:6379"\n` +
      'sentinel: { set: shop, targets: ["a:1", "b:2"] }\nfleet: { redis: "rediss://u:hunter2@ledger", name: edge }\n',
  );
  expect([code, out.split("\n").slice(-4, -1)]).toEqual([
    0,
    [
      "  registry redis:6379",
      "  sentinel of shop: 2 targets, probed every 2s",
      "  fleet    edge at ledger:6379, shares limit:web/ten, bans",
    ],
  ]);
  expect(out).not.toContain("hunter2");
});

test("a check that shakes hands is no mere tcp check", async () => {
  const { out } = await checked("tls.yaml", right.replace("http: /up", "tcp: true, tls: true"));
  expect(out).toContain("1 server, weightedRoundRobin, tls check every 2s");
});

test("of backups it is told that only the first serves", async () => {
  const front = "listeners: { web: { listen: 127.0.0.1:8080, use: app } }\n";
  const one =
    "pools: { app: { backups: first, servers: ['a:1', { address: 'b:1', backup: true }, { address: 'c:1', backup: true }] } }\n";
  const { out } = await checked("backups.yaml", `${front}${one}`);
  expect(out).toContain("3 servers (2 backups, the first that is up serves), weightedRoundRobin");
  expect((await checked("all.yaml", `${front}${one.replace("first", "all")}`)).out).toContain(
    "3 servers (2 backups), w",
  );
});

test("each table is told with the memory that it takes when it is full, those of limits too", async () => {
  const tables = "tables: { seen: { size: 200k, store: [gpc0, 'conn_rate(10s)'] } }\n";
  const ruled = right.replace(
    "use: app",
    "use: app, rules: [{ track: seen }, { name: calm, limit: { rate: 5/s, size: 1 } }]",
  );
  const { out } = await checked("tables.yaml", tables + ruled);
  expect(out).toMatch(/\n {2}table {4}seen {12}204800 entries of \d\d bytes by ip, \d+\.\d MiB when full\n/);
  expect(out).toMatch(/\n {2}table {4}limit:web\/calm {2}1 entry of \d\d bytes by ip, \d+\.\d KiB when full\n/);
  const json = JSON.parse((await checked("tables.yaml", tables + ruled, true)).out);
  expect(json.tables.seen).toEqual({
    entries: 204_800,
    bytesPerEntry: expect.any(Number),
    bytesWhenFull: expect.any(Number),
  });
  expect(json.tables.seen.bytesWhenFull).toBeGreaterThan(204_800 * 40);
});

test("lists are told with their entries, and lines that are no values at their places", async () => {
  const lists = "lists: { office: { addresses: office.txt }, paths: { texts: [/a, /b] } }\n";
  writeFileSync(join(folder, "office.txt"), "10.0.0.0/8\n# none\n10.0.0.1\n10.0.0.1\n");
  const { out } = await checked("lists.yaml", lists + right);
  expect(out.split("\n").slice(-3, -1)).toEqual([
    "  list     office  2 entries (address) from office.txt",
    "  list     paths   2 entries (text)",
  ]);
  const told = JSON.parse((await checked("lists.yaml", lists + right, true)).out);
  expect(told.lists.paths).toEqual({ kind: "text", entries: 2, file: null });
  writeFileSync(join(folder, "office.txt"), "10.0.0.0/8\n10.0.0.300\n");
  const wrong = await checked("lists.yaml", lists + right);
  expect([wrong.code, wrong.out]).toEqual([1, ""]);
  expect(wrong.err).toBe(
    'office.txt:2:1: error: "10.0.0.300" is not an IP address or a block such as 10.0.0.0/8\n1 error',
  );
  const json = JSON.parse((await checked("lists.yaml", lists + right, true)).out);
  expect([json.ok, json.problems[0].line, json.config]).toEqual([false, 2, null]);
  writeFileSync(join(folder, "office.txt"), "x\n".repeat(30));
  expect((await checked("lists.yaml", lists + right)).err).toContain("10 more bad lines");
});

test("problems go to stderr with the line, a caret and a sum", async () => {
  const { code, out, err } = await checked("wrong.yaml", right.replace("use: app", "use: ap"));
  expect([code, out]).toEqual([1, ""]);
  expect(err).toBe(
    [
      'wrong.yaml:1:38: error: listeners.web.use names the pool "ap", which does not exist; did you mean "app"?',
      "  1 | listeners: { web: { listen: ':80', use: ap } }",
      `    | ${" ".repeat(37)}^`,
      "1 error",
    ]
      .join("\n")
      .replaceAll(":1:38:", `:1:${right.indexOf("use: app") + 6}:`)
      .replace(" ".repeat(37), " ".repeat(right.indexOf("use: app") + 5)),
  );
});

test("a warning is told and the config is still right", async () => {
  const { code, err, out } = await checked(
    "warned.yaml",
    `${right}  \n`.replace("app: {", "spare: { servers: ['b:1'] }, app: {"),
  );
  expect(code).toBe(0);
  expect(err).toContain("warning: pools.spare is used by no listener");
  expect(out).toContain("ok");
});

test("a file that is not there is another exit code", async () => {
  const { code, err } = await run((writer) => check(join(folder, "none.yaml"), {}, writer));
  expect(code).toBe(2);
  expect(err).toStartWith("none.yaml: error: there is no such file");
});

test("as JSON no password is shown", async () => {
  const { out } = await checked(
    "passwords.yaml",
    "listeners: { web: { listen: ':80', use: app, auth: { users: { Ann: secret-1 } } } }\n" +
      "pools: { app: { servers: ['a:1'], cache: x }, more: { servers: ['a:2'], cache: y } }\n" +
      "caches: { x: { redis: 'redis://me:secret-2@h:1/0' }, y: { redis: { url: 'rediss://:secret-3@h' } } }\n" +
      "registry: 'redis://:secret-4@h:1'\nfleet: { redis: 'redis://me:secret-5@h:1' }\n",
    true,
  );
  expect(out).not.toContain("secret");
  const { config } = JSON.parse(out) as { config: Record<string, unknown> };
  expect(config).toMatchObject({
    listeners: { web: { auth: { users: { Ann: "(set)" } } } },
    registry: "redis://:(set)@h:1",
    fleet: { redis: "redis://me:(set)@h:1" },
    caches: { x: { redis: "redis://me:(set)@h:1/0" }, y: { redis: { url: "rediss://:(set)@h" } } },
  });
});

test("as JSON everything goes to stdout, without the token", async () => {
  const good = await checked(
    "good.yaml",
    `admin: { token: 0123456789abcdef-secret }\ndebug: { token: 0123456789abcdef-secret }\n${right}`,
    true,
  );
  expect(good.err).toBe("");
  expect(good.out).not.toContain("secret");
  expect(JSON.parse(good.out)).toMatchObject({ ok: true, problems: [], config: { pools: { app: { retries: 2 } } } });
  const bad = await checked("bad.yaml", "workers: 0\n", true);
  expect(bad.code).toBe(1);
  expect(JSON.parse(bad.out)).toMatchObject({ ok: false, config: null });
  expect(JSON.parse(bad.out).problems).toContainEqual({
    severity: "error",
    file: join(folder, "bad.yaml"),
    key: "workers",
    message: "must be a whole number from 1 to 64, not 0",
    line: 1,
    column: 10,
  });
});

test("the JSON Schema is written to stdout or a file", async () => {
  const printed = await run((writer) => schema({}, writer));
  expect(JSON.parse(printed.out)).toMatchObject({
    type: "object",
    required: ["listeners"],
    additionalProperties: false,
  });
  const out = join(folder, "schema.json");
  expect((await run((writer) => schema({ out }, writer))).code).toBe(0);
  expect(JSON.parse(readFileSync(out, "utf8"))).toEqual(JSON.parse(printed.out));
  const refused = await run((writer) => schema({ out: join(folder, "no/such/folder.json") }, writer));
  expect(refused.code).toBe(1);
  expect(refused.err).toContain("cannot be written");
});

const gobetween = `[logging]
output = "/var/log/gobetween.log"
[servers.web]
bind = ":3000"
balance = "leastbandwidth"
[servers.web.discovery]
kind = "static"
static_list = ["a:80"]
`;

test("a config of another program says what became of its keywords, beside the summary", async () => {
  const { code, out, err } = await checked("gobetween.toml", gobetween);
  expect(code).toBe(0);
  expect(out).toStartWith("gobetween: 4 keywords kept, 1 approximated\n");
  expect(err).toStartWith("gobetween.toml:2:10: warning: logging.output is approximated: ");
  const json = await checked("gobetween.toml", gobetween, true);
  expect(JSON.parse(json.out)).toMatchObject({
    ok: true,
    origin: { program: "gobetween", keywords: { kept: 4, approximated: 1, refused: 0, unknown: 0 } },
    config: { listeners: { web: { mode: "tcp" } } },
  });
});

test("where it cannot be run, they stand beside the problems", async () => {
  const { code, out, err } = await checked("refused.toml", gobetween.replace("static", "lxd"));
  expect([code, out]).toEqual([1, ""]);
  expect(err).toEndWith("1 error, 1 warning\ngobetween: 3 keywords kept, 1 approximated, 1 refused");
});

test("caches are told with the memory that they take, the one that nobody has described too", async () => {
  const pool = "pools: { app: { servers: ['127.0.0.1:1'], cache: true } }\n";
  const listener = "listeners: { web: { listen: '127.0.0.1:0', use: app } }\n";
  const usual = await checked("usual.yaml", pool + listener);
  expect(usual.out).toContain("  cache    default  128.0 MiB, responses of at most 8.0 MiB, tinylfu");
  const own = "caches: { pages: { size: 1gb, memory: worker, policy: lru, redis: 'redis://127.0.0.1' } }\n";
  const described = await checked("own.yaml", own + pool + listener);
  expect(described.out).toContain(
    "  cache    pages  1.0 GiB divided by workers, responses of at most 64.0 MiB, lru, redis behind it",
  );
  const told = JSON.parse((await checked("own.yaml", own + pool + listener, true)).out);
  expect(told.caches.pages).toMatchObject({ objectBytesMax: 2 ** 26, memory: "worker", redis: true });
  expect(told.caches.pages.bytesWhenFull).toBeGreaterThan(2 ** 30 * 0.99);
});
