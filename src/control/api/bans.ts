// Bans over the admin interface:
//
//   GET    /api/v1/bans            all of them; ?address=A: those that A lies in; ?find=T: those with T in them, or about the address T;
//                                  ?limit=N: of these, the N that were made last
//   POST   /api/v1/bans            {"address", "for" or "until", "reason", "by", "force"}; answers when workers have been told
//   DELETE /api/v1/bans/ADDRESS    lifts the ban of just this address or block
//
// It knows paths and JSON; what a ban is stands in ban.ts, who is banned in bans.ts.

import { z } from "zod";
import { type Ban, type BanRecord, holds, readBan, readBanBlock, recordOf } from "../ban.ts";
import { type Bans, bansMax } from "../bans.ts";
import { json, notUnderstood, notValid, problem } from "./answer.ts";
import { type Operation, operation, wordedOperation } from "./operation.ts";
import { banAnswer, bansAnswer, banWanted, unbanAnswer } from "./shape/ban.ts";

const path = "/api/v1/bans";

const bansQuery = z.strictObject({
  address: z.string().optional().describe("Only those that this address or block lies in."),
  find: z
    .string()
    .max(200)
    .optional()
    .describe(
      "Only those in whose address, reason, author or node this stands, capitals or not; of an address or block also those that it lies in, and those that lie in it.",
    ),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(bansMax)
    .optional()
    .describe("At most so many, those that were made last. All where it is not said."),
});

export interface BansAnswer {
  /** The one that was made first comes first. */
  readonly bans: readonly BanRecord[];
  /** How many fit, those beyond the limit too. */
  readonly matching: number;
}

export interface BanAnswer {
  readonly ban: BanRecord;
  /** What was said of the same block before. */
  readonly former: BanRecord | null;
}

export interface UnbanAnswer {
  /** As it was. */
  readonly ban: BanRecord;
  /** A wider one that still holds. */
  readonly around: BanRecord | null;
}

/** `nowMs`: wall-clock time. */
export function banOperations(bans: Bans, nowMs: () => number): readonly Operation[] {
  return [
    operation({
      id: "listBans",
      method: "GET",
      path,
      summary: "who is banned",
      tag: "Bans",
      query: bansQuery,
      answers: { 200: { description: "All bans, or those that were asked for.", schema: bansAnswer } },
      handle: ({ query }) => list(query, bans),
    }),
    wordedOperation({
      id: "addBan",
      method: "POST",
      path,
      summary: "give an address or block no service",
      description: "Answered when every worker has been told.",
      tag: "Bans",
      body: banWanted,
      answers: {
        200: { description: "It was banned already: what is said now counts.", schema: banAnswer },
        201: { description: "It is banned.", schema: banAnswer },
        409: { description: "There are as many bans as there can be." },
      },
      handle: ({ body }) => add(body, bans, nowMs()),
    }),
    wordedOperation({
      id: "removeBan",
      method: "DELETE",
      path: `${path}/{address}`,
      hasRest: true,
      summary: "lift a ban",
      tag: "Bans",
      params: { address: "The address or block as it was banned, such as 203.0.113.7 or 10.0.0.0/8." },
      answers: {
        200: { description: "It is lifted; `around` is a wider one that still holds.", schema: unbanAnswer },
        404: { description: "There is no such ban." },
      },
      handle: ({ params }) => remove(params.address!, bans),
    }),
  ];
}

function list({ address, find, limit = bansMax }: z.infer<typeof bansQuery>, bans: Bans): Response {
  const block = address === undefined ? null : readBanBlock(address);
  if (block !== null && !block.ok) return notUnderstood(block.message);
  const fits = find === undefined ? () => true : finderOf(find);
  const found = [...bans.all()].filter((ban) => (block === null || holds(ban.block, block.value)) && fits(ban));
  const shown = found.slice(-limit);
  return json(200, { bans: shown.map(recordOf), matching: found.length } satisfies BansAnswer);
}

/** Who looks for an address means the ban that it falls under, whatever that is called. */
function finderOf(find: string): (ban: Ban) => boolean {
  const text = find.trim().toLowerCase();
  const block = readBanBlock(text);
  return (ban) =>
    [ban.block.text, ban.reason, ban.by, ban.node].some((each) => each.toLowerCase().includes(text)) ||
    (block.ok && (holds(ban.block, block.value) || holds(block.value, ban.block)));
}

async function add(body: Readonly<Record<string, unknown>>, bans: Bans, nowMs: number): Promise<Response> {
  const ban = readBan(body, nowMs);
  if (!ban.ok) return notValid(ban.message);
  const added = bans.add(ban.value);
  if (added === "full")
    return problem(409, `there are ${bansMax} bans, which is the most: ban blocks instead of addresses, or use a list`);
  const trouble = await bans.settled();
  if (trouble !== null) return problem(500, trouble);
  const { former } = added;
  return json(former === null ? 201 : 200, {
    ban: recordOf(added.ban),
    former: recordOrNull(former),
  } satisfies BanAnswer);
}

async function remove(address: string, bans: Bans): Promise<Response> {
  const block = readBanBlock(address);
  if (!block.ok) return notUnderstood(block.message);
  const around = bans.around(block.value);
  const ban = bans.remove(block.value);
  if (ban === null) {
    const of = around === null ? "" : ` by itself, but ${around.block.text} is: unban that`;
    return problem(404, `${block.value.text} is not banned${of}`);
  }
  const trouble = await bans.settled();
  if (trouble !== null) return problem(500, trouble);
  return json(200, { ban: recordOf(ban), around: recordOrNull(around) } satisfies UnbanAnswer);
}

function recordOrNull(ban: Ban | null): BanRecord | null {
  return ban === null ? null : recordOf(ban);
}
