// The layouts of all files that processes of one Sluice share, as one word. It knows their versions, and nothing of what they mean: those
// who say the same word can map each other's files. A layout that gets a version of its own belongs in here, which the test sees to:
// without it a worker of other code would map what it cannot read, and die of it without a reason that anybody understands.

import { layoutVersion as arena } from "./arena.ts";
import { layoutVersion as cache } from "./cachestore/layout.ts";
import { layoutVersion as egress } from "./egressboard/layout.ts";
import { listVersion as list } from "./listlayout.ts";
import { recorderVersion as recorder } from "./recorderlayout.ts";
import { layoutVersion as table } from "./sticktable/layout.ts";

export const layouts: string = JSON.stringify({ arena, table, list, cache, egress, recorder });
