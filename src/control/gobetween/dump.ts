// What GET / and GET /dump of gobetween's REST API say: of the process, and the whole config that is in force, as TOML or JSON, with the
// servers that were added and without those that were deleted. Passwords are not in it.

import { stringify } from "smol-toml";
import { treeOf } from "../../config/foreign/gobetween/settings.ts";
import type { Gobetween } from "../../config/types.ts";
import { type Shown, shownServer, withoutSecrets } from "./server.ts";

export const dumpFormats = ["toml", "json"] as const;
export type DumpFormat = (typeof dumpFormats)[number];

export function dumpOf({ settings, servers }: Gobetween, format: DumpFormat): string {
  const tree: Shown = {
    ...treeOf(withoutSecrets(settings)),
    servers: Object.fromEntries(
      Object.values(servers).map((server): [string, Shown] => [server.name, shownServer(server.settings, settings)]),
    ),
  };
  return format === "json" ? `${JSON.stringify(tree, null, 4)}\n` : `${stringify(withoutNull(tree))}\n`;
}

/** TOML has none. */
function withoutNull(section: Shown): Shown {
  const entries = Object.entries(section).filter(([, value]) => value !== null);
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      typeof value === "object" && value !== null && !Array.isArray(value) ? withoutNull(value) : value,
    ]),
  );
}

/** As Go writes a duration: "1h2m3.5s". */
export function goDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 1) return ms === 0 ? "0s" : `${ms}ms`;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const rest = `${Number((seconds % 60).toFixed(3))}s`;
  return hours > 0 ? `${hours}h${minutes}m${rest}` : minutes > 0 ? `${minutes}m${rest}` : rest;
}
