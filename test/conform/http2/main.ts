// `bun test/conform/http2/main.ts [NAME …]`: the conformance suite of HTTP/2 against Sluice and against other servers that are installed,
// with what each does otherwise than the cases allow. What none of them does may be a mistake of the case.

import { Origin } from "../../e2e/harness/origin.ts";
import { find } from "../../e2e/harness/program.ts";
import { Room } from "../../e2e/harness/room.ts";
import { rivals } from "./rivals.ts";
import { Held, handlerOf, type Stand } from "./stand.ts";
import { judge } from "./vector.ts";
import { vectors } from "./vectors.ts";

async function play(name: string, start: (room: Room, originPort: number) => Promise<number>): Promise<void> {
  await using room = new Room();
  const held = new Held();
  const origin = new Origin(room, handlerOf(held));
  const stand: Stand = { port: await start(room, origin.port), proxyPort: 0, origin };
  const missed: string[] = [];
  const sinceMs = performance.now();
  for (const vector of vectors) {
    const outcome = await judge(room, vector, stand);
    held.release();
    if (!vector.outcome.includes(outcome)) missed.push(`  ${vector.name}\n    ${outcome.slice(0, 300)}`);
  }
  const seconds = ((performance.now() - sinceMs) / 1000).toFixed(1);
  console.log(`${name}: ${vectors.length - missed.length} of ${vectors.length} in ${seconds} s\n${missed.join("\n")}`);
}

const names = process.argv.slice(2);
for (const { name, program, start } of rivals)
  if ((names.length === 0 || names.includes(name.toLowerCase())) && find(program) !== null) await play(name, start);
