// The EndpointSlices of a Service (discovery.k8s.io/v1): listed once, then followed by a watch whose events are applied to what is known
// (`kubernetesslices`). They are listed again now and then, where a watch cannot go on, and where it broke off or ended soon; never for
// each change, for that costs the API server more than the watch. An endpoint that terminates is given nothing new; one that is not
// ready is not there. The token is read anew at each question, for the one of a pod is exchanged about once an hour.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DiscoverKubernetes } from "../../config/types.ts";
import { Asking, Refusal, type Rhythm, type Said } from "./asking.ts";
import { answerOf, type Entry } from "./entry.ts";
import { answers, type Fetched, fetchLines, fetchWhole, type Target } from "./fetching.ts";
import { Following } from "./following.ts";
import { KubernetesSlices } from "./kubernetesslices.ts";
import { valueAt } from "./reading.ts";
import type { Answer, Source } from "./source.ts";

/** A slice of a hundred endpoints takes about 60 KiB. */
const listBytesMax = 16 << 20;
const eventBytesMax = 4 << 20;
const entriesMax = 10_000;
/** How long a watch is asked for; API servers end them by themselves otherwise. */
const watchSeconds = 300;
/** And how much longer it may take: one that goes on then has lost its connection without a word. */
const watchGraceSeconds = 30;
/** One that ends by itself within this may be no watch at all: what stands between may answer so. */
const soonMs = 5000;
/** A version that a list was asked to be no older than is too old, or newer than what this API server knows as yet. */
const otherVersions: readonly number[] = [410, 504];

/** Where a pod finds what it needs. */
export interface PodPlace {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export const podPlace: PodPlace = {
  folder: "/var/run/secrets/kubernetes.io/serviceaccount",
  environment: process.env,
};

export class KubernetesSource implements Source {
  readonly name: string;
  readonly #asked: DiscoverKubernetes;
  readonly #service: string;
  readonly #namespace: string | undefined;
  readonly #rhythm: Rhythm;
  readonly #pod: PodPlace;
  #asking: Asking | null = null;
  #following: Following | null = null;
  readonly #slices = new KubernetesSlices();
  /** A watch waits for a version. */
  #listed: (() => void) | null = null;
  #isListWanted = true;
  #listedAtMs = 0;

