// `sluice goproxy`: in the place of goproxy, which is started without a word and looks for its cfg.toml in two folders. The first
// one found counts, and is told; what it says is for run to find out.

import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { run } from "./run.ts";
import { terminal } from "./writer.ts";

const name = "cfg.toml";
/** In goproxy's order; the second starts where the command was given. */
const folders: readonly string[] = ["/etc/proxy", "config"];
const USAGE_ERROR = 2;

export async function goproxy(options: { readonly freshTables?: boolean }): Promise<void> {
  const [found, ...others] = configsIn(folders);
  if (found === undefined) {
    terminal.err(`error: there is no cfg.toml: it is looked for in ${folders.map(shown).join(" and ")}`);
    terminal.err("(sluice run -c FILE runs one that is elsewhere)");
    process.exitCode = USAGE_ERROR;
    return;
  }
  const passedOver = others.length === 0 ? "" : `; ${others.map(shownFile).join(", ")} is passed over`;
  terminal.err(`goproxy: ${shownFile(found)} is taken${passedOver}`);
  return run({ config: found, ...options });
}

/** The files that are there, in the order of the folders. */
export function configsIn(places: readonly string[]): readonly string[] {
  return places.map((folder) => resolve(folder, name)).filter((path) => existsSync(path));
}

/** Where it really is: who starts it elsewhere than expected sees so. */
function shown(folder: string): string {
  return `${resolve(folder)}/`;
}

function shownFile(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith("..") ? path : near;
}
