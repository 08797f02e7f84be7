// `sluice table`: its commands and their options, as the command line reads them. It knows words, not what comes of them: what the
// commands do stands in tables.ts, tableshow.ts and tableimport.ts.

import type { Command } from "commander";
import type { Writer } from "./check.ts";
import { remoteCommand, someNumber } from "./remotecommand.ts";
import { tableImport } from "./tableimport.ts";
import { tableClear, tableGet, tableList, tableSet } from "./tables.ts";
import { tableShow } from "./tableshow.ts";
import { endWithReader } from "./writer.ts";

const showExamples = `
Examples:
  sluice table show clients --where "http_req_rate > 100"
  sluice table show clients --key 203.0.113.0/24 --limit 10
  sluice table show clients --all --json`;

export function addTables(program: Command, writer: Writer, ended: (code: number) => void): void {
  const tables = program.command("table").description("look at the tables of a running Sluice, and change entries");
  const remote = (name: string, description: string): Command => remoteCommand(tables, name, description);
  remote("ls", "list the tables").action(async (options) => ended(await tableList(options, writer)));
  remote("show", "show entries of a table")
    .argument("<name>", "of the table")
    .option("--where <condition>", 'only those, such as "gpc0 > 0 && expires < 1m"')
    .option("--key <key>", "only keys that begin like this, or addresses of this block")
    .option("--limit <number>", "at most so many (default: 100)", someNumber)
    .option("--all", "however many there are")
    .addHelpText("after", showExamples)
    .action(async (name: string, options) => {
      endWithReader();
      ended(await tableShow(name, options, writer));
    });
  remote("get", "show one entry")
    .argument("<name>", "of the table")
    .argument("<key>", "of the entry")
    .action(async (name: string, key: string, options) => ended(await tableGet(name, key, options, writer)));
  remote("set", "set counters of an entry, which is made if need be")
    .argument("<name>", "of the table")
    .argument("<key>", "of the entry")
    .argument("<column=value...>", "such as gpc0=1")
    .action(async (name: string, key: string, values: string[], options) =>
      ended(await tableSet(name, key, values, options, writer)),
    );
  remote("import", "set entries from a file: what HAProxy's `show table` tells, or `sluice table show --json`")
    .argument("<name>", "of the table")
    .argument("<file>", "also as .gz; - is standard input")
    .action(async (name: string, file: string, options) => ended(await tableImport(name, file, options, writer)));
  remote("clear", "remove entries")
    .argument("<name>", "of the table")
    .argument("[key]", "of the entry")
    .option("--where <condition>", 'those, such as "gpc0 > 0"')
    .option("--all", "every entry")
    .action(async (name: string, key: string | undefined, options) =>
      ended(await tableClear(name, key, options, writer)),
    );
}
