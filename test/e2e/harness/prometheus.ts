// Prometheus from the system's packages, with the config in deploy/: the same jobs and the same alerts, only that targets are this test's,
// and that it scrapes as often as a test has patience for.

import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { freePort } from "./port.ts";
import { find } from "./program.ts";
import type { Room } from "./room.ts";
import { repository } from "./sluice.ts";
import { until } from "./wait.ts";

export const prometheusFolder: string = join(repository, "deploy", "prometheus");

interface Job {
  job_name: string;
  static_configs: { targets: string[] }[];
}

interface Settings {
  global: { scrape_interval: string; scrape_timeout: string; evaluation_interval: string };
  scrape_configs: Job[];
}

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface AlertRule {
  readonly name: string;
  readonly health: string;
  readonly state: string;
  readonly lastError?: string;
}

/** How often it scrapes here. */
const interval = "400ms";

export class Prometheus {
  readonly #address: string;

  private constructor(address: string) {
    this.#address = address;
  }

  /** `targets`: by the names of jobs. */
  static async start(room: Room, targets: Readonly<Record<string, readonly string[]>>): Promise<Prometheus> {
    const folder = room.path("prometheus");
    cpSync(prometheusFolder, folder, { recursive: true });
    const address = `127.0.0.1:${freePort()}`;
    const settings = parse(readFileSync(join(folder, "prometheus.yml"), "utf8")) as Settings; // Its shape is tested by promtool.
    settings.global = { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval };
    for (const job of settings.scrape_configs)
      job.static_configs = [{ targets: [...(targets[job.job_name] ?? [address])] }];
    writeFileSync(join(folder, "prometheus.yml"), stringify(settings));
    const child = Bun.spawn(
      [
        find("prometheus")!,
        `--config.file=${join(folder, "prometheus.yml")}`,
        `--storage.tsdb.path=${room.path("prometheus-data")}`,
        `--web.listen-address=${address}`,
        "--web.enable-lifecycle",
        "--log.level=error",
      ],
      { cwd: room.folder, stdio: ["ignore", "ignore", "inherit"] },
    );
    room.ending(async () => {
      child.kill("SIGKILL");
      await child.exited;
    });
    await until("Prometheus to be ready", async () => {
      if (child.exitCode !== null) throw new Error(`Prometheus ended with ${child.exitCode}`);
      return (await fetch(`http://${address}/-/ready`).catch(() => null))?.status === 200;
    });
    return new Prometheus(address);
  }

  /** What a query says now. */
  async ask(query: string): Promise<Series[]> {
    const { result } = await this.#data<{ result: { metric: Record<string, string>; value: [number, string] }[] }>(
      "query",
      { query },
    );
    return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }

  /** What Grafana offers for a variable that is `label_values(metric, label)`. */
  values(metric: string, label: string): Promise<string[]> {
    return this.#data(`label/${label}/values`, { "match[]": metric });
  }

  async rules(): Promise<AlertRule[]> {
    const { groups } = await this.#data<{ groups: { rules: AlertRule[] }[] }>("rules", {});
    return groups.flatMap((group) => group.rules);
  }

  async #data<T>(path: string, query: Record<string, string>): Promise<T> {
    const response = await fetch(`http://${this.#address}/api/v1/${path}?${new URLSearchParams(query)}`);
    const answer = (await response.json()) as { status: string; error?: string; data: T };
    if (answer.status !== "success") throw new Error(`${query["query"] ?? path}: ${answer.error}`);
    return answer.data;
  }
}
