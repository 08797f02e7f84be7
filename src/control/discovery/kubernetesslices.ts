// What is known of a Service's slices: what a list told, and what a watch has told since, up to a version that says where the next watch
// goes on. The ways of client-go's reflector: the first list may be as old as it likes (version 0, which the API server answers from
// memory), each one after it no older than what is known here, and only where a version is gone (410) is the next one of all the
// API server's storage. Versions are the API server's own, and not compared.

import { valueAt } from "./reading.ts";

/** Of slices with one endpoint each, as many as there are entries of a source. */
const slicesMax = 10_000;

/** lost: what comes next cannot be known from here, a list is wanted. */
export type Heard = "changed" | "marked" | "lost";

export class KubernetesSlices {
  readonly #byName = new Map<string, unknown>();
  #version = "";
  #isGone = false;
  #changes = 0;

  /** For a watch; empty where only a list leads to one. */
  get version(): string {
    return this.#version;
  }

  /** How often a watch has changed what is known. */
  get changes(): number {
    return this.#changes;
  }

  /** For a list: how old it may be; empty where nothing but the newest will do. */
  get notOlderThan(): string {
    return this.#isGone ? "" : this.#version === "" ? "0" : this.#version;
  }

  /** The API server knows this version no more, or not yet. */
  lose(): void {
    this.#version = "";
    this.#isGone = true;
  }

  listed(items: readonly unknown[], version: string): void {
    this.#byName.clear();
    for (const item of items) this.#byName.set(nameOf(item), item);
    this.#version = version;
    this.#isGone = false;
  }

  /** An event of a watch. */
  heard(event: unknown): Heard {
    const version = valueAt(event, "object.metadata.resourceVersion");
    if (typeof version !== "string" || version === "") {
      if (valueAt(event, "object.code") === 410) this.lose();
      return "lost";
    }
    const object = valueAt(event, "object");
    const name = nameOf(object);
    switch (valueAt(event, "type")) {
      case "ADDED":
      case "MODIFIED":
        if (!this.#byName.has(name) && this.#byName.size >= slicesMax) return "lost";
        this.#byName.set(name, object);
        break;
      case "DELETED":
        this.#byName.delete(name);
        break;
      case "BOOKMARK":
        this.#version = version;
        return "marked";
      default:
        return "lost";
    }
    this.#version = version;
    this.#changes++;
    return "changed";
  }

  /** In the order of a list: a slice that came later stands where it would stand there. */
  all(): unknown[] {
    return [...this.#byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, slice]) => slice);
  }
}

function nameOf(slice: unknown): string {
  return String(valueAt(slice, "metadata.name") ?? "");
}
