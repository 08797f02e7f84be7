// What reading an access log for an egress pool costs, from the file to the outcome: lines and bytes a second on one core, for each
// kind of format, beside `grep -c` and `wc -l` of the same file. What a pool makes of an outcome is not in it. It is the processor's
// time that counts, not the clock's, so that whatever else runs on the machine matters little.
// Run with: node scripts/bun.mjs bench/micro/logscan.ts [megabytes]

import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import type { EgressLogFormatPlan, EgressMemberPlan, EgressPlan } from "../../src/config/plan.ts";
import { logPaths, PoolLogs } from "../../src/control/egresslog/poollogs.ts";
import { Positions } from "../../src/control/egresslog/positions.ts";
import { runSteps } from "../../src/memory/listranges.ts";

const rounds = 3;
const members = 300;
const prng = new Prng(1);
const below = (limit: number): number => Math.floor(prng.next() * limit);
const megabytes = Number(process.argv[2] ?? 200);
const folder = mkdtempSync(join(tmpdir(), "sluice-logscan-"));
const path = join(folder, "host.access.log");

const agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36";

function lineAt(index: number): string {
  const second = Math.floor(index / 5000);
  const clock = [9 + Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60];
  const time = `22/Nov/2026:${clock.map((part) => String(part).padStart(2, "0")).join(":")} +0000`;
  const status = below(20) === 0 ? 403 : 200;
  const host = `shop-${below(50)}.example.com`;
  return `127.0.0.1 - - [${time}] "GET /products/${below(100_000)}?page=${below(9)} HTTP/1.1" ${status} ${below(90_000)} "-" "${agent}" 0.${below(900)} Exgress_key: key${below(2000)} 127.0.0.1:${19_001 + below(members)} -> Request Host: ${host} <-\n`;
}

/** Answers how many lines. */
function fill(): number {
  const file = openSync(path, "w");
  let lines = 0;
  let text = "";
  for (let bytes = 0; bytes < megabytes * 1e6; ) {
    const line = lineAt(lines++);
    bytes += line.length;
    text += line;
    if (text.length < 1 << 20) continue;
    writeSync(file, text);
    text = "";
  }
  writeSync(file, text);
  closeSync(file);
  return lines;
}

function poolOf(format: EgressLogFormatPlan): EgressPlan {
  const all = Array.from({ length: members }, (_, index): EgressMemberPlan => {
    const address = `127.0.${1 + (index >> 8)}.${index & 255}`;
    const door = { kind: "gateway", address, host: "127.0.0.1", port: 19_001 + index } as const;
    return { id: address, weight: 1, tags: {}, door };
  });
  return {
    ...{ name: "scrape", members: all, judge: { per: "target" } },
    logs: [{ path, format, mode: "parse", everyMs: 0 }],
  } as unknown as EgressPlan; // The rest is not looked at.
}

/** Seconds of the processor, of the best round. */
function scan(format: EgressLogFormatPlan): { seconds: number; good: number } {
  const pool = poolOf(format);
  let best = Number.POSITIVE_INFINITY;
  let good = 0;
  for (let round = 0; round < rounds; round++) {
    const bytes = new Uint8Array(Positions.bytesFor(1));
    Positions.format(bytes, 1);
    let failures = 0;
    const logs = new PoolLogs({
      pool,
      positions: new Positions(bytes).adopt(logPaths(pool)),
      note: (_, { status }) => {
        if (status >= 400) failures++;
      },
    });
    const before = process.cpuUsage();
    runSteps(logs.look(Date.now, true));
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1e6);
    good = logs.counts.good;
    if (failures === 0) throw new Error("nothing was read");
    logs.close();
  }
  return { seconds: best, good };
}

function yardstick(...command: readonly string[]): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const { resourceUsage } = Bun.spawnSync([...command, path], { env: { ...process.env, LC_ALL: "C" } });
    best = Math.min(best, Number(resourceUsage.cpuTime.total) / 1e6);
  }
  return best;
}

try {
  const lines = fill();
  const { size } = statSync(path);
  const say = (name: string, seconds: number, more = ""): void =>
    console.log(
      `${name.padEnd(34)}${(lines / seconds / 1e6).toFixed(2).padStart(8)} M lines/s${(size / seconds / 1e6).toFixed(0).padStart(8)} MB/s${more}`,
    );
  console.log(`${lines} lines of ${(size / lines).toFixed(0)} bytes, ${members} members`);
  say("wc -l", yardstick("wc", "-l"));
  say("grep -c ' 403 '", yardstick("grep", "-c", " 403 "));
  say("grep -cE '\" [45][0-9]{2} '", yardstick("grep", "-cE", '" [45][0-9]{2} '));
  const tail = "Exgress_key: $http_x_egress_key 127.0.0.1:$server_port -> Request Host: $http_x_egress_host <-";
  const formats: readonly (readonly [string, EgressLogFormatPlan])[] = [
    [
      "log_format, all fields",
      {
        kind: "nginx",
        text: `$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_time ${tail}`,
      },
    ],
    ["ipmanager's marks", { kind: "ipmanager" }],
    [
      "a pattern",
      {
        kind: "pattern",
        text: String.raw`\[(?<time>[^\]]+)\] "[^"]*" (?<status>\d{3}) .* Exgress_key: (?<key>\S+) 127\.0\.0\.1:(?<port>\d+) -> Request Host: (?<target>\S+) <-`,
      },
    ],
  ];
  for (const [name, format] of formats) {
    const { seconds, good } = scan(format);
    say(name, seconds, good === lines ? "" : `, ${lines - good} lines not understood`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
