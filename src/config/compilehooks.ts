// Hooks as the plan has them: which there are, and what holds for them. Their functions go another way (loadbundle.ts): a plan is
// plain JSON.

import { compileReply } from "./compilereply.ts";
import { type HookOwner, hooksFor } from "./hookfunctions.ts";
import type { Materials, Program } from "./materials.ts";
import { bytes, defined, ms } from "./measure.ts";
import type { HooksPlan, ProgramPlan } from "./plan.ts";
import type { Config, HookOptions } from "./types.ts";

const failedStatus = 500;

export function compileProgram(program: Program | null): ProgramPlan | null {
  return program === null ? null : { path: program.path, digest: program.digest };
}

export function compileHooks(
  owner: HookOwner,
  name: string,
  own: HookOptions,
  config: Config,
  materials: Materials,
): HooksPlan | null {
  const names = materials.program?.names[owner][name] ?? [];
  if (names.length === 0) return null;
  const { budget, failure, maxBody, tooLarge } = { ...config.hooks, ...defined(own) };
  const isAnswer = failure !== undefined && failure !== "pass";
  return {
    names: hooksFor(owner).filter((each) => names.includes(each)),
    budgetMs: ms(budget),
    failure: isAnswer ? compileReply(failure, failedStatus, materials, 0) : (failure ?? null),
    bodyBytesMax: bytes(maxBody),
    tooLarge,
  };
}
