// `sluice tail`: its options, as the command line reads them. It knows words, not what comes of them (tail.ts); each filter has the name
// that it has in the API, where its values are judged.

import { type Command, InvalidArgumentError } from "commander";
import type { Writer } from "./check.ts";
import type { RemoteOptions } from "./client.ts";
import { paintOf } from "./paint.ts";
import { optionOf, remoteCommand } from "./remotecommand.ts";
import { type TailFilter, tail, tailFilters } from "./tail.ts";
import { endWithReader } from "./writer.ts";

interface Given extends RemoteOptions, Readonly<Partial<Record<TailFilter, string>>> {
  readonly failed?: boolean;
  readonly last: number;
  readonly follow: boolean;
  readonly phases?: boolean;
}

const againMs = 1000;
const lastDefault = 10;

export function addTail(program: Command, terminal: Writer, ended: (code: number) => void): void {
  remoteCommand(program, "tail", "show the last requests, and those that come, as they end")
    .option(
      "--status <status>",
      "only those: 404, 5xx or 400-499, or several with commas between; 0: no answer, 499: whose client left",
    )
    .option("--failed", "only those that were answered 5xx, or ended by a fault that is no client's")
    .option("--slower <duration>", "only those that took this long or longer, such as 200ms")
    .option("--host <name>", "only of this host; a star stands for anything")
    .option(
      "--path <path>",
      "only those whose path begins like this; with a star, which stands for anything, the whole of it",
    )
    .option("--method <method>", "only those, such as POST")
    .option("--client <address>", "only of this address or block, such as 10.0.0.0/8")
    .option("--listener <name>", "only of this listener")
    .option("--pool <name>", "only of this pool")
    .option("--server <name>", "only of this server")
    .option("--rule <name>", "only those at which the condition of this rule held")
    .option("--fault <code>", "only those that ended by this fault, or by any")
    .option("--cache <result>", "only those that a cache did this for: hit, miss, stale, ...")
    .option("--egress <name>", "only those by this outbound address or egress pool")
    .addOption(optionOf("--kind <kind>", "only of this kind", ["http", "tcp", "udp"]))
    .option("--last <number>", "so many of those that ended before", count, lastDefault)
    .option("--no-follow", "end then")
    .option("--phases", "below each how long its phases took")
    .action(async (given: Given) => {
      endWithReader();
      const named = tailFilters.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]] as const]));
      const filter = Object.fromEntries([...named, ...(given.failed === true ? [["failed", "true"] as const] : [])]);
      const paint = paintOf(process.stdout.isTTY === true, process.env);
      ended(await tail({ ...given, filter }, terminal, { paint, pause: () => Bun.sleep(againMs) }));
    });
}

function count(text: string): number {
  if (!/^\d{1,4}$/.test(text) || Number(text) > 1000)
    throw new InvalidArgumentError("it must be a number from 0 to 1000.");
  return Number(text);
}
