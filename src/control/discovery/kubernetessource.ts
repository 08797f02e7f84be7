// The EndpointSlices of a Service (discovery.k8s.io/v1), listed, and listed again when a watch tells of a change and now and then
// besides. The watch begins where the last list ended (its resourceVersion); when that is too old for the API server (410), the next
// list has another. An endpoint that terminates is given nothing new; one that is not ready is not there. The token is read
// anew at each question, for the one of a pod is exchanged about once an hour.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DiscoverKubernetes } from "../../config/types.ts";
import { Asking, Refusal, type Rhythm, type Said } from "./asking.ts";
import { answerOf, type Entry } from "./entry.ts";
import { fetchLines, fetchText, type Target } from "./fetching.ts";
import { Following } from "./following.ts";
import { valueAt } from "./reading.ts";
import type { Answer, Source } from "./source.ts";

/** A slice of a hundred endpoints takes about 60 KiB. */
const listBytesMax = 16 << 20;
const eventBytesMax = 4 << 20;
const entriesMax = 10_000;
/** How long a watch is asked for; API servers end them by themselves otherwise. */
const watchSeconds = 300;

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
  #version = "";

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
    const { body } = await fetchText(this.#target(), this.#path(""), listBytesMax, signal);
    const list = parsed(body);
    const items = valueAt(list, "items");
    if (!Array.isArray(items)) throw new Refusal("answers something that is no list of EndpointSlices");
    this.#version = String(valueAt(list, "metadata.resourceVersion") ?? "");
    const answer = answerOf(this.#entriesOf(items), undefined);
    if (this.#version !== "") this.#following?.start();
    return { answer };
  }

  async #watch(signal: AbortSignal, changed: () => void): Promise<void> {
    const more = `&watch=1&allowWatchBookmarks=true&timeoutSeconds=${watchSeconds}&resourceVersion=${encodeURIComponent(this.#version)}`;
    const heard = {
      opened: () => {},
      line: (line: string): void => {
        const event = parsed(line);
        const type = valueAt(event, "type");
        const version = valueAt(event, "object.metadata.resourceVersion");
        if (type === "BOOKMARK" && typeof version === "string") this.#version = version;
        else changed();
      },
    };
    try {
      await fetchLines(this.#target(), this.#path(more), eventBytesMax, signal, heard);
    } finally {
      // Whatever ended it may have been missed, and a version that is too old is replaced by that of a list.
      if (!signal.aborted) changed();
    }
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
