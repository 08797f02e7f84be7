// The sections registry and sentinel in numbers: what control's parts are opened with. Neither is part of the plan, for no worker needs
// it. Members are written here as sentinels write them.

import { readServerAddress } from "../base/address.ts";
import { type RedisPlace, readRedisPlace } from "../base/redisplace.ts";
import { compileCheck } from "./compilecheck.ts";
import { registry as registrySchema } from "./fleetschema.ts";
import { ms, value } from "./measure.ts";
import type { Address, CheckPlan } from "./plan.ts";
import type { Registry, Sentinel } from "./types.ts";

export interface RegistryPlan {
  /** With its secrets. */
  readonly place: RedisPlace;
  readonly pollMs: number;
  readonly timeoutMs: number;
  /** Whether Redis is to tell of changes. */
  readonly isNotified: boolean;
}

export interface TargetPlan {
  /** As written: "10.0.0.1:80". */
  readonly target: string;
  /** As it stands in the set: "http://10.0.0.1:80". */
  readonly member: string;
  /** `host:port`, without a weight. */
  readonly name: string;
  /** Its host may still be a name. */
  readonly address: Address;
}

export interface SentinelPlan {
  readonly set: string;
  /** Null: whoever runs it finds one. */
  readonly id: string | null;
  readonly targets: readonly TargetPlan[];
  readonly check: CheckPlan;
  readonly leaseMs: number;
  readonly quorum: "majority" | number;
}

/** Null: the registry is in memory. */
export function compileRegistry(registry: string | Registry | undefined): RegistryPlan | null {
  if (registry === undefined) return null;
  const whole = typeof registry === "string" ? registrySchema.parse({ redis: registry }) : registry;
  const { redis, poll, timeout, notify } = whole;
  return {
    place: value(readRedisPlace(redis)),
    pollMs: ms(poll),
    timeoutMs: ms(timeout),
    isNotified: notify === "auto",
  };
}

export function compileSentinel({ set, id, targets, scheme, check, lease, quorum }: Sentinel): SentinelPlan {
  const checked = compileCheck(check);
  const isSecure = scheme === "https" && (checked.kind === "tcp" || checked.kind === "http");
  return {
    set,
    id: id ?? null,
    targets: targets.map((target) => {
      const { name, address } = value(readServerAddress(target));
      return { target, member: scheme === "" ? target : `${scheme}://${target}`, name, address };
    }),
    // Who is reached over TLS is well when TLS is.
    check: { ...checked, tls: checked.tls ?? (isSecure ? true : null) },
    leaseMs: ms(lease),
    quorum,
  };
}
