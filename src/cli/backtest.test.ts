import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BacktestOptions, backtest } from "./backtest.ts";

const config = `
tables: { seen: { key: ip, expire: 10m, store: [http_req_rate(60s)] } }
pools: { app: { servers: ["127.0.0.1:9"] } }
listeners:
  web: { listen: "127.0.0.1:8080", use: app, rules: [{ track: seen }, { name: greedy, if: "seen[src].http_req_rate > 5", deny: true }] }
`;

function line(client: string, second: number): string {
  return `${client} - - [22/Nov/2026:09:06:${String(second).padStart(2, "0")} +0000] "GET / HTTP/1.1" 200 1 "-" "-"`;
}

const log: readonly string[] = [
  ...Array.from({ length: 30 }, (_, index) => line("203.0.113.9", index)),
  ...Array.from({ length: 25 }, (_, index) => line(`192.0.2.${index + 1}`, 30)),
];

async function run(
  rule: string,
  lines: readonly string[],
  more: Partial<BacktestOptions> = {},
): Promise<{ code: number; out: string; err: string }> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-backtest-"));
  try {
    const [configPath, logPath] = [join(folder, "sluice.yaml"), join(folder, "access.log")];
    writeFileSync(configPath, config);
    writeFileSync(logPath, `${lines.join("\n")}\n`);
    let [out, err] = ["", ""];
    const writer = {
      out: (text: string) => void (out += `${text}\n`),
      err: (text: string) => void (err += `${text}\n`),
      note: (text: string) => void (err += `${text}\n`),
    };
    const code = await backtest(rule, { config: configPath, from: [logPath], ...more }, writer);
    return { code, out, err: err.replaceAll(folder, "") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("people are told whom it hits, what other thresholds do, and which is to be had", async () => {
  expect(await run("greedy", log)).toMatchSnapshot();
});

test("a condition that hits nobody says so, and a new rule where it was put", async () => {
  const { code, out } = await run("path == '/none'", log);
  expect([code, out]).toEqual([0, expect.stringContaining("It would have hit nobody.")]);
  expect(out).toContain("note: the rule was put before all rules of listener web");
});

test("what a rule asks for and the log does not tell is remarked on, to people and to programs", async () => {
  const notes = async (rule: string, lines: readonly string[]): Promise<string[]> =>
    (JSON.parse((await run(rule, lines, { json: true })).out) as { notes: string[] }).notes.slice(1);
  const untold = "it asks for headers['x-key'], headers['referer']: no line of the log tells that, so it was absent";
  const rule = "headers['X-Key'] == 'a' && headers['referer'] == ''";
  expect(await notes(rule, log)).toEqual([untold]);
  expect((await run(rule, log)).out).toContain(`note: ${untold}\n`);
  const told = log.map((one) => one.replace('"-" "-"', '"http://a/" "-"'));
  expect(await notes("headers['referer'] == 'http://a/'", told)).toEqual([]);
  expect(await notes("user == 'u'", log)).toEqual([
    "it asks for user: that is taken from no log, so nobody had a name: passwords are not looked at",
  ]);
  expect(await notes("{ limit: { rate: 5/s, by: host } }", log)).toContain(
    'it asks for host: no line of the log tells that, so it was "localhost"',
  );
});

test("programs are told the same as one object", async () => {
  const { out } = await run("greedy", log, { json: true, top: 1 });
  expect(JSON.parse(out)).toMatchObject({
    hits: { requests: 25, clients: 1 },
    top: [{ client: "203.0.113.9", peak: 30 }],
  });
});

test("a part of the log by its times", async () => {
  const { out } = await run("greedy", log, {
    json: true,
    since: "2026-11-22T09:06:10Z",
    until: "2026-11-22T09:06:20Z",
  });
  expect(JSON.parse(out)).toMatchObject({ traffic: { requests: 10 }, hits: { requests: 5 } });
});

test("what goes wrong is said, with what to do about it", async () => {
  expect(await run("gredy", log)).toMatchObject({ code: 2, err: expect.stringContaining('did you mean "greedy"') });
  expect(await run("greedy", ["nonsense"])).toMatchObject({
    code: 1,
    err: expect.stringContaining("in no format that is known here"),
  });
  expect(await run("greedy", ["nonsense"], { format: "combined" })).toMatchObject({
    code: 1,
    err: expect.stringContaining('the first is "nonsense"'),
  });
  expect(await run("greedy", [])).toMatchObject({ code: 1, err: "sluice: there is no request in what was read\n" });
  expect(await run("greedy", log, { format: "apache" })).toMatchObject({
    code: 2,
    err: expect.stringContaining("--format must be"),
  });
  expect(await run("greedy", log, { since: "noon" })).toMatchObject({
    code: 2,
    err: expect.stringContaining("--since must be a time"),
  });
  expect(await run("greedy", log, { from: ["/nowhere/access.log"] })).toMatchObject({
    code: 1,
    err: "sluice: /nowhere/access.log: there is no such file\n",
  });
});
