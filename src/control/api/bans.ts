// Bans over the admin interface:
//
//   GET    /api/v1/bans            all of them; ?address=A: those that A lies in
//   POST   /api/v1/bans            {"address", "for" or "until", "reason", "by", "force"}; answers when workers have been told
//   DELETE /api/v1/bans/ADDRESS    lifts the ban of just this address or block
//
// It knows paths and JSON; what a ban is stands in ban.ts, who is banned in bans.ts.

import { type Ban, type BanRecord, holds, readBan, readBanBlock, recordOf } from "../ban.ts";
import { type Bans, bansMax } from "../bans.ts";
import { bodyOf, byMethod, decoded, json, only, problem, type Routes } from "./answer.ts";

const path = "/api/v1/bans";

export interface BansAnswer {
  readonly bans: readonly BanRecord[];
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
export function banRoutes(bans: Bans, nowMs: () => number): Routes {
  return (request, asked) => {
    if (asked === path)
      return byMethod(request, { GET: () => list(request, bans), POST: () => add(request, bans, nowMs()) });
    if (!asked.startsWith(`${path}/`)) return null;
    const address = decoded(asked.slice(path.length + 1));
    if (address === null) return problem(400, "the path is not percent-encoded as it should be");
    return only(request, "DELETE", () => remove(address, bans));
  };
}

function list(request: Request, bans: Bans): Response {
  const address = new URL(request.url).searchParams.get("address");
  if (address === null) return json(200, { bans: [...bans.all()].map(recordOf) } satisfies BansAnswer);
  const block = readBanBlock(address);
  if (!block.ok) return problem(400, block.message);
  const found = [...bans.all()].filter((ban) => holds(ban.block, block.value));
  return json(200, { bans: found.map(recordOf) } satisfies BansAnswer);
}

async function add(request: Request, bans: Bans, nowMs: number): Promise<Response> {
  const body = await bodyOf(request);
  if (body instanceof Response) return body;
  const ban = readBan(body, nowMs);
  if (!ban.ok) return problem(422, ban.message);
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
  if (!block.ok) return problem(400, block.message);
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
