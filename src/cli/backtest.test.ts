import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BacktestOptions, backtest } from "./backtest.ts";
import type { BacktestReport } from "./backtesttext.ts";

const config = `
tables: { seen: { key: ip, expire: 10m, store: [http_req_rate(60s)] } }
pools: { app: { servers: ["127.0.0.1:9"] } }
listeners:
  web: { listen: "127.0.0.1:8080", use: app, rules: [{ track: seen }, { name: greedy, if: "seen[src].http_req_rate > 5", deny: true }] }
`;

function line(client: string, second: number, minute = "09:06"): string {
  return `${client} - - [22/Nov/2026:${minute}:${String(second).padStart(2, "0")} +0000] "GET / HTTP/1.1" 200 1 "-" "-"`;
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

test("several pipes are read as they are given, each once", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-backtest-"));
  try {
    const pipes = ["one", "two"].map((name) => join(folder, name));
    expect(Bun.spawnSync(["mkfifo", ...pipes]).exitCode).toBe(0);
    const halves = [log.slice(0, 30), log.slice(30)].map((lines) => `${lines.join("\n")}\n`);
    const writers = pipes.map((pipe, index) => Bun.spawn(["sh", "-c", `printf '%s' "$0" > ${pipe}`, halves[index]!]));
    const { code, out } = await run("greedy", log, { from: pipes, json: true });
    expect([code, (JSON.parse(out) as BacktestReport).traffic.requests]).toEqual([0, log.length]);
    for (const writer of writers) expect(await writer.exited).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
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

describe("a log that goes back in time hits nobody whom it would not hit as it was", () => {
  // Three a minute, which is below the threshold.
  const hour = (name: string): string[] =>
    Array.from({ length: 60 }, (_, at) => `${name}:${String(at).padStart(2, "0")}`).flatMap((minute) =>
      [0, 20, 40].map((second) => line("203.0.113.9", second, minute)),
    );
  const told = async (lines: readonly string[], more: Partial<BacktestOptions> = {}): Promise<BacktestReport> =>
    JSON.parse((await run("greedy", lines, { json: true, ...more })).out) as BacktestReport;

  test("a clock that is set back by an hour is told, and so is one line that is late", async () => {
    const straggler = line("203.0.113.9", 0, "06:00");
    const lines = [...hour("09"), straggler, ...hour("10"), ...hour("10")];
    const { traffic, hits } = await told(lines);
    expect([traffic.requests, traffic.late, traffic.steps, hits.requests]).toEqual([lines.length, 1, 1, 0]);
    const { out } = await run("greedy", lines);
    expect(out).toContain("\n1 request that began more than a minute before its line, played where that stands\n");
    expect(out).toContain("\nonce the log went back in time by more than a minute; ");
  });

  test("files are played in the order of their times, and so it is said", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-backtest-"));
    try {
      const [older, newer, empty] = ["access.log.1.gz", "access.log", "empty.log"].map((name) => join(folder, name));
      writeFileSync(older!, Bun.gzipSync(`${hour("09").join("\n")}\n`));
      writeFileSync(newer!, `${hour("10").join("\n")}\n`);
      writeFileSync(empty!, "");
      const { traffic, hits, notes } = await told([], { from: [empty!, newer!, older!] });
      expect(traffic).toMatchObject({ requests: 360, late: 0, steps: 0, from: "2026-11-22T09:00:00Z" });
      expect(hits.requests).toBe(0);
      expect(notes).toEqual([`the files were played in the order of their times: ${older!}, ${newer!}, ${empty!}`]);
      expect((await told([], { from: [older!, newer!] })).notes).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
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
