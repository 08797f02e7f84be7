// docs/reference/METRICS.md, made from the very page that /metrics is, written for a specimen of everything. A label whose values come from
// a fixed list is told with them; the others are names of the config, never anything that traffic says.

import { metricsText } from "../../src/control/metrics.ts";
import { specimen } from "./specimen.ts";
import { byName, code, prose, tableOf } from "./words.ts";

const prefix = "PREFIX";

const opening = `# Reference: metrics

\`GET /metrics\` on the admin interface, and without a token on \`metrics.listen\`, in the text format of Prometheus. No label is a client, a path or a host: each is a name in the config or
a word of a fixed list, so that traffic cannot make series. Families are there where what they are about is in the config, from zero on. Which of them to wake up for: [alerts.yml](../../deploy/prometheus/alerts.yml);
dashboards and how to scrape: [deploying](../DEPLOYING.md#prometheus-and-grafana).

Counters go on over reloads, by name, and begin anew with the process. A histogram has \`_bucket\` with the label \`le\`, \`_sum\` and \`_count\`; a summary has \`_sum\` and \`_count\`.
${code(`${prefix}_...`)} are there with [\`metrics.prefix\`](CONFIG.md#metrics). On the probe port of \`sluice ipmanager\` there are \`ipmanager_...\` [as well](../migrating/ipmanager.md).

This page is made from the program's own page by \`npm run reference\`; a test keeps the two equal.
`;

/** Labels whose values are a fixed list. */
const listed = new Set([
  ...["code_class", "direction", "reason", "result", "state", "cause", "outcome", "change", "mode", "phase", "hook"],
]);
/** Of rules there are more than a specimen has. */
const told: Readonly<Record<string, readonly string[]>> = {
  mode: ["enforce", "observe"],
  phase: ["connection", "request", "response"],
};

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>;
}

export function metricsPage(): string {
  const families = familiesOf(metricsText(specimen(prefix))).sort(byName);
  const parts = subjects.flatMap(([subject, begins]) => {
    const members = families.filter(({ name }) => subjectOf(name) === begins);
    return members.length === 0
      ? []
      : [`## ${subject}\n\n${tableOf(["metric", "type", "labels", ""], members.map(rowOf))}`];
  });
  return [opening, ...parts].join("\n");
}

/** What families are about, by what their names begin with; the last takes what is of no other. */
const subjects: readonly (readonly [subject: string, begins: RegExp])[] = [
  ["Listeners and connections", /^sluice_(connections|preambles|listener|bad|bytes|datagrams|tls|http2)_/],
  ["Requests and sessions", /^sluice_(requests?|sessions?)_/],
  ["Pools", /^sluice_(pool|retries|retry|redispatches|no|mirrored|mirror)_/],
  ["Servers", /^sluice_(server|checks|ejections|upstream)_/],
  ["Rules, tables, lists, bans", /^sluice_(rule|table|list|bans)(_|$)/],
  ["Caches", /^sluice_cache_/],
  ["Hooks", /^sluice_hook_/],
  ["Credentials and forward proxies", /^sluice_(auth|target|tunnels)_/],
  ["Egress pools", /^sluice_egress_/],
  ["Discovery, registry, sentinels", /^sluice_(discovery|registry|sentinel)_/],
  ["Fleet", /^sluice_fleet_/],
  ["Certificates", /^sluice_certificate_/],
  ["Workers and the access log", /^sluice_(worker|access)_/],
  ["Under a name of one's own", new RegExp(`^${prefix}_`)],
  ["The process and its config", /^/],
];

function subjectOf(name: string): RegExp {
  return subjects.find(([, begins]) => begins.test(name))![1];
}

function rowOf({ name, type, help, labels }: Family): readonly string[] {
  const shown = [...labels].map(([label, values]) => {
    const fixed = told[label] ?? (listed.has(label) ? [...values] : []);
    return fixed.length === 0 ? code(label) : `${code(label)} (${fixed.join(", ")})`;
  });
  return [code(name), type, shown.join(", "), prose(help)];
}

export function familiesOf(page: string): Family[] {
  const families: { name: string; type: string; help: string; labels: Map<string, Set<string>> }[] = [];
  for (const line of page.split("\n")) {
    const [, help, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (help === "HELP") families.push({ name, help: rest, type: "", labels: new Map() });
    const family = families.at(-1);
    if (family === undefined) continue;
    if (help === "TYPE") family.type = rest;
    const isLabelled = /^[^#{]*\{(.*)\} \S+$/.exec(line)?.[1] ?? "";
    for (const [, label = "", value = ""] of isLabelled.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)) {
      if (label === "le") continue;
      const values = family.labels.get(label) ?? new Set<string>();
      family.labels.set(label, values.add(value));
    }
  }
  return families;
}
