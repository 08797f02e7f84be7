// `sluice cache`: its commands and their options, as the command line reads them. It knows words, not what comes of them: what the
// commands do stands in caches.ts and cachewhy.ts. Beside program.ts, which has the others, for caches have more options than
// all else that is asked of a running Sluice.

import type { Command } from "commander";
import { cacheList, cachePurge, type PurgeOptions } from "./caches.ts";
import { cacheWhy, type WhyOptions } from "./cachewhy.ts";
import type { Writer } from "./check.ts";
import { gathered, remoteCommand } from "./remotecommand.ts";

export function addCaches(program: Command, terminal: Writer, ended: (code: number) => void): void {
  const caches = program.command("cache").description("look into the caches of a running Sluice, and purge them");
  const remote = (name: string, description: string): Command => remoteCommand(caches, name, description);
  remote("ls", "list the caches").action(async (options) => ended(await cacheList(options, terminal)));
  remote("why", "say what is stored for a request, and why it is answered from there or is not")
    .argument("<request...>", "[METHOD] URL, such as https://example.com/page")
    .option("-H, --header <name: value>", "a header of the request; may be given several times", gathered)
    .option("-X, --request <method>", "its method, for those who are used to curl")
    .option("--listener <name>", "the listener that it comes to, where the port of the URL does not say so")
    .option("--cache <name>", "in this cache only")
    .action(async (words: string[], options: WhyOptions) => ended(await cacheWhy(words, options, terminal)));
  remote("purge", "take responses out of the caches")
    .option("--url <url>", "all variants of this URL; without a scheme, of http and https")
    .option("--prefix <url>", "all that begins like this")
    .option("--tag <tag>", "all that have this tag (Surrogate-Key, Cache-Tag)")
    .option("--all", "everything")
    .option("--soft", "they are stale from now on, and may be shown where stale ones may")
    .option("--cache <name>", "in this cache only")
    .action(async (options: PurgeOptions) => ended(await cachePurge(options, terminal)));
}
