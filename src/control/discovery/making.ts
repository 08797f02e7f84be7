// Which source a section of a config is. That it names exactly one, and all that it needs, has been seen by reviewdiscover.ts; short
// forms ("app.local:80", a service's name) are written out here, as the schema describes them. It knows all kinds of sources, and
// no other file does.

import { isIp } from "../../base/address.ts";
import { AssertionError } from "../../base/assert.ts";
import { ms } from "../../config/measure.ts";
import { portedName } from "../../config/reviewdiscover.ts";
import type { Discover, DiscoverConsul, DiscoverDns, DiscoverDocker } from "../../config/types.ts";
import type { Registry } from "../../registry/registry.ts";
import { StandingRegistry } from "../../registry/standing.ts";
import type { Rhythm } from "./asking.ts";
import { ConsulSource } from "./consulsource.ts";
import { DnsSource } from "./dnssource.ts";
import { DockerSource } from "./dockersource.ts";
import { ExecSource } from "./execsource.ts";
import { FileSource } from "./filesource.ts";
import { HttpSource } from "./httpsource.ts";
import { KubernetesSource } from "./kubernetessource.ts";
import { RegistrySource } from "./registrysource.ts";
import type { Source } from "./source.ts";

export type Make = (settings: Discover) => Source;

export function sourceOf(settings: Discover, registry: Registry): Source {
  const rhythm: Rhythm = { intervalMs: ms(settings.interval), timeoutMs: ms(settings.timeout) };
  const { file, dns, http, exec } = settings;
  if (file !== undefined) return new FileSource(file, settings, rhythm);
  if (dns !== undefined) return new DnsSource(dnsOf(dns), settings, rhythm);
  if (http !== undefined) return new HttpSource(typeof http === "string" ? { url: http } : http, settings, rhythm);
  if (exec !== undefined) return new ExecSource(exec, settings, rhythm);
  const { docker, kubernetes, consul } = settings;
  if (docker !== undefined) return new DockerSource(dockerOf(docker), settings, rhythm);
  if (kubernetes !== undefined)
    return new KubernetesSource(typeof kubernetes === "string" ? { service: kubernetes } : kubernetes, rhythm);
  if (consul !== undefined) return new ConsulSource(consulOf(consul), settings, rhythm);
  if (settings.registry !== undefined) return new RegistrySource(settings.registry, registry);
  throw new AssertionError("a source of no kind");
}

/** What it will be called in logs. Nobody is asked. */
export function sourceNameOf(settings: Discover): string {
  return sourceOf(settings, new StandingRegistry()).name;
}

function dockerOf(docker: true | string | DiscoverDocker): DiscoverDocker {
  const endpoint = "unix:/var/run/docker.sock";
  if (typeof docker === "object") return docker;
  return docker === true ? { endpoint } : { endpoint, label: docker };
}

function consulOf(consul: string | DiscoverConsul): DiscoverConsul {
  return typeof consul === "object" ? consul : { service: consul, endpoint: "http://127.0.0.1:8500", passing: true };
}

/** `app.local:80`, by itself or as the name of a section. */
function dnsOf(dns: string | DiscoverDns): DiscoverDns {
  const section: DiscoverDns = typeof dns === "string" ? { name: dns, record: "address" } : dns;
  const ported = isIp(section.name) ? null : portedName(section.name);
  return ported === null ? section : { ...section, ...ported };
}
