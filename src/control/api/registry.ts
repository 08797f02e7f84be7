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

import type { Registry, RegistryStatus, SetContent } from "../../registry/registry.ts";
import { add, drain, remove, type Steered } from "../../registry/steering.ts";
import type { SentinelStatus } from "../sentinel.ts";
import { type Answer, bodyOf, byMethod, decoded, json, only, problem, type Routes } from "./answer.ts";

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

export function registryRoutes(registry: Registry, sentinel: () => SentinelStatus | null): Routes {
  return (request, asked) => {
    if (asked !== path && !asked.startsWith(`${path}/`)) return null;
    if (asked === path) return only(request, "GET", () => overview(registry, sentinel()));
    const parts = asked.slice(path.length + 1).split("/");
    const [set, last, ...more] = parts.map((part) => decoded(part));
    if (set === null || last === null) return problem(400, "the path is not percent-encoded as it should be");
    if (!isSetName(set) || more.length > 0) return problem(404, "a set has a name of 1 to 253 characters, and no more");
    if (last === undefined)
      return byMethod(request, { GET: () => show(registry, set), POST: () => steer(request, registry, set, add) });
    if (request.method === "POST" && (last === "drain" || last === "enable"))
      return steer(request, registry, set, (...words) => drain(...words, last === "drain"));
    return only(request, "DELETE", () => steered(registry, set, last, remove));
  };
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
  return asking(registry, async () => json(200, { set, ...(await registry.members(set)) } satisfies SetAnswer));
}

type Steering = (registry: Registry, set: string, member: string) => Promise<Steered>;

async function steer(request: Request, registry: Registry, set: string, how: Steering): Promise<Response> {
  const body = await bodyOf(request);
  if (body instanceof Response) return body;
  const { member, ...others } = body;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) return problem(422, `the key "${unknown.slice(0, 100)}" is not known; there is member`);
  if (typeof member !== "string") return problem(422, 'the key "member" must be a text such as "http://10.0.0.1:80"');
  return steered(registry, set, member, how);
}

function steered(registry: Registry, set: string, member: string, how: Steering): Promise<Response> {
  return asking(registry, async () => {
    const done = await how(registry, set, member);
    if (done.kind === "refused") return problem(422, done.message);
    if (done.kind === "missing") return problem(404, done.message);
    return json(200, { set, member: done.member, changed: done.isChanged } satisfies MemberAnswer);
  });
}

async function asking(registry: Registry, answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer();
  } catch (error) {
    return problem(503, `the registry at ${registry.status().place} cannot be asked: ${(error as Error).message}`);
  }
}
