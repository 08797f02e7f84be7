// The sections beside [servers] that are about neither the REST API nor the metrics, which are in api.ts: the log, which goes to
// stderr whatever its output says, and the profiler, which nobody can ask here. Each keyword of theirs is read here and told of, whatever
// becomes of it.

import type { LogInput } from "../../input.ts";
import type { Origins } from "../origins.ts";
import type { Table } from "../table.ts";

const levels = {
  debug: "debug",
  trace: "debug",
  info: "info",
  warn: "warn",
  warning: "warn",
  error: "error",
  fatal: "error",
  panic: "error",
} as const;

export function logOf(logging: Table | undefined, origins: Origins): LogInput {
  if (logging === undefined) return { format: "text" };
  origins.add(["log"], logging.path);
  const level = logging.choice("level", levels);
  const format = logging.choice("format", { text: "text", json: "json" } as const) ?? "text";
  const output = logging.text("output");
  if (output !== undefined && output !== "stderr")
    logging.ledger.approximate(
      logging.at("output"),
      output === "stdout"
        ? "the log goes to stderr"
        : "the log goes to stderr; let the shell or the service manager write it to a file",
    );
  logging.finish("gobetween");
  return { ...(level === undefined ? {} : { level }), format };
}

/** What is told, and started by nobody. */
export function refuseOthers(root: Table): void {
  const profiler = root.section("profiler");
  if (profiler?.flag("enabled") === true)
    profiler.ledger.approximate(profiler.at("enabled"), "there is no profiler to ask over the network");
  profiler?.inert(["bind"]);
  profiler?.finish("gobetween");
}
