// The servers of a set of the registry, told by whoever keeps it (src/registry). How changes are heard of, and what becomes of a Redis that
// is away, is its business; here an answer only changes its words.

import type { Registry } from "../../registry/registry.ts";
import type { Answer, Source } from "./source.ts";

export class RegistrySource implements Source {
  readonly name: string;
  readonly #set: string;
  readonly #registry: Registry;
  #stop: (() => void) | null = null;

  constructor(set: string, registry: Registry) {
    this.name = `registry ${set}`;
    this.#set = set;
    this.#registry = registry;
  }

  start(tell: (answer: Answer) => void): void {
    this.#stop = this.#registry.watch(this.#set, (told) =>
      tell(
        told.ok ? told : { ok: false, problem: `cannot be asked at ${this.#registry.status().place}: ${told.problem}` },
      ),
    );
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }
}
