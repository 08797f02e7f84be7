// The pages of the console: which there are, in which order and group the shell lists them, and the letter that leads to each behind `g`.
// A new page is one line here.

import type { VNode } from "preact";
import { Audit } from "./pages/audit.tsx";
import { Bans } from "./pages/bans.tsx";
import { Cache } from "./pages/cache.tsx";
import { Certificates } from "./pages/certificates.tsx";
import { Config } from "./pages/config.tsx";
import { Egress } from "./pages/egress.tsx";
import { Explain } from "./pages/explain.tsx";
import { Flow } from "./pages/flow.tsx";
import { Overview } from "./pages/overview.tsx";
import { Requests } from "./pages/requests.tsx";
import { Rules } from "./pages/rules.tsx";
import { Servers } from "./pages/servers.tsx";
import { Tables } from "./pages/tables.tsx";

export interface PageOf {
  /** First part of the fragment. */
  readonly id: string;
  readonly title: string;
  /** Behind `g`. */
  readonly letter: string;
  readonly group: "Traffic" | "Control" | "Service";
  readonly component: () => VNode;
  /** What of the address' query means something there. */
  readonly asks: readonly string[];
}

export const pages: readonly PageOf[] = [
  { id: "overview", title: "Overview", letter: "o", group: "Traffic", component: Overview, asks: [] },
  { id: "flow", title: "Flow", letter: "f", group: "Traffic", component: Flow, asks: [] },
  {
    id: "servers",
    title: "Servers",
    letter: "s",
    group: "Traffic",
    component: Servers,
    asks: ["find", "state", "pool", "sort"],
  },
  { id: "requests", title: "Requests", letter: "r", group: "Traffic", component: Requests, asks: ["find"] },
  {
    id: "rules",
    title: "Rules",
    letter: "u",
    group: "Control",
    component: Rules,
    asks: ["find", "mode", "hits", "sort"],
  },
  { id: "tables", title: "Tables", letter: "t", group: "Control", component: Tables, asks: ["find", "sort"] },
  { id: "bans", title: "Bans", letter: "b", group: "Control", component: Bans, asks: ["find", "sort"] },
  { id: "cache", title: "Cache", letter: "c", group: "Control", component: Cache, asks: ["url", "method", "header"] },
  {
    id: "egress",
    title: "Egress",
    letter: "e",
    group: "Control",
    component: Egress,
    asks: ["find", "state", "tag", "view", "sort"],
  },
  {
    id: "explain",
    title: "Explain",
    letter: "x",
    group: "Control",
    component: Explain,
    asks: ["url", "method", "client", "listener", "header", "status"],
  },
  { id: "config", title: "Config", letter: "n", group: "Service", component: Config, asks: ["view", "find"] },
  {
    id: "certificates",
    title: "Certificates",
    letter: "k",
    group: "Service",
    component: Certificates,
    asks: ["find", "sort"],
  },
  { id: "audit", title: "Audit", letter: "a", group: "Service", component: Audit, asks: ["find", "outcome", "sort"] },
];
