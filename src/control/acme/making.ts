// The room of the authority with its real parts: the clock of the wall, chance, the network, and pauses that end when they are given up.
// It decides nothing; all that is decided stands in files that get these as parameters, so that tests have parts of their own and an
// authority that costs nothing.

import type { AcmeOptions } from "./acme.ts";
import { Acme } from "./acme.ts";
import { askOver } from "./network.ts";
import { Trouble } from "./trouble.ts";

export type { Acme } from "./acme.ts";

export function makeAcme({
  log,
  version,
  publish,
}: Pick<AcmeOptions, "log" | "publish"> & { readonly version: string }): Acme {
  return new Acme({
    ...{ log, publish, nowMs: Date.now, chance: Math.random, wait: pause },
    network: (ca) => askOver({ ca, version }),
  });
}

/** Rejects when it is stopped. */
export function pause(ms: number, stop: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const giveUp = (): void => {
    clearTimeout(timer);
    reject(new Trouble("ours", "it was given up"));
  };
  const timer = setTimeout(() => {
    stop.removeEventListener("abort", giveUp);
    resolve();
  }, ms);
  if (stop.aborted) giveUp();
  else stop.addEventListener("abort", giveUp, { once: true });
  return promise;
}
