// /api/v1/rules: every rule with how often its condition held, and its mode, which can be another from now on: a rule is tried out in mode
// observe and enforced when its hits are those that were meant. Likewise the weight of a server. Both are changes of the config in force,
// as if somebody had edited it and reloaded: shown as differences from the file, and written back to it when asked for.

import { z } from "zod";
import { weightMax } from "../../base/address.ts";
import type { Plan } from "../../config/plan.ts";
import type { Totals } from "../../memory/tally.ts";
import type { ConfigService, PatchOperation } from "../configuring/service.ts";
import { type ListedRule, listRules } from "../tuning/listing.ts";
import { pointerOf } from "../tuning/pointer.ts";
import { weighing } from "../tuning/weighing.ts";
import { json, notValid, problem } from "./answer.ts";
import { type Operation, operation } from "./operation.ts";
import { ruleRecord, rulesAnswer, weightAnswer } from "./shape/rule.ts";

export interface RulesParts {
  readonly configuring: Pick<ConfigService, "config" | "configured" | "change">;
  readonly totals: Pick<Totals, "rule">;
  /** In force. */
  readonly plan: () => Plan | null;
  /** Says what was done, and by whom, in the log. */
  readonly note: (text: string) => void;
}

/** Who says so stands in `Call.actor`. */
const by = z.string().max(100).optional().describe("Who wants it so: for the log and the audit log.");
const reason = z.string().max(500).optional().describe("Why, for whoever finds it so later.");

const ruleChange = z.strictObject({
  mode: z.enum(["off", "observe", "enforce"]).describe("From now on."),
  name: z
    .string()
    .optional()
    .describe("The rule's name: refused (409) where another rule has come to stand in its place."),
  by,
  reason,
});

const serverChange = z.strictObject({
  weight: z
    .int()
    .min(0)
    .max(weightMax)
    .describe(
      "Its share against the others', from now on. With 0 it gets no new clients, and keeps those whose cookie or table entry names it.",
    ),
  by,
  reason,
});

export function ruleOperations(parts: RulesParts): readonly Operation[] {
  return [listing(parts), switching(parts), weighting(parts)];
}

function listing(parts: RulesParts): Operation {
  return operation({
    id: "listRules",
    method: "GET",
    path: "/api/v1/rules",
    summary: "Every rule: where it stands, its mode, what it asks and does, and how often its condition held",
    description:
      "In the order of the config, those that are off too. Hits are counted in mode observe as in mode enforce.",
    tag: "Rules",
    answers: { 200: { description: "The rules.", schema: rulesAnswer } },
    handle: () => json(200, { rules: listed(parts).map(({ record }) => record) }),
  });
}

function switching(parts: RulesParts): Operation {
  return operation({
    id: "changeRule",
    method: "PATCH",
    path: "/api/v1/rules/{id}",
    summary: "Set the mode of a rule: off, observe or enforce",
    description: "Until the next reload, unless it is written to the file (POST /api/v1/config/write).",
    tag: "Rules",
    params: { id: 'Where the rule stands in the config, as the list tells: "listeners.web.rules[2]".' },
    body: ruleChange,
    answers: {
      200: { description: "The rule as it is now.", schema: ruleRecord },
      404: { description: "There is no such rule." },
      409: { description: "Another rule stands there, or another change is under way." },
    },
    handle: async ({ params, body, actor }) => {
      const found = find(parts, params["id"]!);
      if (found === undefined) return problem(404, missing(parts, params["id"]!));
      const { record, path } = found;
      if (body.name !== undefined && body.name !== record.name)
        return problem(409, `the rule at ${record.id} is ${record.name} now, not ${body.name}: list the rules again`);
      if (body.mode === record.mode) return json(200, record);
      const refusal = await changed(parts, { op: "add", path: pointerOf([...path, "mode"]), value: body.mode });
      if (refusal !== null) return refusal;
      parts.note(`rule ${record.name} (${record.id}) is set to ${body.mode}${from(actor, body.reason)}`);
      return json(200, find(parts, record.id)?.record ?? { ...record, mode: body.mode });
    },
  });
}

function weighting(parts: RulesParts): Operation {
  return operation({
    id: "changeServer",
    method: "PATCH",
    path: "/api/v1/pools/{pool}/servers/{server}",
    summary: "Set the weight of a server",
    description: "Until the next reload, unless it is written to the file (POST /api/v1/config/write).",
    tag: "Pools",
    params: { pool: "The name of a pool.", server: "The name of one of its servers, as the status tells it." },
    body: serverChange,
    answers: {
      200: { description: "Its weight as it is now.", schema: weightAnswer },
      404: { description: "There is no such pool or server." },
      409: { description: "The server is one that a source has told of, or another change is under way." },
    },
    handle: async ({ params, body, actor }) => {
      const { pool, server } = params as { pool: string; server: string };
      const known = parts.plan()?.pools.find(({ name }) => name === pool);
      if (known === undefined) return problem(404, `there is no pool ${pool}`);
      const found = known.servers.find(({ name }) => name === server);
      if (found === undefined)
        return problem(404, `pool ${pool} has no server ${server}; it has ${names(known.servers)}`);
      const { weight } = body;
      if (found.weight === weight) return json(200, { pool, server, weight });
      const patch = weighing(parts.configuring.config, pool, server, weight);
      if (patch === null)
        return problem(
          409,
          `server ${server} is not in the config: its source says its weight, and has to say another`,
        );
      const refusal = await changed(parts, patch);
      if (refusal !== null) return refusal;
      parts.note(`server ${pool}/${server} has weight ${weight}, formerly ${found.weight}${from(actor, body.reason)}`);
      return json(200, { pool, server, weight });
    },
  });
}

function listed({ configuring, totals, plan }: RulesParts): ListedRule[] {
  const { config, configured } = configuring;
  return listRules({ config, configured, plan: plan(), hitsOf: (slot) => totals.rule(slot) });
}

function find(parts: RulesParts, id: string): ListedRule | undefined {
  return listed(parts).find(({ record }) => record.id === id);
}

function missing(parts: RulesParts, id: string): string {
  const all = listed(parts);
  if (all.length === 0) return `there is no rule ${id}: the config has none`;
  // People know rules by their names.
  const named = all.filter(({ record }) => record.name === id).map(({ record }) => record.id);
  return `there is no rule ${id}${named.length === 0 ? "; GET /api/v1/rules lists them" : `; the rule of that name is ${named.join(", ")}`}`;
}

const namesMax = 20;

function names(servers: readonly { readonly name: string }[]): string {
  const shown = servers.slice(0, namesMax).map(({ name }) => name);
  return `${shown.join(", ")}${servers.length > namesMax ? ` and ${servers.length - namesMax} more` : ""}`;
}

/** Null when it is done. */
async function changed({ configuring }: RulesParts, patch: PatchOperation): Promise<Response | null> {
  const outcome = await configuring.change({ kind: "operations", operations: [patch] });
  if (!outcome.ok) return problem(outcome.status, outcome.message);
  return outcome.answer.successful ? null : notValid(outcome.answer.problems.join("; "));
}

function from(actor: string, reason: string | undefined): string {
  return ` by ${actor}${reason === undefined || reason.trim() === "" ? "" : `: ${reason.trim()}`}`;
}
