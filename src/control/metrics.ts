// /metrics: what Sluice counts, under its public names. It reads totals, board and the supervisor's word and writes samples; it
// decides nothing. Names are in base units; labels are bounded by the configuration (listener, pool, server, worker,
// rule, table, list, code_class, and reasons from a fixed list), never by traffic: no client, URL or address of one is ever a label.
// A row is read only while its owner is in the plan, so a name that a reload took away leaves the page with it.

import { workerCell } from "../memory/tally.ts";
import { writeCaches } from "./cachemetrics.ts";
import { writeDiscovery } from "./discoverymetrics.ts";
import { writeEgresses } from "./egressmetrics.ts";
import { Exposition } from "./exposition.ts";
import { writeFleet } from "./fleetmetrics.ts";
import { writeHooks } from "./hookmetrics.ts";
import { writeCertificates } from "./metricscertificates.ts";
import type { MetricsSource, Sample } from "./metricssource.ts";
import { writePrefixed } from "./prefixmetrics.ts";
import { figuresOf } from "./processfigures.ts";
import { writeRegistry } from "./registrymetrics.ts";
import { writeLists, writeRules, writeTables } from "./rulemetrics.ts";
import { writeRun } from "./runmetrics.ts";
import type { WorkerStatus } from "./seat.ts";
import { writeServers } from "./servermetrics.ts";
import { writeListeners, writePools, writeRoutes, writeSessions } from "./trafficmetrics.ts";

export function metricsText(source: MetricsSource): string {
  const out = new Exposition();
  writeRun(out, source);
  writeProgram(out, source);
  writeListeners(out, source);
  writeRoutes(out, source);
  writeSessions(out, source);
  writePools(out, source);
  writeCaches(out, source);
  writeHooks(out, source);
  writeServers(out, source);
  writeDiscovery(out, source.sources);
  writeRegistry(out, source);
  writeCertificates(out, source);
  writeRules(out, source);
  writeTables(out, source);
  writeLists(out, source);
  writeEgresses(out, source.egresses);
  writeFleet(out, source.fleet);
  writeWorkers(out, source);
  writePrefixed(out, source);
  return out.toString();
}

function writeProgram(out: Exposition, { plan, reload }: MetricsSource): void {
  out.gauge("sluice_config_last_reload_successful", "Whether the last load of the configuration was successful.", [
    [{}, reload.isSuccessful ? 1 : 0],
  ]);
  out.gauge(
    "sluice_config_last_reload_success_timestamp_seconds",
    "When the configuration was last loaded successfully, in seconds since 1970.",
    [[{}, reload.succeededAtMs / 1000]],
  );
  out.gauge("sluice_config_generation", "Number of the plan in force.", [[{}, plan.generation]]);
}

function writeWorkers(out: Exposition, { workers, totals }: MetricsSource): void {
  const each = (of: (status: WorkerStatus) => number): Sample[] =>
    workers.map((status) => [{ worker: status.worker }, of(status)]);
  const cell = (index: number): Sample[] => each(({ worker }) => totals.ofWorker(worker, index));
  out.gauge(
    "sluice_worker_up",
    "1 while the worker accepts traffic; 0 while it starts, or has stood still for 2 s.",
    each(({ state }) => (state === "up" ? 1 : 0)),
  );
  out.counter(
    "sluice_worker_restarts_total",
    "Times the worker died and was replaced.",
    each((status) => status.restarts),
  );
  out.counter("sluice_worker_asserts_total", "Assertions that failed in the worker.", cell(workerCell.asserts));
  out.gauge("sluice_worker_connections", "Connections of clients that the worker holds.", cell(workerCell.connections));
  out.gauge(
    "sluice_worker_upstream_connections",
    "Connections to servers that the worker holds.",
    cell(workerCell.upstreamConnections),
  );
  out.counter(
    "sluice_worker_connect_shortages_total",
    "Connections to servers that could not be begun for want of a local port, a descriptor or memory of this machine: no failures of those servers.",
    cell(workerCell.connectShortages),
  );
  out.counter("sluice_access_log_lines_total", "Lines of the access log.", cell(workerCell.logLines));
  out.counter(
    "sluice_access_log_dropped_total",
    "Lines that the access log's file, pipe or target of syslog did not take in time.",
    cell(workerCell.logDropped),
  );
  const figures = workers.flatMap(({ worker, pid }) => {
    const found = pid === null ? null : figuresOf(pid);
    return found === null ? [] : [{ labels: { worker }, ...found }];
  });
  out.counter(
    "sluice_worker_cpu_seconds_total",
    "Processor time of the worker's process.",
    figures.map(({ labels, cpuSeconds }): Sample => [labels, cpuSeconds]),
  );
  out.gauge(
    "sluice_worker_resident_memory_bytes",
    "Memory of the worker's process, shared pages included.",
    figures.map(({ labels, residentBytes }): Sample => [labels, residentBytes]),
  );
  out.gauge(
    "sluice_worker_open_fds",
    "Files and sockets open in the worker's process.",
    figures.map(({ labels, openFiles }): Sample => [labels, openFiles]),
  );
  const control = figuresOf(process.pid);
  if (control === null) return;
  out.counter("process_cpu_seconds_total", "Processor time of the control process.", [[{}, control.cpuSeconds]]);
  out.gauge("process_resident_memory_bytes", "Memory of the control process.", [[{}, control.residentBytes]]);
}
