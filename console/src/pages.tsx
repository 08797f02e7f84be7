// The pages of the console: which there are, in which order and group the shell lists them, and the letter that leads to each behind `g`.
// A new page is one line here.

import type { VNode } from "preact";
import { Audit } from "./pages/audit.tsx";
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
}

export const pages: readonly PageOf[] = [
  { id: "overview", title: "Overview", letter: "o", group: "Traffic", component: Overview },
  { id: "flow", title: "Flow", letter: "f", group: "Traffic", component: Flow },
  { id: "servers", title: "Servers", letter: "s", group: "Traffic", component: Servers },
  { id: "requests", title: "Requests", letter: "r", group: "Traffic", component: Requests },
  { id: "rules", title: "Rules", letter: "u", group: "Control", component: Rules },
  { id: "tables", title: "Tables", letter: "t", group: "Control", component: Tables },
  { id: "cache", title: "Cache", letter: "c", group: "Control", component: Cache },
  { id: "egress", title: "Egress", letter: "e", group: "Control", component: Egress },
  { id: "explain", title: "Explain", letter: "x", group: "Control", component: Explain },
  { id: "config", title: "Config", letter: "n", group: "Service", component: Config },
  { id: "certificates", title: "Certificates", letter: "k", group: "Service", component: Certificates },
  { id: "audit", title: "Audit", letter: "a", group: "Service", component: Audit },
];
