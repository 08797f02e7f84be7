// The version of this program. package.json is the one place that says it: `npm version` changes it there, a bundler takes it
// from there into a single executable, and everything else (the command line, /metrics, the status, the log) asks here.
// The runtime's version goes with it in what a person reads, for it is pinned and part of what a bug report must say.

import manifest from "../../package.json" with { type: "json" };

export const version: string = manifest.version;

export function versionText(): string {
  return `sluice ${version} (bun ${Bun.version}, ${process.platform}-${process.arch})`;
}

/** The same for programs. */
export function versionFields(): Readonly<Record<"version" | "bun" | "platform" | "arch", string>> {
  return { version, bun: Bun.version, platform: process.platform, arch: process.arch };
}
