// What a config's file says of its admin interface when the rest of it has errors: commands that look after a Sluice that runs must find it
// then too. It reads files of Sluice's own whose text can be read; what another program's file, or a program, would have said nobody knows.

import { extname } from "node:path";
import { isSection, sectionOf, textOf } from "./section.ts";
import { type Environment, substitute } from "./substitute.ts";
import { readToml } from "./toml.ts";
import { readJson, readYaml } from "./yaml.ts";

export interface AdminSection {
  /** Null where it says none. */
  readonly listen: string | null;
  readonly token: string | null;
}

/** Null when it cannot be told. */
export function adminSectionOf(path: string, text: string, environment: Environment): AdminSection | null {
  const extension = extname(path).toLowerCase();
  const isYaml = extension === ".yaml" || extension === ".yml";
  const reader = isYaml ? readYaml : extension === ".json" ? readJson : extension === ".toml" ? readToml : null;
  const document = reader?.(text.replace(/^\ufeff/, ""));
  if (document?.ok !== true) return null;
  const tree = sectionOf(document.value);
  if (!isSection(tree["listeners"]) || (tree["admin"] !== undefined && !isSection(tree["admin"]))) return null;
  const { value, findings } = substitute(sectionOf(tree["admin"]), environment);
  const of = (key: string): string | null =>
    findings.some(({ path: [at] }) => at === key) ? null : textOf(sectionOf(value)[key]);
  const listen = of("listen");
  // What it says and cannot be read is not what stands there for one that says nothing.
  return listen === null && sectionOf(tree["admin"])["listen"] !== undefined ? null : { listen, token: of("token") };
}
