// The demo that `npm start` and `npx sluice` run: three mock servers in this process, the proxy before them, and a list of what to
// try. Nothing is written, nothing is installed, and Ctrl-C ends it all.

import { readListenAddress } from "../base/address.ts";
import type { ConfigInput } from "../config/input.ts";
import { judge } from "../config/judge.ts";
import type { Loaded } from "../config/load.ts";
import { noMaterials } from "../config/materials.ts";
import { adminUrl } from "../control/admin.ts";
import type { ConfigSource } from "../control/configuring/source.ts";
import type { Control } from "../control/control.ts";
import { busyAddresses } from "../control/port.ts";
import { localUrl } from "./banner.ts";
import { type MockServer, openMockServers } from "./mockserver.ts";
import { serve } from "./serve.ts";
import { version } from "./version.ts";
import { terminal } from "./writer.ts";

export interface DemoOptions {
  readonly listen: string;
  readonly admin: string;
  readonly workers: string;
}

export async function demo(options: DemoOptions): Promise<void> {
  const busy = await busyPorts(options);
  if (busy.length > 0) {
    for (const problem of busy) terminal.err(`sluice: ${problem}`);
    // Where there is no 127.0.0.1 the demo's own servers cannot listen either.
    if (busy.every((problem) => !problem.includes("no such address")))
      terminal.err(`        choose others: ${command()} --listen :9080 --admin 127.0.0.1:9112`);
    process.exitCode = 1;
    return;
  }
  const mocks = openMockServers();
  const source: ConfigSource = { path: null, origin: "demo", load: async () => demoConfig(options, mocks) };
  const started = (control: Control): string => demoText(control, mocks);
  const code = await serve({ source, identity: `demo ${options.listen} ${options.admin}`, started });
  if (code === null) return;
  for (const mock of mocks) mock.stop();
  process.exitCode = code;
}

async function busyPorts({ listen, admin }: DemoOptions): Promise<string[]> {
  const addresses = [listen, admin].flatMap((text) => {
    const reading = readListenAddress(text);
    return reading.ok ? [reading.value] : []; // The config's own check says what is wrong with it.
  });
  return busyAddresses(addresses);
}

function demoConfig({ listen, admin, workers }: DemoOptions, mocks: readonly MockServer[]): Loaded {
  const file = "command line";
  const input = {
    workers: /^\d+$/.test(workers) ? Number(workers) : workers,
    admin: { listen: admin },
    log: { format: "text" },
    listeners: { web: { listen, use: "app", maxConnections: 2000 } },
    pools: {
      app: {
        servers: mocks.map((mock) => mock.address),
        balance: "roundRobin",
        check: { http: "/healthz", every: "2s" },
        ejection: {},
      },
    },
  } satisfies { [Key in keyof ConfigInput]: unknown };
  const judgement = judge(input);
  const problems = judgement.findings.map(({ severity, path, message }) => {
    const key = path[0] === "listeners" ? "--listen" : `--${path[0]}`;
    return { severity, file, place: null, key, message, source: null };
  });
  const { config } = judgement;
  return config === null
    ? { ok: false, file, problems, isRead: true }
    : { ok: true, file, config, materials: noMaterials, lists: {}, folder: ".", warnings: problems };
}

/** How this program is called by whoever reads this. */
function command(): string {
  return process.env["npm_lifecycle_event"] === "start" ? "npm start --" : program();
}

/** In a clone it is called by its path, as a package by npx. */
function program(): string {
  return import.meta.dir.includes("/node_modules/") ? "npx sluice" : "bin/sluice";
}

export function demoText(control: Control, mocks: readonly MockServer[]): string {
  const proxy = localUrl(control.plan.listeners[0]!.address);
  const admin = adminUrl(control.adminAddress);
  const isStandard = admin === "http://127.0.0.1:2112";
  const sluice = program();
  const option = isStandard ? "" : ` --admin ${admin.replace("http://", "")}`;
  const tries: readonly (readonly [string, string])[] = [
    [`curl ${proxy}/`, "each call is answered by the next server"],
    [`curl ${proxy}/headers`, "what a server is told about you"],
    [`curl -N ${proxy}/sse`, "events, passed on as they come"],
    [`curl '${proxy}/slow?ms=2000'`, "an answer that takes its time"],
    [`${sluice} status${option}`, "workers, servers and their state"],
    [`${sluice} top${option}`, "traffic, each second anew"],
    [`${sluice} drain app/${mocks[0]!.address}${option}`, "take a server out of service"],
    [`curl ${admin}/metrics`, "figures for Prometheus"],
  ];
  const width = Math.max(...tries.map(([line]) => line.length));
  return [
    "",
    `  Sluice ${version}: a demo with three mock servers`,
    "",
    `  proxy    ${proxy}`,
    `  servers  ${mocks.map((mock) => mock.address).join(", ")}`,
    `  console  ${admin}`,
    "",
    "  Open the proxy or the console in a browser, or try in another terminal:",
    "",
    ...tries.map(([line, what]) => `    ${line.padEnd(width)}   ${what}`),
    "",
    `  Ctrl-C ends it. Your own servers: ${sluice} run --listen :8080 --to HOST:PORT,HOST:PORT`,
    "",
  ].join("\n");
}
