// [servers.NAME.healthcheck] as a pool's check: ping is a connection, probe is send and receive, exec is a command. What counts
// as a success is the same; a check without a time limit gets that of its interval, for ours run one at a time.

import type { CheckInput, ReceiveInput } from "../../input.ts";
import type { Path } from "../../problem.ts";
import type { Origins } from "../origins.ts";
import type { Table } from "../table.ts";
import { readGoDuration, written } from "./duration.ts";
import { readGoText } from "./escape.ts";
import { readGoExpression } from "./expression.ts";

const kinds = { none: "none", ping: "ping", probe: "probe", exec: "exec" } as const;
type Kind = keyof typeof kinds;
const probeKeys = ["probe_protocol", "probe_strategy", "probe_send", "probe_recv", "probe_recv_len"];
const execKeys = ["exec_command", "exec_expected_positive_output", "exec_expected_negative_output"];
const commonKeys = ["interval", "timeout", "passes", "fails", "initial_status"];

export interface Around {
  readonly isUdp: boolean;
  /** Whether the backends are spoken to over TLS. */
  readonly hasTls: boolean;
}

/** `ours` are the places of the check in our config, one for each pool. */
export function checkOf(table: Table, around: Around, ours: readonly Path[], origins: Origins): CheckInput | undefined {
  const kind = table.choice<Kind>("kind", kinds);
  if (!table.has("kind")) table.ledger.fault(table.path, 'must have a kind: "ping", "probe", "exec" or "none"');
  const check =
    kind === undefined || kind === "none" ? undefined : { ...whatOf(kind, table, around), ...timesOf(table) };
  table.inert([...commonKeys, ...probeKeys, ...execKeys]);
  table.finish("gobetween");
  for (const path of ours) place(path, table, origins);
  return check;
}

function place(ours: Path, table: Table, origins: Origins): void {
  origins.add(ours, table.path);
  const pairs = {
    every: "interval",
    timeout: "timeout",
    rise: "passes",
    fall: "fails",
    send: "probe_send",
    receive: "probe_recv",
    exec: "exec_command",
    output: "exec_expected_positive_output",
    tcp: "kind",
    udp: "probe_protocol",
    tls: "probe_protocol",
  };
  for (const [our, their] of Object.entries(pairs)) if (table.has(their)) origins.add([...ours, our], table.at(their));
}

function whatOf(kind: Exclude<Kind, "none">, table: Table, around: Around): CheckInput {
  if (kind === "exec") return execOf(table);
  if (kind === "probe") return probeOf(table, around);
  if (around.isUdp)
    table.ledger.fault(table.at("kind"), 'must be "probe" or "exec" for a server of protocol udp, as in gobetween');
  // Gobetween pings without TLS even where the traffic has it.
  return { tcp: true, ...(around.hasTls ? { tls: false } : {}) };
}

function execOf(table: Table): CheckInput {
  const command = table.text("exec_command");
  if (command === undefined) table.ledger.fault(table.path, "must have an exec_command");
  const output = (table.text("exec_expected_positive_output") ?? "").trim();
  // Whatever else a command prints is a failure, with us and there.
  table.inert(["exec_expected_negative_output"]);
  return { exec: [command ?? "true", "{host}", "{port}"], output };
}

function probeOf(table: Table, around: Around): CheckInput {
  const protocol = table.choice("probe_protocol", { tcp: "tcp", udp: "udp", tls: "tls" });
  if (!table.has("probe_protocol")) table.ledger.fault(table.path, 'must have a probe_protocol: "tcp", "udp" or "tls"');
  const strategy = table.choice("probe_strategy", { starts_with: "starts", regexp: "pattern" }) ?? "starts";
  const sent = table.text("probe_send");
  const received = table.text("probe_recv");
  if (sent === undefined || received === undefined)
    table.ledger.fault(table.path, "must have probe_send and probe_recv");
  const length = table.count("probe_recv_len") ?? 0;
  if (strategy === "starts" && length > 0)
    table.ledger.fault(table.at("probe_recv_len"), "is for probe_strategy regexp only");
  if (strategy === "pattern")
    table.ledger.approximate(
      length > 0 ? table.at("probe_recv_len") : table.at("probe_strategy"),
      "the expression is tried on what has come so far; gobetween waits for exactly so many bytes and tries those",
    );
  const send = converted(table, "probe_send", sent, readGoText);
  const receive = converted(table, "probe_recv", received, strategy === "starts" ? readGoText : readGoExpression);
  if (protocol === "tls" && !around.hasTls)
    table.ledger.approximate(table.at("probe_protocol"), "the certificate is verified, by the system's authorities");
  const expected: ReceiveInput = strategy === "starts" ? { starts: receive } : { pattern: receive };
  return {
    ...(protocol === "udp" ? { udp: true } : { tcp: true }),
    ...(protocol === "tls" ? { tls: true } : protocol === "tcp" && around.hasTls ? { tls: false } : {}),
    send,
    receive: expected,
  };
}

function converted(table: Table, key: string, text: string | undefined, reader: typeof readGoText): string {
  if (text === undefined) return "";
  const reading = reader(text);
  if (!reading.ok) table.ledger.fault(table.at(key), reading.message);
  return reading.ok ? reading.value : "x";
}

function timesOf(table: Table): Pick<CheckInput, "every" | "timeout" | "rise" | "fall"> {
  const msOf = (key: string): number => {
    const reading = readGoDuration(table.text(key) ?? "0");
    if (!reading.ok) table.ledger.fault(table.at(key), reading.message);
    return reading.ok ? reading.value : 1000;
  };
  const every = msOf("interval");
  if (every === 0)
    table.ledger.fault(table.has("interval") ? table.at("interval") : table.path, "must have an interval above 0");
  const timeout = msOf("timeout");
  if (timeout === 0 && every > 0)
    table.ledger.approximate(
      table.has("timeout") ? table.at("timeout") : table.at("interval"),
      "a check has a limit, that of its interval; in gobetween, without a timeout, it has none",
    );
  if (table.choice("initial_status", { healthy: true, unhealthy: false }) === true)
    table.ledger.approximate(table.at("initial_status"), "a backend is used once its first check has succeeded");
  return {
    every: written(every || 1000),
    timeout: written(timeout || Math.min(every || 1000, 3_600_000)),
    rise: table.count("passes") || 1,
    fall: table.count("fails") || 1,
  };
}
