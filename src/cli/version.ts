// The version, from package.json alone.

import manifest from "../../package.json" with { type: "json" };

export const version: string = manifest.version;

export function versionText(): string {
  return `sluice ${version} (bun ${Bun.version}, ${process.platform}-${process.arch})`;
}
