// /api/v1/config and /api/v1/reload: the config in force, what another would change, and how it is put in force: the file again, or a patch of
// what is in force. Each can be tried first (?dry=true), and be given a time in which it has to be confirmed (?confirm=60s). What is wrong
// with a config is no refusal of the request: the answer (422) says all of it, and the old plan stays.

import { z } from "zod";
import { readDuration } from "../../base/duration.ts";
import type { Changed, ChangeOptions, ConfigPatch, ConfigService, PatchOperation } from "../configuring/service.ts";
import { json, notValid, problem } from "./answer.ts";
import { type Operation, operation } from "./operation.ts";
import { configAnswer, confirmedAnswer, reloadAnswer, unwrittenAnswer, writeAnswer } from "./shape/config.ts";

const confirmMsMin = 1000;
const confirmMsMax = 86_400_000;
const patchBytesMax = 1024 * 1024;
const mergeType = "application/merge-patch+json";
const operationsType = "application/json-patch+json";

const dry = z.enum(["true", "false"]).optional().describe("true: only say what it would do.");
const confirm = z
  .string()
  .check(({ value, issues }) => {
    const reading = readDuration(value);
    const isGood = reading.ok && reading.value >= confirmMsMin && reading.value <= confirmMsMax;
    if (!isGood)
      issues.push({ code: "custom", message: 'must be a duration from 1s to 24h, such as "60s"', input: value });
  })
  .optional()
  .describe("It is rolled back after so long, unless it is confirmed before: 60s.");
const options = z.strictObject({ dry, confirm });

const path = z.string().describe('Where in the config, as a JSON pointer: "/pools/app/retries".');
const said = "What is to be done (RFC 6902).";
const patchOperation = z.discriminatedUnion("op", [
  z.strictObject({
    ...{ op: z.enum(["add", "replace", "test"]).describe(said), path },
    value: z.unknown().describe("What is to stand there, or is asked to."),
  }),
  z.strictObject({ op: z.literal("remove").describe(said), path }),
  z.strictObject({
    ...{ op: z.enum(["move", "copy"]).describe(said), path },
    from: z.string().describe("Where it stands now, as a JSON pointer."),
  }),
]);
const patchBody = z
  .union([z.array(patchOperation), z.record(z.string(), z.unknown())])
  .describe(`A list of operations (${operationsType}), or a section of what is to be merged (${mergeType}).`);

const waits = "Another change waits to be confirmed, or there is nothing that could be changed now.";
const wrong = { description: "Something is wrong with it: the old plan stays.", schema: reloadAnswer };

export function configOperations(config: ConfigService): readonly Operation[] {
  return [...reading(config), ...changing(config), ...reloading(config)];
}

function reading(config: ConfigService): readonly Operation[] {
  return [
    operation({
      id: "getConfig",
      method: "GET",
      path: "/api/v1/config",
      summary: "the config in force, with every default filled in, and what of it is not in the file",
      description: "Secrets are (redacted).",
      tag: "Config",
      answers: { 200: { description: "The config.", schema: configAnswer } },
      handle: () => json(200, config.describe()),
    }),
  ];
}

function changing(config: ConfigService): readonly Operation[] {
  return [
    operation({
      id: "patchConfig",
      method: "PATCH",
      path: "/api/v1/config",
      summary: "change the config in force, as if the file said so",
      description:
        "A merge patch (RFC 7396) or operations (RFC 6902) on the config as GET gives it; (redacted) sent back is the secret that is there. Lost by the next reload, unless it is written (POST /api/v1/config/write).",
      tag: "Config",
      query: options,
      body: patchBody,
      bodyTypes: [mergeType, operationsType],
      bodyBytesMax: patchBytesMax,
      answers: {
        200: { description: "It is in force, or would be.", schema: reloadAnswer },
        409: { description: waits },
        422: wrong,
      },
      handle: async ({ request, query, body }) => {
        const patch = patchOf(request, body);
        if (typeof patch === "string") return notValid(patch);
        return answered(await config.change(patch, optionsOf(query)));
      },
    }),
    operation({
      id: "writeConfig",
      method: "POST",
      path: "/api/v1/config/write",
      summary: "write what was changed over the API to the config file; what was in it is kept beside it, as FILE.bak",
      description:
        "YAML keeps its comments, TOML where the change has a place in the text. TypeScript and configs of other programs are not written: byHand says what to change.",
      tag: "Config",
      answers: {
        200: { description: "The file says what is in force.", schema: writeAnswer },
        409: {
          description: "The file has changed meanwhile, or a change waits to be confirmed.",
          schema: unwrittenAnswer,
        },
        422: { description: "It cannot be written; what to change by hand.", schema: unwrittenAnswer },
      },
      handle: async () => {
        const written = await config.write();
        if (written.ok) return json(200, written.answer);
        return json(written.status, { error: written.message, byHand: written.byHand });
      },
    }),
  ];
}

function reloading(config: ConfigService): readonly Operation[] {
  return [
    operation({
      id: "reload",
      method: "POST",
      path: "/api/v1/reload",
      summary: "load the config file again",
      tag: "Config",
      query: options,
      answers: {
        200: { description: "It is in force, or would be.", schema: reloadAnswer },
        409: { description: waits },
        422: wrong,
      },
      handle: async ({ query }) => answered(await config.reload(optionsOf(query))),
    }),
    operation({
      id: "confirmReload",
      method: "POST",
      path: "/api/v1/reload/confirm",
      summary: "say that all is well: what waits to be confirmed stays in force",
      tag: "Config",
      answers: {
        200: { description: "It stays.", schema: confirmedAnswer },
        409: { description: "Nothing waits to be confirmed." },
      },
      handle: () => {
        const done = config.confirm();
        return done.ok ? json(200, { confirmed: true }) : problem(done.status, done.message);
      },
    }),
    operation({
      id: "rollbackReload",
      method: "POST",
      path: "/api/v1/reload/rollback",
      summary: "put in force again what was before the change that waits to be confirmed",
      tag: "Config",
      answers: {
        200: { description: "It is in force again.", schema: reloadAnswer },
        409: { description: "Nothing waits to be confirmed." },
        422: { description: "It could not be put in force, and is tried again.", schema: reloadAnswer },
      },
      handle: async () => answered(await config.rollback()),
    }),
  ];
}

function answered(changed: Changed): Response {
  if (!changed.ok) return problem(changed.status, changed.message);
  return json(changed.answer.successful ? 200 : 422, changed.answer);
}

function optionsOf({ dry: isDry, confirm: within }: z.infer<typeof options>): ChangeOptions {
  const reading = within === undefined ? null : readDuration(within);
  return { isDryRun: isDry === "true", confirmMs: reading?.ok === true ? reading.value : null };
}

/** A sentence where type and body do not fit each other. */
function patchOf(request: Request, body: z.infer<typeof patchBody>): ConfigPatch | string {
  const isOperations = (request.headers.get("content-type") ?? "").toLowerCase().startsWith(operationsType);
  if (isOperations !== Array.isArray(body))
    return isOperations ? "operations are a list" : "a merge patch is a section, with the keys that are to change";
  // As the schema has read it.
  return isOperations ? { kind: "operations", operations: body as PatchOperation[] } : { kind: "merge", patch: body };
}
