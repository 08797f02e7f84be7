// `npm run reference`: writes docs/reference from the program itself: the schema of a config, the page of metrics, the commands, the operations
// of the admin API. A test keeps them equal, so that none of them can say what is not so.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiPage } from "./reference/api.ts";
import { commandsPage } from "./reference/commands.ts";
import { configPage } from "./reference/config.ts";
import { metricsPage } from "./reference/metrics.ts";

/** By the names of their files. */
export const references: Readonly<Record<string, () => string>> = {
  "API.md": () => apiPage(),
  "CLI.md": commandsPage,
  "CONFIG.md": () => configPage(),
  "METRICS.md": metricsPage,
};

export const referenceFolder: string = join(import.meta.dir, "..", "docs", "reference");

if (import.meta.main) {
  mkdirSync(referenceFolder, { recursive: true });
  for (const [name, page] of Object.entries(references)) writeFileSync(join(referenceFolder, name), page());
}
