// `sluice audit` and `sluice changes`: who asked for which change, and what has changed, the newest first. The first is what people and
// programs wanted of the admin interface, what was refused too; the second what became of Sluice, as its log says it, by itself too. Tables
// for people, or the JSON of the admin interface. Exit code 1 when no Sluice answers.

import type { AuditAnswer, AuditRecord } from "../control/api/shape/audit.ts";
import type { ChangesAnswer } from "../control/api/shape/change.ts";
import type { Writer } from "./check.ts";
import { ask, failureOf, type RemoteOptions, refusalOf } from "./client.ts";
import { printable } from "./printable.ts";
import { table } from "./table.ts";

export interface PastOptions extends RemoteOptions {
  readonly limit: number;
}

export function audit(options: PastOptions, writer: Writer): Promise<number> {
  return past<AuditAnswer>("/api/v1/audit", options, writer, ({ entries }) =>
    entries.length === 0 ? null : auditText(entries),
  );
}

export function changes(options: PastOptions, writer: Writer): Promise<number> {
  return past<ChangesAnswer>("/api/v1/changes", options, writer, ({ changes: all }) => {
    const rows = all.map(({ at, level, text }) => [timeText(at), level, printable(text)]);
    return rows.length === 0 ? null : table(["AT", "LEVEL", "WHAT"], rows, []);
  });
}

/** `textOf`: null where there is nothing. */
async function past<Answer>(
  path: string,
  options: PastOptions,
  writer: Writer,
  textOf: (answer: Answer) => string | null,
): Promise<number> {
  const answer = await ask(options, "GET", `${path}?limit=${options.limit}`);
  const refusal = refusalOf(answer);
  if (refusal !== null || !answer.ok) {
    writer.err(`sluice: ${refusal}`);
    return failureOf(answer);
  }
  const text = textOf(answer.body as Answer); // What our own admin interface answers.
  if (options.json === true) writer.out(JSON.stringify(answer.body, null, 2));
  else if (text !== null) writer.out(text);
  else writer.note("nothing yet");
  return 0;
}

export function auditText(entries: readonly AuditRecord[]): string {
  const rows = entries.map(({ at, actor, peer, method, path, body, status, problem }) => [
    timeText(at),
    actor === peer ? actor : `${actor} at ${peer}`,
    problem === null ? "done" : String(status),
    printable([`${method} ${path}`, body, ...(problem === null ? [] : [`=> ${problem}`])].filter(isSaid).join(" ")),
  ]);
  return table(["AT", "WHO", "CAME OF IT", "WHAT"], rows, []);
}

function isSaid(text: string): boolean {
  return text !== "";
}

/** Without parts of a second. */
function timeText(time: string): string {
  return time.replace(/\.\d+Z$/, "Z");
}
