// `sluice lists`: the lists of a running Sluice, how many entries each has, from which file and since when, and what is wrong with a
// file that is not in force as it is now. A table for people, or the JSON of the admin interface. Exit code 1 when no Sluice
// answers.

import type { ListSummary, ListsAnswer } from "../control/api/lists.ts";
import type { Writer } from "./check.ts";
import { ask, errorOf, type RemoteOptions } from "./client.ts";
import { table } from "./table.ts";

export async function lists(options: RemoteOptions, writer: Writer): Promise<number> {
  const answer = await ask(options, "GET", "/api/v1/lists");
  const refusal = answer.ok ? errorOf(answer.body) : answer.message;
  if (refusal !== null || !answer.ok) {
    writer.err(`sluice: ${refusal}`);
    return 1;
  }
  const found = answer.body as ListsAnswer; // What our own admin interface answers.
  writer.out(options.json === true ? JSON.stringify(found, null, 2) : listsText(found));
  return 0;
}

export function listsText({ lists: all }: ListsAnswer): string {
  if (all.length === 0) return "the config has no lists";
  const rows = all.map(({ name, kind, entries, file, loaded, problem }) => [
    name,
    kind,
    String(entries),
    loaded.replace(/\.\d+Z$/, "Z"),
    problem === null ? "ok" : "OUTDATED",
    file ?? "(in the config)",
  ]);
  const text = table(["LIST", "KIND", "ENTRIES", "LOADED", "STATE", "FILE"], rows, [2]);
  const troubles = all.flatMap(troubleOf);
  return troubles.length === 0 ? text : [text, "", "not as they should be:", ...troubles].join("\n");
}

function troubleOf({ name, problem }: ListSummary): string[] {
  return problem === null ? [] : [`  list ${name}:`, ...problem.lines.map((line) => `    ${line}`)];
}
