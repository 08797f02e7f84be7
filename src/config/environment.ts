// The config that GopherProxy's environment stands for (sluice gopherproxy). It is the same object that a file of variables would have
// become, judged by the same front-end; only that problems name a variable instead of a place, and values are taken as they are.

import { judgeForeign } from "./foreign/foreign.ts";
import { gopherVariables } from "./foreign/gopherproxy/gopherproxy.ts";
import type { Loaded } from "./load.ts";
import { noMaterials } from "./materials.ts";
import { keyText, type Problem } from "./problem.ts";
import type { Environment } from "./substitute.ts";

/** Never rejects or throws. */
export function fromEnvironment(environment: Environment): Loaded {
  const tree = Object.fromEntries(gopherVariables.map((name) => [name, literal(environment[name] ?? "")]));
  const judgement = judgeForeign(tree, environment)!; // All of its names are there, empty or not.
  const file = "environment";
  const problems = judgement.findings.map(
    ({ severity, path, message }): Problem => ({
      severity,
      file,
      place: null,
      key: keyText(path),
      message,
      source: null,
    }),
  );
  const { config } = judgement;
  if (config === null) return { ok: false, file, problems, isRead: false };
  const origin = judgement.origin();
  return { ok: true, file, config, materials: noMaterials, lists: {}, folder: ".", warnings: problems, origin };
}

/** A password may hold anything. */
function literal(value: string): string {
  return value.replaceAll("${", () => "$${");
}
