// `npm run format`: writes the one format, sorts imports, and applies the linter's safe fixes.

import { join } from "node:path";
import { run } from "./stage/command.ts";
import { root } from "./stage/stage.ts";

const biome = join(root, "node_modules", ".bin", "biome");
const outcome = await run(biome, ["check", "--write"], { cwd: root, timeoutMs: 60_000, isShown: true });
process.exit(outcome.code ?? 1);
