// `npm run load -- smoke|load|spike|sustained|all`: the scenarios of deploy/k6 without k6 (docs/LOAD.md).
//
//   --url URL            a proxy that runs; without it three variants of one that is started here
//   --limiter on|off     only variants with it; with --url, whether 429 is an answer as documented (on) or a failure (off)
//   --sources N          as many source addresses, out of 127.0.0.0/8
//   --duration-scale S   every stage S times as long; 0.1 makes smoke 3 s
//   --out FOLDER         for k6-results-SCENARIO.json, here otherwise      --json     the results on stdout, instead of tables
//   --write FILE         put the tables into the marked section of a page  --no-redis without Redis, even where there is one
//
// Ends with 0 when all thresholds have passed, 1 when one has not, 2 when it is not understood.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { type Asked, readWords, usage, type Variant, variantsOf } from "./asked.ts";
import { type Course, courseOf } from "./course.ts";
import { runCrowd } from "./crowd.ts";
import type { Target } from "./line.ts";
import { Progress } from "./progress.ts";
import { isPassed, type Result, reportOf } from "./report.ts";
import { sectionOf, withResults } from "./section.ts";
import { Stand } from "./stand.ts";
import { metricsOf, summaryOf } from "./summary.ts";
import { judge } from "./threshold.ts";

async function runOne(course: Course, variant: Variant, target: Target, cpuUs: () => number | null): Promise<Result> {
  const { label, isLimited } = variant;
  const progress = new Progress(course, label, process.stderr.isTTY, (text) => void process.stderr.write(text));
  const sources = variant.sources ?? course.usersMax * addressesEach;
  const before = cpuUs();
  const outcome = await runCrowd({ course, target, sources, isLimited }, (glance) => progress.see(glance));
  const after = cpuUs();
  progress.end();
  const metrics = metricsOf(outcome);
  const verdicts = judge(metrics, course.thresholds(isLimited));
  const proxyCpuUs = before === null || after === null ? null : after - before;
  return { label, outcome, summary: summaryOf(outcome, metrics, verdicts), verdicts, proxyCpuUs };
}

/** Of a user: with ten requests a second in turn from six addresses each stays below two a second. */
const addressesEach = 6;

async function runAgainst(url: URL, course: Course, variant: Variant): Promise<Result> {
  return runOne(course, variant, targetOf(url), () => null);
}

async function runOwn(stand: Stand, course: Course, variant: Variant): Promise<Result> {
  // A new one for each variant: it has counted nobody yet.
  const proxy = await stand.startProxy(variant.isLimited);
  try {
    const target = targetOf(new URL(`http://127.0.0.1:${proxy.port}/`));
    return await runOne(course, variant, target, () => (process.platform === "linux" ? proxy.cpuUs() : null));
  } finally {
    await proxy.stop();
  }
}

function targetOf(url: URL): Target {
  const head = `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nUser-Agent: sluice-load\r\nAccept: */*\r\n\r\n`;
  // An IPv6 address stands in brackets there.
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  return { hostname, port: Number(url.port || 80), request: Buffer.from(head) };
}

function writeResult(asked: Asked, course: Course, result: Result, key: string): void {
  mkdirSync(asked.out, { recursive: true });
  const path = join(asked.out, `k6-results-${course.name}${key}.json`);
  writeFileSync(path, `${JSON.stringify(result.summary, null, 2)}\n`);
}

async function run(asked: Asked): Promise<boolean> {
  const about = machine();
  const stand = asked.url === null ? await Stand.start(asked.isRedis) : null;
  const results: Result[] = [];
  const reports: string[] = [];
  const stop = (): void => void stand?.[Symbol.asyncDispose]().then(() => process.exit(130));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, stand === null ? () => process.exit(130) : stop);
  try {
    for (const name of asked.scenarios) {
      const course = courseOf(name, asked.scale);
      const own: Result[] = [];
      for (const variant of variantsOf(asked)) {
        const result =
          stand === null ? await runAgainst(asked.url!, course, variant) : await runOwn(stand, course, variant);
        own.push(result);
        writeResult(asked, course, result, variant.key);
      }
      const report = reportOf(own, asked.scale);
      if (!asked.isJson) console.log(`${report}\n`);
      reports.push(report);
      results.push(...own);
    }
  } finally {
    await stand?.[Symbol.asyncDispose]();
  }
  if (asked.isJson) console.log(JSON.stringify(results.map(spoken), null, 2));
  if (asked.page !== null) {
    const what = stand === null ? `a proxy at ${asked.url!.host}` : stand.text;
    const section = sectionOf(reports, [...about, `What was asked: ${what}.`]);
    writeFileSync(asked.page, withResults(readFileSync(asked.page, "utf8"), section));
  }
  return results.every(isPassed);
}

function spoken(result: Result): object {
  const { label, outcome, summary, verdicts, proxyCpuUs } = result;
  return { scenario: outcome.course.name, variant: label, isPassed: isPassed(result), verdicts, proxyCpuUs, summary };
}

/** Asked for before the runs: the load average is what else there is to do. */
function machine(): string[] {
  const cores = cpus();
  const model = cores[0]?.model ?? "unknown CPU";
  return [
    `${cores.length} x ${model}, ${(totalmem() / 2 ** 30).toFixed(0)} GB, ${process.platform} ${release()}, Bun ${Bun.version};`,
    `generator, proxy and servers share the cores; load average before ${loadavg()[0]!.toFixed(2)}. ${new Date().toISOString().slice(0, 10)}.`,
  ];
}

const reading = readWords(process.argv.slice(2));
if (!reading.ok) {
  console.error(`load: ${reading.problem}\n\n${usage}`);
  process.exit(2);
}
try {
  process.exit((await run(reading.asked)) ? 0 : 1);
} catch (error) {
  console.error(`load: ${(error as Error).message}`);
  process.exit(1);
}
