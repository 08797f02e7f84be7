// The outside programs that tests talk to. What is missing is installed with apt where that is possible (root on Debian),
// without leaving a service running; tests skip what is not there. Each program is told in a line of its own.

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";
import { root } from "./stage.ts";

interface Program {
  /** Any of these on the path will do. */
  readonly names: readonly string[];
  readonly package: string;
  /** Not a program but a part of one: it is there when this file is. */
  readonly file?: string;
  readonly versionArgs: readonly string[];
  readonly timeoutMs: number;
  /** Only asked for when this is in the repository; others are always. */
  readonly usedBy?: string;
}

const programs: readonly Program[] = [
  { names: ["zsh"], package: "zsh", versionArgs: ["--version"], timeoutMs: 120_000 },
  { names: ["fish"], package: "fish", versionArgs: ["--version"], timeoutMs: 120_000 },
  { names: ["nginx"], package: "nginx-light", versionArgs: ["-v"], timeoutMs: 120_000 },
  { names: ["redis-server"], package: "redis-server", versionArgs: ["--version"], timeoutMs: 120_000 },
  { names: ["dnsmasq"], package: "dnsmasq-base", versionArgs: ["--version"], timeoutMs: 120_000 },
  { names: ["haproxy"], package: "haproxy", versionArgs: ["-v"], timeoutMs: 120_000 },
  { names: ["socat"], package: "socat", versionArgs: ["-V"], timeoutMs: 120_000 },
  {
    names: ["prometheus-haproxy-exporter"],
    package: "prometheus-haproxy-exporter",
    versionArgs: ["--version"],
    timeoutMs: 120_000,
  },
  { names: ["promtool"], package: "prometheus", versionArgs: ["--version"], timeoutMs: 180_000 },
  { names: ["busybox"], package: "busybox", versionArgs: [], timeoutMs: 120_000 },
  { names: ["pebble"], package: "pebble", versionArgs: ["-h"], timeoutMs: 120_000 },
  { names: ["faketime"], package: "faketime", versionArgs: ["--version"], timeoutMs: 120_000 },
  { names: ["curl"], package: "curl", versionArgs: ["--version"], timeoutMs: 120_000 },
  { names: ["openssl"], package: "openssl", versionArgs: ["version"], timeoutMs: 120_000 },
  { names: ["h2load"], package: "nghttp2-client", versionArgs: ["--version"], timeoutMs: 120_000 },
  { names: ["nghttpx"], package: "nghttp2-proxy", versionArgs: ["--version"], timeoutMs: 120_000 },
  { names: ["nghttpd"], package: "nghttp2-server", versionArgs: ["--version"], timeoutMs: 120_000 },
  {
    names: ["python3"],
    package: "python3-grpcio",
    file: "/usr/lib/python3/dist-packages/grpc/__init__.py",
    versionArgs: ["--version"],
    timeoutMs: 180_000,
  },
  { names: ["wrk"], package: "wrk", versionArgs: ["-v"], timeoutMs: 120_000 },
  {
    names: ["chromium", "chromium-browser", "google-chrome"],
    package: "chromium",
    versionArgs: ["--version"],
    timeoutMs: 300_000,
    usedBy: "console",
  },
];

/** Only the bench needs them. */
const benchPrograms: readonly Program[] = [
  {
    names: ["nginx"],
    package: "libnginx-mod-stream",
    file: "/usr/lib/nginx/modules/ngx_stream_module.so",
    versionArgs: ["-v"],
    timeoutMs: 120_000,
  },
  { names: ["varnishd"], package: "varnish", versionArgs: ["-V"], timeoutMs: 180_000 },
];

/** Debian asks this script before it starts a service; 101 means no. */
const policyPath = "/usr/sbin/policy-rc.d";
const updateTimeoutMs = 120_000;

/** Says for each program whether it was installed, found, or is missing. */
export function prepareForTests(): Promise<void> {
  return prepare(programs, "tests that need it are skipped");
}

/** Returns those that are missing. */
export async function prepareForBench(): Promise<string[]> {
  const packages = ["nginx-light", "haproxy", "wrk", "nghttp2-client", "openssl"];
  const needed = [...programs.filter((program) => packages.includes(program.package)), ...benchPrograms];
  await prepare(needed, "the bench needs it");
  return needed.filter((program) => find(program) === undefined).map((program) => program.package);
}

async function prepare(needed: readonly Program[], consequence: string): Promise<void> {
  // Debian keeps servers where a plain user's path does not lead.
  process.env["PATH"] = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;
  const wanted = needed.filter((program) => program.usedBy === undefined || existsSync(join(root, program.usedBy)));
  const missing = wanted.filter((program) => find(program) === undefined);
  const reason = missing.length === 0 ? "" : whyNotInstalled();
  if (missing.length > 0 && reason === "") await installAll(missing);
  for (const program of needed) {
    const name = program.names[0]!.padEnd(12);
    if (!wanted.includes(program)) console.log(`${name} not needed yet (nothing uses it)`);
    else if (find(program) === undefined) console.log(`${name} not available${reason}: ${consequence}`);
    else
      console.log(
        `${name} ${missing.includes(program) ? "installed with apt" : "found"} (${await versionOf(program)})`,
      );
  }
}

function find(program: Program): string | undefined {
  if (program.file !== undefined && !existsSync(program.file)) return undefined;
  return (
    program.names.map((name) => Bun.which(name, { PATH: process.env["PATH"] ?? "" })).find((path) => path !== null) ??
    undefined
  );
}

async function versionOf(program: Program): Promise<string> {
  const { output } = await run(find(program)!, program.versionArgs, { timeoutMs: 10_000 });
  return /\d+\.\d+[\w.+-]*/.exec(output)?.[0] ?? "version unknown";
}

function whyNotInstalled(): string {
  if (process.env["SLUICE_NO_INSTALL"]) return ", SLUICE_NO_INSTALL is set";
  if (process.getuid?.() !== 0) return ", and only root can install it";
  if (Bun.which("apt-get") === null) return ", and there is no apt to install it with";
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return /^ID(?:_LIKE)?=.*debian/m.test(release) ? "" : ", and this is no Debian to install it on";
}

async function installAll(missing: readonly Program[]): Promise<void> {
  const env = { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  console.log(`installing with apt: ${missing.map((program) => program.package).join(" ")} …`);
  const isOurs = !existsSync(policyPath);
  if (isOurs) writeFileSync(policyPath, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    await run("apt-get", ["update", "-q"], { env, timeoutMs: updateTimeoutMs });
    for (const program of missing) {
      const args = ["install", "-y", "-q", "--no-install-recommends", program.package];
      const outcome = await run("apt-get", args, { env, timeoutMs: program.timeoutMs });
      if (outcome.code !== 0) console.log(`apt-get ${args.join(" ")}: ${lastLine(outcome.output) || "out of time"}`);
    }
  } finally {
    if (isOurs) rmSync(policyPath);
  }
}

function lastLine(output: string): string {
  return output.trimEnd().split("\n").at(-1) ?? "";
}
