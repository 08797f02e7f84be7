// Containers that run, by Docker's API (GET /containers/json), asked anew at each of Docker's events (GET /events) and now and then besides.
// What a container says of itself by labels, sluice.port, sluice.weight, sluice.backup and sluice.drain, counts; one whose own
// health check does not pass is given nothing new.

import type { Discover, DiscoverDocker } from "../../config/types.ts";
import { Asking, Refusal, type Rhythm, type Said } from "./asking.ts";
import { answerOf, type Entry } from "./entry.ts";
import { answers, fetchLines, fetchText, fetchWhole, placeOf, type Target } from "./fetching.ts";
import { Following } from "./following.ts";
import { valueAt } from "./reading.ts";
import type { Answer, Source } from "./source.ts";

/** A container takes about 3 KiB of the list. */
const listBytesMax = 16 << 20;
const eventBytesMax = 256 << 10;
const containersMax = 2000;
/** Containers that Docker is asked about side by side, for their variables. */
const askedAtOnce = 16;
/** Not those of commands that are run in containers, as health checks are every few seconds. */
const events = {
  type: ["container", "network"],
  event: ["start", "die", "pause", "unpause", "rename", "update", "health_status", "connect", "disconnect"],
};

export class DockerSource implements Source {
  readonly name: string;
  readonly #asked: DiscoverDocker;
  readonly #target: Target;
  readonly #usualPort: number | undefined;
  readonly #rhythm: Rhythm;
  #asking: Asking | null = null;
  #following: Following | null = null;

  constructor(asked: DiscoverDocker, settings: Discover, rhythm: Rhythm) {
    const { endpoint, label, tls } = asked;
    this.name = `docker ${placeOf(endpoint)}${label === undefined ? "" : ` (${label})`}`;
    this.#asked = asked;
    this.#target = { base: endpoint.replace(/^unix:\/\/+/, "unix:/"), tls };
    this.#usualPort = settings.port;
    this.#rhythm = rhythm;
  }

