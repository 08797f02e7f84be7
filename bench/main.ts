// `npm run bench`: Sluice beside HAProxy and nginx, in one run on one machine, with nginx as the origin and wrk as the load, h2load
// for HTTP/2.
// What counts is CPU time a request: throughput depends on what load and origin leave of the cores. Any error fails the run.
// bench/options.ts has its options.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { run } from "../scripts/stage/command.ts";
import { prepareForBench } from "../scripts/stage/programs.ts";
import { makeCertificate } from "./certificate.ts";
import { type Figures, measure, measureIdle } from "./measure.ts";
import { readOptions } from "./options.ts";
import { measurePart, parts } from "./part.ts";
import { profileTable } from "./profile.ts";
import { type Scenario, scenarios } from "./scenario.ts";
import { figuresTable, idleTable, ratios, scaling } from "./table.ts";
import { startForwarder } from "./target/forwarder.ts";
import { startHaproxy } from "./target/haproxy.ts";
import { originCount, startNginx, startOrigin } from "./target/nginx.ts";
import { sluiceStarter } from "./target/sluice.ts";
import { startVarnish } from "./target/varnish.ts";
import { type ProxyOptions, type Starter, stopping, type Target } from "./target.ts";

const root = join(import.meta.dir, "..");
const given = readOptions(process.argv.slice(2));
if ("said" in given) {
  console.log(given.said);
  process.exit(given.code);
}
const { rounds, seconds, thinkMs, json } = given;
const only = given.only ?? [...scenarios, ...parts].map(({ key }) => key).join(",");
const isProfiling = given.profile;
const idleRoundsMax = 3;

const scratch = mkdtempSync(join(tmpdir(), "sluice-bench-"));
const running = new Set<Target>();
const startSluice = sluiceStarter(given.sluice ?? join(root, "bin", "sluice"));

/** In mode tcp the runtime's own floor stands beside the others, with a cache one that is nothing else. Nobody else has a pool of outbound addresses, or a console; HAProxy can spread requests over addresses. */
function startersOf({ mode, isTls, isHttp2, isCaching, outbound, spread, watched }: Scenario): readonly Starter[] {
  if (spread !== null) return [startHaproxy, startSluice];
  if (outbound !== null || watched !== null) return [startSluice];
  // In the clear nginx would speak nothing else on that port, and who waits for it to answer speaks HTTP/1.1.
  if (isHttp2 && !isTls) return [startHaproxy, startSluice];
  const others = [...(mode === "tcp" ? [startForwarder] : []), ...(isCaching ? [startVarnish] : [])];
  return [startHaproxy, startNginx, ...others, startSluice];
}

let folders = 0;
/** `label` names the target in the table when it is not simply the program. */
async function startOne(starter: Starter, options: Omit<ProxyOptions, "folder">, label = ""): Promise<Target> {
  const folder = join(scratch, String(folders++));
  mkdirSync(folder);
  const proxy = await starter({ folder, ...options });
  const stop = async (): Promise<void> => {
    running.delete(named);
    await proxy.stop();
  };
  const named: Target = stopping(proxy, stop, label === "" ? proxy.name : `${proxy.name}, ${label}`);
  running.add(named);
  return named;
}

let certificate = "";

function optionsOf(scenario: Scenario, originPort: number): Omit<ProxyOptions, "folder"> {
  const { mode, workers, isLogging, isTracking, isCaching, isHooked, isTls, watched, outbound, spread } = scenario;
  const { isHttp2, isOriginHttp2 } = scenario;
  const asked = {
    mode,
    workers,
    isHttp2,
    isOriginHttp2,
    isLogging,
    isTracking,
    isCaching,
    isHooked,
    watched,
    outbound,
    spread,
  };
  return { ...asked, originPort, certificate: isTls ? certificate : null };
}

function labelsOf(scenario: Scenario): readonly [string, string] {
  if (scenario.isTracking) return ["no table", "table"];
  if (scenario.isHooked) return ["no hook", "hook"];
  if (scenario.watched !== null) return ["nobody looks", "console open"];
  if (scenario.outbound !== null) return ["the system's address", `${scenario.outbound} of its own`];
  return scenario.isLogging ? ["no log", "log"] : ["1 worker", `${scenario.workers} workers`];
}

/** In a scenario with a baseline each program stands twice: as the baseline, and as what is asked for. */
async function compare(scenario: Scenario, originPort: number): Promise<readonly Figures[]> {
  const proxies: Target[] = [];
  const [plain, asked] = labelsOf(scenario);
  const options = optionsOf(scenario, originPort);
  for (const starter of startersOf(scenario)) {
    const without = { ...options, workers: 1, isLogging: false, isTracking: false, isHooked: false, watched: null };
    const baseline = { ...without, outbound: options.outbound === null ? null : 0 };
    if (scenario.baseline) proxies.push(await startOne(starter, baseline, plain));
    proxies.push(await startOne(starter, options, scenario.baseline ? asked : ""));
  }
  const asks = await originCount(originPort);
  const figures = await measure(proxies, scenario.drive, rounds, seconds, originPort, thinkMs);
  // What was measured as a hit must have been one: the first request of each connection may have found nothing, no more.
  const misses = (await originCount(originPort)) - asks;
  if (scenario.isCaching && misses > proxies.length * scenario.connections)
    throw new Error(`the origin was asked ${misses} times for what should have been cached`);
  for (const proxy of proxies) await proxy.stop();
  console.log(figuresTable(figures));
  for (const compared of comparedOf(scenario, figures, asked)) console.log(ratios(compared, compared.at(-1)!.target));
  if (scenario.workers > 1) {
    for (let index = 0; index < figures.length; index += 2)
      console.log(scaling(figures[index]!, figures[index + 1]!, scenario.workers));
  }
  return figures;
}

