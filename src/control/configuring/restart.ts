// What a config says that a Sluice which runs cannot do any more: keys that take effect at the next start only, as processes, and the
// doors at which control can be asked, are opened once. Such a key waits where it is not what Sluice was started with; it is told to
// who changes it, once, and not to who changes another, nor to who changes it back.

import { workersOf } from "../../config/compile.ts";
import type { Config } from "../../config/types.ts";

export interface Machine {
  /** As many as there are, until the next start. */
  readonly workers: number;
  readonly cores: number;
}

/** `started`: what Sluice was started with. */
export function restartKeys(started: Config, before: Config, after: Config, { workers, cores }: Machine): string[] {
  const waits = (of: (config: Config) => unknown): boolean =>
    !Bun.deepEquals(of(after), of(started)) && !Bun.deepEquals(of(after), of(before));
  return [
    ...(workersOf(after, cores) === workers ? [] : ["workers"]),
    ...(waits(openingsOf) ? ["admin"] : []),
    ...(waits(({ metrics }) => metrics?.listen) ? ["metrics.listen"] : []),
    ...(waits(({ ipmanager }) => ipmanager?.listen) ? ["ipmanager.listen"] : []),
    ...(waits(({ gobetween }) => gobetween && [gobetween.api, gobetween.metrics]) ? ["gobetween"] : []),
    ...(waits(({ log }) => log.format) ? ["log.format"] : []),
    ...(waits(({ log }) => log.syslog) ? ["log.syslog"] : []),
  ];
}

/** What HAProxy calls listeners and pools is asked for each time. */
function openingsOf({ admin: { haproxy, ...admin } }: Config): unknown {
  return { ...admin, haproxy: haproxy && { ...haproxy, proxies: [] } };
}