  constructor(asked: DiscoverKubernetes, rhythm: Rhythm, pod: PodPlace = podPlace) {
    const [first = "", second] = asked.service.split("/");
    this.#service = second ?? first;
    this.#namespace = second === undefined ? asked.namespace : first;
    this.name = `kubernetes ${this.#namespace === undefined ? "" : `${this.#namespace}/`}${this.#service}`;
    this.#asked = asked;
    this.#rhythm = rhythm;
    this.#pod = pod;
  }

  start(tell: (answer: Answer) => void): void {
    const asking = new Asking(this.#rhythm, (signal) => this.#ask(signal), tell);
    this.#asking = asking;
    this.#following = new Following((signal) => this.#watch(signal, () => asking.now()));
    asking.now();
  }

  stop(): void {
    this.#following?.stop();
    this.#asking?.stop();
  }

  async #ask(signal: AbortSignal): Promise<Said> {
    const { intervalMs } = this.#rhythm;
    const dueMs = intervalMs === 0 ? Number.POSITIVE_INFINITY : this.#listedAtMs + intervalMs;
    // Otherwise it is asked because a watch has told something.
    if (this.#isListWanted || performance.now() >= dueMs) await this.#list(signal);
    const answer = answerOf(this.#entriesOf(this.#slices.all()), undefined);
    if (intervalMs === 0) return { answer };
    return { answer, nextMs: Math.max(this.#listedAtMs + intervalMs - performance.now(), 0) };
  }

  async #list(signal: AbortSignal): Promise<void> {
    this.#isListWanted = true;
    const { changes } = this.#slices;
    const { body } = await this.#fetchList(signal);
    // It came late, and nobody waits for it.
    if (signal.aborted) return;
    const list = parsed(body);
    const items = valueAt(list, "items");
    if (!Array.isArray(items)) throw new Refusal("answers something that is no list of EndpointSlices");
    // What a watch has told meanwhile may be newer than the list, and is as whole.
    if (changes === this.#slices.changes || this.#slices.version === "")
      this.#slices.listed(items, String(valueAt(list, "metadata.resourceVersion") ?? ""));
    this.#isListWanted = false;
    this.#listedAtMs = performance.now();
    if (this.#slices.version === "") return;
    this.#listed?.();
    this.#following?.start();
  }

  async #fetchList(signal: AbortSignal): Promise<Fetched> {
    const ask = (): Promise<Fetched> => {
      const version = this.#slices.notOlderThan;
      const more = version === "" ? "" : `&resourceVersion=${encodeURIComponent(version)}`;
      return fetchWhole(this.#target(), this.#path(more), listBytesMax, signal);
    };
    const first = await ask();
    if (first.status === 200) return first;
    if (!otherVersions.includes(first.status) || this.#slices.notOlderThan === "")
      throw new Refusal(answers(first.status));
    this.#slices.lose();
    const second = await ask();
    if (second.status !== 200) throw new Refusal(answers(second.status));
    return second;
  }

  async #watch(signal: AbortSignal, asked: () => void): Promise<void> {
    if (this.#slices.version === "")
      await new Promise<void>((resolve) => {
        this.#listed = resolve;
        signal.addEventListener("abort", () => resolve());
      });
    this.#listed = null;
    if (signal.aborted) return;
    const more = `&watch=1&allowWatchBookmarks=true&timeoutSeconds=${watchSeconds}&resourceVersion=${encodeURIComponent(this.#slices.version)}`;
    const ended = new AbortController();
    const startedMs = performance.now();
    const heard = {
      opened: () => {},
      line: (line: string): void => {
        const what = this.#slices.heard(parsed(line));
        if (what === "lost") ended.abort();
        if (what === "changed") asked();
      },
    };
    let isWhole = false;
    try {
      const late = AbortSignal.timeout((watchSeconds + watchGraceSeconds) * 1000);
      const over = AbortSignal.any([signal, ended.signal, late]);
      await fetchLines(this.#target(), this.#path(more), eventBytesMax, over, heard);
      isWhole = performance.now() - startedMs >= soonMs && !over.aborted;
    } catch (error) {
      if (error instanceof Refusal && error.message === answers(410)) this.#slices.lose();
    }
    // One that has come to its end is gone on with where it ended. Of any other a list tells what may have been missed, or why nobody answers.
    if (isWhole || signal.aborted) return;
    this.#isListWanted = true;
    asked();
  }

  #path(more: string): string {
    const namespace = this.#namespace ?? this.#held("namespace");
    if (namespace === null) throw new Refusal("cannot be asked: no namespace is named, and this is no pod");
    const selector = encodeURIComponent(`kubernetes.io/service-name=${this.#service}`);
    return `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/endpointslices?labelSelector=${selector}${more}`;
  }

  #target(): Target {
    const { endpoint, token, tokenFile, tls } = this.#asked;
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = "443" } = this.#pod.environment;
    if (endpoint === undefined && host === undefined)
      throw new Refusal("cannot be asked: this is no pod, and no endpoint is named");
    const bearer = token ?? (tokenFile === undefined ? this.#held("token") : textOf(tokenFile));
    if (tokenFile !== undefined && bearer === null) throw new Refusal("cannot be asked: its tokenFile cannot be read");
    const headers = { accept: "application/json", ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }) };
    if (endpoint !== undefined) return { base: endpoint, headers, tls };
    const base = `https://${host!.includes(":") ? `[${host}]` : host}:${port}`;
    return { base, headers, tls: tls ?? { ca: join(this.#pod.folder, "ca.crt"), verify: true } };
  }

  #held(file: string): string | null {
    return textOf(join(this.#pod.folder, file));
  }

  #entriesOf(slices: readonly unknown[]): Entry[] {
    const entries: Entry[] = [];
    const those = ofOneFamily(slices);
    // Where all are on their way out, those of them that still serve are better than nobody, as for kube-proxy.
    const isAnyReady = those.some((slice) => endpointsOf(slice).some((endpoint) => standingOf(endpoint) === "ready"));
    for (const slice of those) {
      const name = String(valueAt(slice, "metadata.name") ?? "").replace(/[^a-z0-9.-]/g, "");
      const port = this.#portOf(slice);
      for (const endpoint of endpointsOf(slice)) {
        if (entries.length === entriesMax) return entries;
        const standing = standingOf(endpoint);
        if (standing === "unready") continue;
        const isDrained = standing === "ending" || (standing === "leaving" && isAnyReady);
        entries.push({
          at: `slice ${name}`,
          host: valueAt(endpoint, "addresses[0]"),
          port: port ?? "",
          drain: isDrained,
        });
      }
    }
    return entries;
  }

  #portOf(slice: unknown): unknown {
    const { port: wanted } = this.#asked;
    const found = valueAt(slice, "ports");
    const ports = Array.isArray(found) ? found : [];
    if (typeof wanted === "number") return wanted;
    const named = wanted === undefined ? ports : ports.filter((port) => valueAt(port, "name") === wanted);
    return named.length === 1 ? valueAt(named[0], "port") : undefined;
  }
}

/** A pod of a dual-stack Service stands in slices of both families, and is still one. */
function ofOneFamily(slices: readonly unknown[]): readonly unknown[] {
  for (const family of ["IPv4", "IPv6", "FQDN"]) {
    const those = slices.filter((slice) => valueAt(slice, "addressType") === family);
    if (those.some((slice) => (valueAt(slice, "endpoints") as unknown[] | null | undefined)?.length)) return those; // Nothing else has a length that counts.
  }
  return [];
}

function endpointsOf(slice: unknown): readonly unknown[] {
  const endpoints = valueAt(slice, "endpoints");
  return Array.isArray(endpoints) ? endpoints : [];
}

/** leaving: it terminates, and serves until it has. ending: it terminates, and does not. */
function standingOf(endpoint: unknown): "ready" | "unready" | "leaving" | "ending" {
  // Absent is ready, and as ready as it is it serves.
  const isReady = valueAt(endpoint, "conditions.ready") !== false;
  if (valueAt(endpoint, "conditions.terminating") !== true) return isReady ? "ready" : "unready";
  return (valueAt(endpoint, "conditions.serving") ?? isReady) === true ? "leaving" : "ending";
}

function textOf(path: string): string | null {
  try {
    const text = readFileSync(path, "utf8").trim();
    return text === "" ? null : text;
  } catch {
    return null;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
