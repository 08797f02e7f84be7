// `sluice ban`, `unban` and `bans`: who gets no service, and until when. Bans of the running Sluice hold for all its listeners and
// workers when the command ends, and are kept over restarts. Without an end a ban lasts until it is lifted, and that is said.

import { formatDuration } from "../base/duration.ts";
import type { BanAnswer, BansAnswer, UnbanAnswer } from "../control/api/bans.ts";
import { type BanRecord, readBan } from "../control/ban.ts";
import type { Writer } from "./check.ts";
import { type Answer, ask, failureOf, type RemoteOptions, refusalOf } from "./client.ts";
import { table } from "./table.ts";
import { whoAsks } from "./whoasks.ts";

const USAGE_ERROR = 2;
const path = "/api/v1/bans";

export interface BanOptions extends RemoteOptions {
  readonly for?: string;
  readonly until?: string;
  readonly reason?: string;
  readonly force?: boolean;
}

export async function ban(address: string, options: BanOptions, writer: Writer): Promise<number> {
  const { for: length, until, reason, force } = options;
  const asked = {
    address,
    ...(length === undefined ? {} : { for: length }),
    ...(until === undefined ? {} : { until }),
    ...(reason === undefined ? {} : { reason }),
    ...(force === undefined ? {} : { force }),
    by: whoAsks(),
  };
  // What Sluice would refuse anyway is told in the words of the command line.
  const reading = readBan(asked, Date.now());
  if (!reading.ok) {
    const words = { '"for"': "--for", '"until"': "--until", '"reason"': "--reason", '"force"': "--force" };
    const message = reading.message.replace(/"(for|until|reason|force)"/g, (word) => words[word as keyof typeof words]);
    writer.err(`sluice: ${message}`);
    return USAGE_ERROR;
  }
  const answer = await ask(options, "POST", path, asked);
  const refusal = refusalOf(answer);
  if (refusal !== null || !answer.ok) return failed(refusal, writer, answer);
  const body = answer.body as BanAnswer; // What our own admin interface answers.
  writer.out(options.json === true ? JSON.stringify(body, null, 2) : banText(body));
  return 0;
}

export async function unban(address: string, options: RemoteOptions, writer: Writer): Promise<number> {
  const answer = await ask(options, "DELETE", `${path}/${encodeURIComponent(address)}`);
  const refusal = refusalOf(answer);
  if (refusal !== null || !answer.ok) return failed(refusal, writer, answer);
  const body = answer.body as UnbanAnswer;
  if (options.json === true) writer.out(JSON.stringify(body, null, 2));
  else {
    const still = body.around === null ? "" : `, but it lies in ${body.around.address}, which still is`;
    writer.out(`${body.ban.address} is banned no more${still}`);
  }
  return 0;
}

/** `address`: only those that it lies in; exit code 1 when there are none. */
export async function bans(address: string | undefined, options: RemoteOptions, writer: Writer): Promise<number> {
  const query = address === undefined ? "" : `?${new URLSearchParams({ address })}`;
  const answer = await ask(options, "GET", `${path}${query}`);
  const refusal = refusalOf(answer);
  if (refusal !== null || !answer.ok) return failed(refusal, writer, answer);
  const { bans: found } = answer.body as BansAnswer;
  if (options.json === true) writer.out(JSON.stringify(answer.body, null, 2));
  else if (found.length > 0) writer.out(bansText(found, Date.now()));
  else writer.note(address === undefined ? "nobody is banned" : `${address} is not banned`);
  return address !== undefined && found.length === 0 ? 1 : 0;
}

function banText({ ban: { address, until }, former }: BanAnswer): string {
  const end = until === null ? `until \`sluice unban ${address}\`` : `until ${timeText(until)}`;
  if (former === null) return `${address} is banned ${end}`;
  const before = former.until === null ? "without an end" : `until ${timeText(former.until)}`;
  return `${address} is banned ${end}; before, it was ${before}`;
}

export function bansText(bans: readonly BanRecord[], nowMs: number): string {
  const isOfFleet = bans.some(({ node }) => node !== undefined);
  const rows = bans.map(({ address, reason, by, node, since, until }) => [
    address,
    until === null ? "-" : timeText(until),
    until === null ? "-" : leftText(Date.parse(until) - nowMs),
    timeText(since),
    by === "" ? "-" : by,
    ...(isOfFleet ? [node ?? "-"] : []),
    reason,
  ]);
  return table(["ADDRESS", "UNTIL", "LEFT", "SINCE", "BY", ...(isOfFleet ? ["NODE"] : []), "REASON"], rows, [2]);
}

/** In whole seconds: who looks at bans waits for none in milliseconds. */
function leftText(leftMs: number): string {
  return formatDuration(Math.max(0, Math.round(leftMs / 1000)) * 1000);
}

function timeText(iso: string): string {
  return iso.replace(/\.\d+Z$/, "Z");
}

function failed(refusal: string | null, writer: Writer, answer: Answer): number {
  writer.err(`sluice: ${refusal}`);
  return failureOf(answer);
}
