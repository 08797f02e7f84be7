// The registry over the admin interface:
//
//   GET    /api/v1/registry               where it is, how changes are heard of, our own sentinel, and the sets that are known
//   GET    /api/v1/registry/SET           its members, with lease, drain and what sentinels say
//   POST   /api/v1/registry/SET           {"member"}: puts it in
//   POST   /api/v1/registry/SET/drain     {"member"}: it is given nothing new; /enable takes that back
//   DELETE /api/v1/registry/SET/MEMBER    takes it out
//
// SET and MEMBER are percent-encoded. A member may be written in other words than it stands there: "10.0.0.1:80" is "http://10.0.0.1:80".
// It knows paths and JSON, the registry the rest; registry/steering.ts is shared with the command line, which can go without us.

import { z } from "zod";
import { shownMember } from "../../registry/member.ts";
import type { Registry, RegistryStatus, SetContent } from "../../registry/registry.ts";
import { add, drain, remove, type Steered } from "../../registry/steering.ts";
import type { SentinelStatus } from "../sentinel.ts";
import { type Answer, json, notUnderstood, notValid, problem } from "./answer.ts";
import { type Operation, type OperationAnswer, type WordedCall, wordedOperation } from "./operation.ts";
import { registryAnswer, registryMemberAnswer, setAnswer } from "./shape/registry.ts";

const path = "/api/v1/registry";

export interface RegistryAnswer {
  readonly registry: RegistryStatus;
  readonly sentinel: SentinelStatus | null;
  readonly sets: readonly string[];
}

export interface SetAnswer extends SetContent {
  readonly set: string;
}

/** What was done to a member, as it stands in the set. */
export interface MemberAnswer {
  readonly set: string;
  readonly member: string;
  /** False: it was so before. */
  readonly changed: boolean;
}

export function registryOperations(registry: Registry, sentinel: () => SentinelStatus | null): readonly Operation[] {
  const tag = "Registry";
  const set = "The name of a set, percent-encoded.";
  const body = z.strictObject({ member: z.string().describe('As it stands in the set, or shorter: "10.0.0.1:80".') });
  return [
    wordedOperation({
      ...{ id: "getRegistry", method: "GET", path, tag },
      summary: "where the registry is, its sets, and this Sluice's own sentinel",
      answers: answers("The registry, and the sets that are known.", registryAnswer),
      handle: () => overview(registry, sentinel()),
    }),
    wordedOperation({
      ...{ id: "getRegistrySet", method: "GET", path: `${path}/{set}`, params: { set }, tag },
      summary: "members of a set, with lease, drain and what sentinels say",
      answers: answers("The set.", setAnswer),
      handle: (call) => inSet(call, (name) => show(registry, name)),
    }),
    wordedOperation({
      ...{ id: "addRegistryMember", method: "POST", path: `${path}/{set}`, params: { set }, tag, body },
      summary: "put a member into a set",
      answers: answers("It is there.", registryMemberAnswer),
      handle: (call) => inSet(call, (name) => steer(call.body, registry, name, add)),
    }),
    ...(["drain", "enable"] as const).map((word) =>
      wordedOperation({
        ...{ id: `${word}RegistryMember`, method: "POST", path: `${path}/{set}/${word}`, params: { set }, tag, body },
        summary: word === "drain" ? "give a member nothing new" : "give a member something new again",
        answers: answers("It is so.", registryMemberAnswer),
        handle: (call) =>
          inSet(call, (name) => steer(call.body, registry, name, (...of) => drain(...of, word === "drain"))),
      }),
    ),
    wordedOperation({
      ...{ id: "removeRegistryMember", method: "DELETE", path: `${path}/{set}/{member}`, tag },
      params: { set, member: "The member, percent-encoded, as it stands in the set or shorter." },
      summary: "take a member out of a set",
      answers: answers("It is gone.", registryMemberAnswer),
      handle: (call) => inSet(call, (name) => steered(registry, name, call.params.member!, remove, notUnderstood)),
    }),
  ];
}

function answers(description: string, schema: z.ZodType): Readonly<Record<number, OperationAnswer>> {
  return {
    200: { description, schema },
    404: { description: "There is no such set or member." },
    503: { description: "The registry cannot be asked." },
  };
}

function inSet({ params }: WordedCall, answer: (set: string) => Answer): Answer {
  const { set } = params;
  return isSetName(set) ? answer(set) : problem(404, "a set has a name of 1 to 253 characters, and no more");
}

export function isSetName(text: string | undefined): text is string {
  return text !== undefined && /^[^\0-\x1f]{1,253}$/.test(text);
}

function overview(registry: Registry, sentinel: SentinelStatus | null): Answer {
  return asking(registry, async () => {
    const sets = await registry.sets();
    return json(200, { registry: registry.status(), sentinel, sets } satisfies RegistryAnswer);
  });
}

function show(registry: Registry, set: string): Answer {
  return asking(registry, async () => {
    const { members, size } = await registry.members(set);
    const shown = members.map((each) => ({ ...each, member: shownMember(each.member) }));
    return json(200, { set, members: shown, size } satisfies SetAnswer);
  });
}

type Steering = (registry: Registry, set: string, member: string) => Promise<Steered>;

function steer(body: WordedCall["body"], registry: Registry, set: string, how: Steering): Answer {
  const { member, ...others } = body;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) return notValid(`the key "${unknown.slice(0, 100)}" is not known; there is member`);
  if (typeof member !== "string") return notValid('the key "member" must be a text such as "http://10.0.0.1:80"');
  return steered(registry, set, member, how);
}

/** `refusal`: of what the member is called, which the path or the body says. */
function steered(
  registry: Registry,
  set: string,
  member: string,
  how: Steering,
  refusal: (message: string) => Response = notValid,
): Promise<Response> {
  return asking(registry, async () => {
    const done = await how(registry, set, member);
    if (done.kind === "refused") return refusal(done.message);
    if (done.kind === "missing") return problem(404, done.message);
    return json(200, { set, member: shownMember(done.member), changed: done.isChanged } satisfies MemberAnswer);
  });
}

async function asking(registry: Registry, answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer();
  } catch (error) {
    return problem(503, `the registry at ${registry.status().place} cannot be asked: ${(error as Error).message}`);
  }
}