/** Each list by its last: programs with each other, or each with its own baseline where that is what is asked. */
function comparedOf(
  { baseline, outbound, watched }: Scenario,
  figures: readonly Figures[],
  asked: string,
): readonly (readonly Figures[])[] {
  if (baseline !== true) return [figures];
  if (outbound === null && watched === null) return [figures.filter((row) => row.target.endsWith(`, ${asked}`))];
  return figures.flatMap((_, index) => (index % 2 === 0 ? [figures.slice(index, index + 2)] : []));
}

async function compareIdle(scenario: Scenario, originPort: number): Promise<readonly unknown[]> {
  const options = optionsOf(scenario, originPort);
  const starts = startersOf(scenario).map((starter) => () => startOne(starter, options));
  const count = scenario.idleConnections!;
  const figures = await measureIdle(starts, count, Math.min(rounds, idleRoundsMax), scenario.isTls);
  console.log(idleTable(figures));
  return figures;
}

async function profile(scenario: Scenario, originPort: number): Promise<void> {
  const folder = join(scratch, `profile-${scenario.key}`);
  mkdirSync(folder);
  const env = { BUN_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder} --cpu-prof-interval=500` };
  const proxy = await startOne(startSluice, { ...optionsOf(scenario, originPort), env });
  const result = await scenario.drive(proxy.port, seconds * 2, originPort, thinkMs);
  await proxy.stop();
  const table = profileTable(folder, root);
  const title = `# Where a worker's time goes: ${scenario.title}`;
  const how = `Sampled over ${result.requests} requests in ${seconds * 2} s on ${machine()[0]}; repeat with \`npm run bench -- --profile --only ${scenario.key}\`.`;
  mkdirSync(join(root, "docs", "profile"), { recursive: true });
  const path = join("docs", "profile", `${scenario.key}.md`);
  writeFileSync(join(root, path), `${title}\n\n${how}\n\n${table}\n`);
  console.log(`${table}\nwritten to ${path}`);
}

function machine(): string[] {
  const cores = cpus();
  return [
    `${cores.length} x ${cores[0]?.model ?? "unknown CPU"}, ${(totalmem() / 2 ** 30).toFixed(0)} GB, Linux ${release()}`,
    `load average ${readFileSync("/proc/loadavg", "utf8").split(" ").slice(0, 3).join(" ")}; load, origin and proxies share the cores`,
  ];
}

async function versions(): Promise<string> {
  const of = async (name: string, flag = "-v"): Promise<string> =>
    /\d+\.\d+[\w.+-]*/.exec((await run(name, [flag], { timeoutMs: 5000 })).output)?.[0] ?? "?";
  return `haproxy ${await of("haproxy")}, nginx ${await of("nginx")}, Varnish ${await of("varnishd", "-V")}, Bun ${Bun.version}`;
}

async function main(): Promise<boolean> {
  const missing = await prepareForBench();
  if (process.platform !== "linux" || missing.length > 0) {
    console.log(`the bench runs on Linux and needs ${missing.join(", ")}`);
    return false;
  }
  for (const line of [...machine(), await versions()]) console.log(line);
  const wanted = only.split(",");
  const chosen = scenarios.filter(({ key }) => wanted.includes(key));
  certificate = await makeCertificate(scratch);
  const plain = {
    mode: "http",
    workers: 1,
    isHttp2: false,
    isOriginHttp2: false,
    isLogging: false,
    isTracking: false,
    isCaching: false,
    isHooked: false,
    watched: null,
    outbound: null,
    spread: null,
    originPort: 0,
    certificate: null,
  } as const;
  const origin = await startOne(startOrigin, plain);
  const results: Record<string, readonly unknown[]> = {};
  let errors = 0;
  for (const scenario of chosen) {
    console.log(
      `\n(${scenario.key}) ${scenario.title}: ${scenario.connections} connections, ${rounds} rounds of ${seconds} s`,
    );
    if (isProfiling) {
      if (scenario.idleConnections === undefined) await profile(scenario, origin.port);
    } else if (scenario.idleConnections !== undefined) results[scenario.key] = await compareIdle(scenario, origin.port);
    else {
      const figures = await compare(scenario, origin.port);
      errors += figures.reduce((sum, row) => sum + row.errors, 0);
      results[scenario.key] = figures;
    }
  }
  for (const part of parts) {
    if (isProfiling || !wanted.includes(part.key)) continue;
    console.log(`\n(${part.key}) ${part.title}`);
    results[part.key] = await measurePart(part);
  }
  if (json !== null) {
    const report = { machine: machine(), versions: await versions(), rounds, seconds, results };
    writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  }
  if (errors > 0) console.log(`\n${errors} errors: the bench failed`);
  return errors === 0;
}

async function clear(): Promise<void> {
  for (const proxy of [...running]) await proxy.stop();
  rmSync(scratch, { recursive: true, force: true });
}

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => void clear().then(() => process.exit(130)));
const isGood = await main().finally(clear);
process.exit(isGood ? 0 : 1);
