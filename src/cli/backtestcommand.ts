// `sluice backtest`: its options, as the command line reads them. It knows words, not what comes of them: that stands in
// backtest.ts. It asks no running Sluice for anything, so that it has none of the options by which one is found, and a config
// where others have an address.

import { type Command, InvalidArgumentError } from "commander";
import { formatNames } from "../backtest/formats.ts";
import type { BacktestOptions } from "./backtest.ts";
import type { Writer } from "./check.ts";
import { gathered } from "./remotecommand.ts";
import { endWithReader } from "./writer.ts";

const examples = `
Examples:
  sluice backtest -c sluice.yaml --from access.log "too many"
  sluice backtest -c sluice.yaml --from access.log.1.gz --from access.log "path.startsWith('/wp-')"
  sluice backtest -c sluice.yaml --from access.log --enforce "{ limit: { rate: 5/s } }"`;

export function addBacktest(program: Command, terminal: Writer, ended: (code: number) => void): void {
  program
    .command("backtest")
    .description("play an access log through a config: whom a rule would have hit, and which threshold it should have")
    .argument(
      "<rule>",
      "a rule of the config by its place or name; or a new one: a condition such as 'shop[src].conn_rate > 3', or a rule such as '{ limit: { rate: 5/s } }'",
    )
    .requiredOption("-c, --config <file>", "the config, whichever its format")
    .requiredOption(
      "--from <file>",
      "an access log, also as .gz; - is standard input; may be given several times, the oldest first",
      gathered,
    )
    .option(
      "--format <format>",
      `${formatNames.join(", ")}, or what nginx' log_format is (default: told by its first lines)`,
    )
    .option("--listener <name>", "the listener that the log is of, where the config has several")
    .option("--enforce", "have the rule act, so that what follows from it is seen as well (default: it only observes)")
    .option("--since <time>", "only requests from then on, such as 2026-11-22T09:00:00Z")
    .option("--until <time>", "only requests before then")
    .option("--top <number>", "show so many clients (default: 10)", count)
    .option("--json", "as JSON")
    .addHelpText("after", examples)
    .action(async (rule: string, options: BacktestOptions) => {
      endWithReader();
      const { backtest } = await import("./backtest.ts");
      ended(await backtest(rule, options, terminal));
    });
}

function count(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError("it must be a whole number from 1 to 9999999.");
  return Number(text);
}
