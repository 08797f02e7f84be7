// Where the admin interface of a config of ipmanager's listens: ipmanager has none, and that the usual port is taken is no reason not
// to start. Another free port is taken then, unless the environment says where it is to be; the log's line "started" tells it.

import { readListenAddress } from "../base/address.ts";
import { ipmanagerVariables } from "../config/foreign/ipmanager/ipmanager.ts";
import type { Loaded } from "../config/load.ts";
import { busyAddresses } from "../control/port.ts";

export class AdminPlace {
  readonly #isSaid: boolean;
  /** Where it was put first, it stays. */
  #listen: string | null = null;

  constructor(environment: Readonly<Record<string, string | undefined>>) {
    this.#isSaid = (environment[ipmanagerVariables.admin] ?? "").trim() !== "";
  }

  /** Configs of others are as they were. */
  async settle(loaded: Loaded): Promise<Loaded> {
    if (!loaded.ok || this.#isSaid || loaded.origin?.program !== "ipmanager") return loaded;
    const { config } = loaded;
    const reading = readListenAddress(config.admin.listen);
    if (!reading.ok) return loaded;
    const isBusy = this.#listen === null && (await busyAddresses([reading.value])).length > 0;
    this.#listen ??= isBusy ? "127.0.0.1:0" : config.admin.listen;
    return { ...loaded, config: { ...config, admin: { ...config.admin, listen: this.#listen } } };
  }
}
