// Where control can be asked: the admin interface, and that once more for commands on this machine (localdoor.ts) and with TLS where a
// config of gobetween's says so, the metrics on an address of their own, and ipmanager's port. It opens and closes them,
// and gives each what it answers from; who may ask what is theirs. The admin interface is opened first, for it says how the start goes.

import { readFileSync } from "node:fs";
import type { ProfileOrder } from "../config/message.ts";
import type { Address } from "../config/plan.ts";
import { type Rate, readRate } from "../config/rate.ts";
import type { Config } from "../config/types.ts";
import { type Admin, type AdminOptions, openAdmin } from "./admin.ts";
import type { AdminService } from "./adminservice.ts";
import { auditOperations } from "./api/audit.ts";
import { debugRoutes } from "./api/debug.ts";
import { Audit } from "./audit.ts";
import { Gobetween } from "./gobetween.ts";
import type { Credentials } from "./guard.ts";
import { Haproxy } from "./haproxy.ts";
import { type IpmanagerListener, openIpmanager } from "./ipmanager.ts";
import { openLocalDoor } from "./localdoor.ts";
import type { Log } from "./log.ts";
import { type MetricsListener, openMetricsListener } from "./metricslistener.ts";
import { addressOf } from "./preflight.ts";
import { operationsOf, type RoutesParts } from "./routes.ts";

export interface DoorsOptions {
  /** That Sluice starts with: addresses and token stay as they are until the next start. */
  readonly config: Config;
  /** The one in force. */
  readonly current: () => Config;
  /** Of which other program the config is, where it is. */
  readonly foreign?: string | undefined;
  readonly service: AdminService;
  readonly parts: Omit<RoutesParts, "debug">;
  readonly folder: string;
  readonly takeProfile: ((order: ProfileOrder) => Promise<void>) | undefined;
  /** Told after each answer of the admin interface. */
  readonly answered: () => void;
  readonly log: Log;
}

export interface OtherDoors {
  readonly metrics: Address | null;
  readonly ipmanager: Address | null;
  /** The admin interface with TLS, for gobetween's REST API. */
  readonly secure?: Address | null;
}

interface Open {
  readonly admin: Admin;
  readonly local: Admin | null;
  readonly secure: Admin | null;
  readonly gobetween: Gobetween | null;
  readonly haproxy: Haproxy | null;
  readonly audit: Audit;
  readonly metrics: MetricsListener | null;
  readonly ipmanager: IpmanagerListener | null;
}

/** Programs whose configs have no word for the admin interface. */
const mute: ReadonlySet<string> = new Set(["goproxy", "GopherProxy", "haproxy", "ipmanager"]);
const byVariable = "SLUICE_ADMIN in the environment gives it another, as in SLUICE_ADMIN=127.0.0.1:2113";

export class Doors {
  readonly #open: Open;

  private constructor(open: Open) {
    this.#open = open;
  }

  /** Rejects with an Error with a sentence for the operator when an address cannot be listened on; none is open then. */
  static async open(options: DoorsOptions): Promise<Doors> {
    const { config, current, foreign, log, folder, takeProfile, answered } = options;
    const { supervisor, holdings } = options.parts;
    const { token } = config.admin;
    // One for both places where they are, so that one profile is taken at a time.
    const debug = debugRoutes({
      ...{ token, foreign, folder, log },
      own: takeProfile ?? (() => Promise.reject(new Error("this process takes none"))),
      ofWorker: (worker, order) => supervisor.profile(worker, order),
    });
    const parts: RoutesParts = { ...options.parts, debug };
    const audit = new Audit({ folder, log });
    audit.follow((record) => parts.live.audited(record));
    const gobetween = config.gobetween === undefined ? null : new Gobetween({ ...options, ...parts });
    const service = gobetween?.serviceWithMetrics() ?? options.service;
    const operations = [...operationsOf(parts), ...auditOperations(audit), ...(gobetween?.operations() ?? [])];
    const haproxy =
      config.admin.haproxy === undefined ? null : new Haproxy({ ...options, ...parts, service, operations, audit });
    const { hosts = null, rateLimit } = config.admin;
    const common: Omit<AdminOptions, "address" | "remedy" | "tls"> = {
      ...{ token, credentials: credentialsOf(config), hosts, rate: rateOf(rateLimit) },
      ...{ service, audit, log, answered, routes: [debug] },
      operations: [...operations, ...(haproxy?.operations() ?? [])],
    };
    const open: { -readonly [Part in keyof Open]: Open[Part] | null } = {
      ...{ audit, gobetween, haproxy, admin: null, local: null, secure: null, metrics: null, ipmanager: null },
    };
    try {
      const remedy = foreign !== undefined && mute.has(foreign) ? byVariable : undefined;
      const admin = openAdmin({ ...common, remedy, address: addressOf(config.admin.listen) });
      open.admin = admin;
      open.local = openLocalDoor(folder, common);
      open.secure = openSecure(config, common);
      const { listen } = config.metrics ?? {};
      if (listen !== undefined) open.metrics = openMetricsListener({ address: addressOf(listen), service, log });
      if (config.ipmanager !== undefined)
        open.ipmanager = openIpmanager({
          ...{ address: addressOf(config.ipmanager.listen), token, debug, log },
          service: {
            settings: () => current().ipmanager?.settings ?? {},
            pool: () => current().ipmanager?.egress ?? "",
            egresses: holdings.egresses,
            unreadiness: () => service.unreadiness(),
            nowMs: Date.now,
          },
        });
      haproxy?.open();
      return new Doors({ ...open, admin, audit });
    } catch (error) {
      await closeAll(open);
      throw error;
    }
  }

  /** Said when the first plan is in force. */
  async started(): Promise<void> {
    await this.#open.haproxy?.started();
  }

  /** Of the admin interface. */
  get address(): Address {
    return this.#open.admin.address;
  }

  /** Of the others, where there are any. */
  get others(): OtherDoors {
    const { metrics, ipmanager, secure } = this.#open;
    return {
      metrics: metrics?.address ?? null,
      ipmanager: ipmanager?.address ?? null,
      secure: secure?.address ?? null,
    };
  }

  close(): Promise<void> {
    return closeAll(this.#open);
  }
}

async function closeAll(open: { readonly [Part in keyof Open]: Open[Part] | null }): Promise<void> {
  const { admin, local, secure, metrics, ipmanager, audit, gobetween, haproxy } = open;
  await metrics?.close();
  await ipmanager?.close();
  await secure?.close();
  await local?.close();
  await admin?.close();
  gobetween?.close();
  await haproxy?.close();
  audit?.close();
}

/** Null where no password is asked for by name. */
function credentialsOf({ gobetween }: Config): Credentials | null {
  const { user, password } = gobetween?.api ?? {};
  return user === undefined || password === undefined ? null : { user, password };
}

function openSecure({ gobetween }: Config, common: Omit<AdminOptions, "address" | "tls">): Admin | null {
  const tls = gobetween?.api?.tls;
  if (tls === undefined) return null;
  // They have been looked at when the config was loaded.
  const [cert, key] = [readFileSync(tls.certificate, "utf8"), readFileSync(tls.key, "utf8")];
  return openAdmin({ ...common, address: addressOf(tls.listen), tls: { cert, key } });
}

function rateOf(text: string | undefined): Rate | undefined {
  const rate = text === undefined ? null : readRate(text);
  return rate?.ok === true ? rate.value : undefined;
}
