// `npm run dashboards`: writes the dashboards in deploy/grafana/dashboards from what stands here. A test keeps the two equal; another asks
// a real Prometheus every question in them.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gopherproxy } from "./dashboards/gopherproxy.ts";
import { ipPool } from "./dashboards/ippool.ts";
import { type Dashboard, dashboardJson } from "./dashboards/panel.ts";
import { sluice } from "./dashboards/sluice.ts";

/** By the names of their files. */
export const dashboards: Readonly<Record<string, Dashboard>> = {
  "gopherproxy.json": gopherproxy,
  "ippool.json": ipPool,
  "sluice.json": sluice,
};

export const dashboardsFolder: string = join(import.meta.dir, "..", "deploy", "grafana", "dashboards");

export function dashboardText(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboardJson(dashboard), null, 2)}\n`;
}

if (import.meta.main) {
  mkdirSync(dashboardsFolder, { recursive: true });
  for (const [name, dashboard] of Object.entries(dashboards))
    writeFileSync(join(dashboardsFolder, name), dashboardText(dashboard));
}
