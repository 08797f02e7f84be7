// What operators do to a set by hand. They name a member as they know it; it is found in the words that it stands there with, so that
// `drain 10.0.0.1:80` means the "http://10.0.0.1:80" of a sentinel. Rejects where the registry cannot be asked.

import { quote } from "../base/reading.ts";
import { isSame, readMember, shownMember } from "./member.ts";
import type { Registry } from "./registry.ts";

export type Steered =
  /** `member`: as it stands in the set. */
  | { readonly kind: "done"; readonly member: string; readonly isChanged: boolean }
  /** It is not there. */
  | { readonly kind: "missing"; readonly message: string }
  /** It is no member that could be there. */
  | { readonly kind: "refused"; readonly message: string };

export async function add(registry: Registry, set: string, member: string): Promise<Steered> {
  const reading = readMember(member);
  if (!reading.ok)
    return { kind: "refused", message: `the member ${quote(shownMember(member).slice(0, 100))} ${reading.message}` };
  const there = (await namesakes(registry, set, member)).filter((each) => each !== member);
  if (there.length > 0)
    return { kind: "refused", message: `the set ${set} has it as ${there[0]} already: remove that first` };
  return { kind: "done", member, isChanged: await registry.add(set, member) };
}

export async function remove(registry: Registry, set: string, member: string): Promise<Steered> {
  const there = await namesakes(registry, set, member);
  // What is malformed is only itself.
  const exact = there.includes(member) ? [member] : there;
  // Of a very large set not all are shown.
  if (exact.length === 0)
    return (await registry.remove(set, member)) ? { kind: "done", member, isChanged: true } : missing(set, member);
  for (const each of exact) await registry.remove(set, each);
  return { kind: "done", member: exact[0]!, isChanged: true };
}

export async function drain(registry: Registry, set: string, member: string, isDrained: boolean): Promise<Steered> {
  const there = (await namesakes(registry, set, member))[0];
  if (there === undefined && isDrained) return missing(set, member);
  const named = there ?? member;
  return { kind: "done", member: named, isChanged: await registry.drain(set, named, isDrained) };
}

async function namesakes(registry: Registry, set: string, member: string): Promise<string[]> {
  const { members } = await registry.members(set);
  // What is shown with stars in it is known by them.
  const isIt = (there: string): boolean => isSame(there, member) || shownMember(there) === member;
  return members.filter((each) => each.isMember && isIt(each.member)).map((each) => each.member);
}

function missing(set: string, member: string): Steered {
  return { kind: "missing", message: `the set ${set} has no member ${shownMember(member).slice(0, 100)}` };
}