  start(tell: (answer: Answer) => void): void {
    const asking = new Asking(this.#rhythm, (signal) => this.#ask(signal), tell);
    const changed = (): void => asking.now();
    const path = `/events?filters=${encodeURIComponent(JSON.stringify(events))}`;
    // What has changed until it was open was told to nobody.
    const heard = { opened: changed, line: changed };
    this.#asking = asking;
    this.#following = new Following((signal) => fetchLines(this.#target, path, eventBytesMax, signal, heard));
    asking.now();
    this.#following.start();
  }

  stop(): void {
    this.#following?.stop();
    this.#asking?.stop();
  }

  async #ask(signal: AbortSignal): Promise<Said> {
    const { label } = this.#asked;
    const filters = { status: ["running"], ...(label === undefined ? {} : { label: [label] }) };
    const path = `/containers/json?filters=${encodeURIComponent(JSON.stringify(filters))}`;
    const { body } = await fetchText(this.#target, path, listBytesMax, signal);
    const containers = listOf(body);
    if (containers === null) throw new Refusal("answers something that is no list of containers");
    const entries: Entry[] = [];
    for (let at = 0; at < Math.min(containers.length, containersMax); at += askedAtOnce) {
      const some = containers.slice(at, at + askedAtOnce);
      const found = await Promise.all(some.map((container) => this.#entryOf(container, signal)));
      entries.push(...found.filter((entry) => entry !== null));
    }
    return { answer: answerOf(entries, undefined) };
  }

  /** Null when it is not there any more. */
  async #entryOf(container: unknown, signal: AbortSignal): Promise<Entry | null> {
    const id = String(valueAt(container, "Id") ?? "");
    const at = `container ${id.replace(/[^0-9a-f]/gi, "").slice(0, 12)}`;
    const labelled = (name: string): unknown => labelOf(container, `sluice.${name}`);
    const port = this.#asked.port ?? labelled("port") ?? this.#usualPort ?? onlyPort(container);
    const isPublished = this.#asked.host !== undefined || this.#asked.hostVariable !== undefined;
    const place = isPublished ? await this.#published(container, id, Number(port), signal) : this.#own(container, port);
    if (place === null) return null;
    const status = String(valueAt(container, "Status") ?? "");
    const isUnwell = status.includes("(unhealthy)") || status.includes("(health: starting)");
    return {
      at,
      ...place,
      weight: labelled("weight"),
      backup: labelled("backup"),
      drain: isUnwell ? true : labelled("drain"),
      name: labelOf(container, this.#asked.nameLabel ?? "sluice.sni"),
    };
  }

  /** Where it is reached from the same network. */
  #own(container: unknown, port: unknown): Pick<Entry, "host" | "port"> {
    const networks = valueAt(container, "NetworkSettings.Networks");
    if (typeof networks !== "object" || networks === null) return { host: undefined };
    const { network } = this.#asked;
    const names = network === undefined ? Object.keys(networks).sort() : [network];
    for (const name of names) {
      const settings = Object.hasOwn(networks, name) ? (networks as Record<string, unknown>)[name] : undefined; // Seen to be an object.
      const address = valueAt(settings, "IPAddress") || valueAt(settings, "GlobalIPv6Address");
      if (typeof address === "string" && address !== "") return { host: address, port: port ?? "" };
    }
    return { host: undefined };
  }

  /** Where its port is published on Docker's host: at that address, or where it is for all, at the one that was named. Null when it has gone since it was listed. */
  async #published(
    container: unknown,
    id: string,
    port: number,
    signal: AbortSignal,
  ): Promise<Pick<Entry, "host" | "port"> | null> {
    const { host, hostVariable } = this.#asked;
    const published = portsOf(container).find((each) => each.own === port && each.published !== null);
    if (published === undefined) return { host: undefined };
    const named = hostVariable === undefined ? null : await this.#variable(id, hostVariable, signal);
    if (named === undefined) return null;
    const isForAll = ["", "0.0.0.0", "::"].includes(published.address);
    return { host: named ?? (isForAll ? host : published.address), port: published.published };
  }

  /** Null when it has none of this name; undefined when there is no such container. */
  async #variable(id: string, name: string, signal: AbortSignal): Promise<string | null | undefined> {
    const path = `/containers/${encodeURIComponent(id)}/json`;
    const { status, body } = await fetchWhole(this.#target, path, listBytesMax, signal);
    if (status === 404) return undefined;
    if (status !== 200) throw new Refusal(answers(status));
    const variables = valueAt(parsed(body), "Config.Env");
    const found = Array.isArray(variables) ? variables.find((each) => String(each).startsWith(`${name}=`)) : undefined;
    const value = found === undefined ? "" : String(found).slice(name.length + 1);
    return value === "" ? null : value;
  }
}

interface Port {
  readonly own: number;
  readonly published: number | null;
  readonly address: string;
}

function portsOf(container: unknown): Port[] {
  const ports = valueAt(container, "Ports");
  return (Array.isArray(ports) ? ports : []).map((port) => ({
    own: Number(valueAt(port, "PrivatePort")),
    published: Number(valueAt(port, "PublicPort")) || null,
    address: String(valueAt(port, "IP") ?? ""),
  }));
}

function onlyPort(container: unknown): number | undefined {
  const own = [...new Set(portsOf(container).map((port) => port.own))];
  return own.length === 1 ? own[0] : undefined;
}

function labelOf(container: unknown, name: string): unknown {
  const labels = valueAt(container, "Labels");
  return typeof labels === "object" && labels !== null && Object.hasOwn(labels, name)
    ? (labels as Record<string, unknown>)[name] // Seen to be an object.
    : undefined;
}

function listOf(body: string): readonly unknown[] | null {
  const value = parsed(body);
  return Array.isArray(value) ? value : null;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return null;
  }
}
