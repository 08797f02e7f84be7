// How large a pool's board is. By the number of its members, rounded up to a power of 2, and by what is kept of each: so that only a
// pool that doubles has another shape, into which the former is carried. So it is with users, who are known too: each of those who have a
// quota has a record, and some are spare, for those who were taken out of a list go only when another list comes. Keys of sessions nobody
// knows beforehand. Room that is not used costs nothing (layout.ts), so it is given by how many can be of use, and bounded by what one
// file, and one look at everything, can bear.

import type { EgressPlan } from "../../config/plan.ts";
import type { EgressShape } from "../egress.ts";
import { powerOf2 } from "./layout.ts";

/** A pool of three proxies has as many targets as one of fifty. */
const membersMin = 64;
/** Hosts that a member is judged or paced at, at the same time; each takes 168 bytes once it is there. */
const pairsPerMember = 16;
const [pairsMin, pairsMax] = [4096, 2 ** 17];
/** Targets, over all members: more of them with more members, but thousands at most are asked at the same time. */
const hostsPerMember = 1;
const [hostsMin, hostsMax] = [1024, 16_384];
/** A member has few clients at a time, or it is soon known for what it is; a handful of proxies may serve many. */
const sessionsPerMember = 4;
const sessionsMin = 65_536;
/** Where sessions do not end, and so nothing is kept of them. */
const sessionsUnused = 2048;
const usersMin = 1024;
const sparePerUser = 0.25;
/** 100 MB, which a quota of 400,000 users comes to (config/egressusers.ts). */
const usersMax = 2 ** 19;
/** 13 hosts, keys and reasons for each of 300 members: a quarter of a megabyte. */
const textsPerMember = 8;
const textsMin = 4096;
/** Of sessions, 40 MB when full; and of texts, 64 bytes each. */
const recordsMax = 2 ** 18;
const textsMax = 2 ** 20;

export function egressShape(plan: Pick<EgressPlan, "members" | "history" | "session" | "users">): EgressShape {
  const members = powerOf2(Math.max(plan.members.length, membersMin));
  const { entriesMax, changesMax } = plan.history;
  const users = powerOf2(Math.min(Math.max(Math.ceil(plan.users * (1 + sparePerUser)), usersMin), usersMax));
  const isEnding = (plan.session?.lifetimeMs ?? 0) > 0;
  const within = (per: number, least: number, most: number): number => Math.min(Math.max(per * members, least), most);
  return {
    ...{ members, entriesMax, changesMax, users },
    pairs: within(pairsPerMember, pairsMin, pairsMax),
    hosts: within(hostsPerMember, hostsMin, hostsMax),
    sessions: isEnding ? within(sessionsPerMember, sessionsMin, recordsMax) : sessionsUnused,
    texts: within(textsPerMember, textsMin, textsMax),
  };
}
