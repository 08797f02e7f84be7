// `npm run cache-suite [-- name …] [--missed]`: plays the public suite of HTTP cache tests against Sluice and against the caches that are
// installed (nginx, Varnish, Squid, Traffic Server, Apache httpd), one after another, and prints the table that stands in docs/CACHING.md.
// What fails is played once more before it counts. `--missed`: what each does not pass, and why.

import { find } from "../../e2e/harness/program.ts";
import { Room } from "../../e2e/harness/room.ts";
import { type Rival, rivals, start, versionOf } from "./rivals.ts";
import { startSluice } from "./setup.ts";
import { type Judged, Suite, sum } from "./suite.ts";

interface Row {
  readonly name: string;
  readonly judged: readonly Judged[];
}

async function play(name: string, begin: (room: Room, origin: string) => Promise<string>): Promise<Row> {
  await using room = new Room();
  const suite = await Suite.start(room);
  const url = await begin(room, suite.address);
  return { name, judged: await suite.playTwice(url) };
}

function told({ name, judged }: Row): string {
  const [required, optimal] = [sum(judged, "required"), sum(judged, "optimal")];
  return `| ${name} | ${required.passed} of ${required.all} | ${optimal.passed} of ${optimal.all} |`;
}

function tellMissed({ name, judged }: Row): void {
  console.log(`\n${name}`);
  for (const { id, kind, detail, isPassed } of judged)
    if (!isPassed && kind !== "check") console.log(`  ${kind.padEnd(8)} ${id}: ${detail}`);
}

async function main(args: readonly string[]): Promise<number> {
  const isTold = args.includes("--missed");
  const names = args.filter((arg) => !arg.startsWith("--")).map((arg) => arg.toLowerCase());
  const all = ["Sluice", ...rivals.map(({ name }) => name)];
  const isAsked = (name: string): boolean => names.length === 0 || names.includes(name.toLowerCase());
  const unknown = names.filter((name) => !all.some((one) => one.toLowerCase() === name));
  if (unknown.length > 0) {
    console.error(`no cache is called ${unknown.join(", ")}; there are ${all.map((name) => `"${name}"`).join(", ")}`);
    return 2;
  }
  const rows: Row[] = [];
  if (isAsked("Sluice")) rows.push(await play("Sluice", async (room, origin) => (await startSluice(room, origin)).url));
  for (const rival of rivals.filter(({ name }) => isAsked(name))) {
    const row = await playRival(rival);
    if (row !== null) rows.push(row);
  }
  console.log("| | required | optimal |\n|---|---|---|");
  for (const row of rows) console.log(told(row));
  if (isTold) rows.forEach(tellMissed);
  return 0;
}

/** Null, with a word about it, where it cannot be played against. */
async function playRival(rival: Rival): Promise<Row | null> {
  if (find(rival.program) === null) {
    console.error(`${rival.name} is not installed`);
    return null;
  }
  const name = `${rival.name} ${await versionOf(rival)}`;
  return play(name, (room, origin) => start(rival, room, origin)).catch((error: Error) => {
    console.error(`${name}: ${error.message}`);
    return null;
  });
}

process.exit(await main(process.argv.slice(2)));
