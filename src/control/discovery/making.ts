// Which source a section of a config is. That it names exactly one, and all that it needs, has been seen by reviewdiscover.ts.

import { AssertionError } from "../../base/assert.ts";
import { ms } from "../../config/measure.ts";
import type { Discover, DiscoverDns } from "../../config/types.ts";
import type { Rhythm } from "./asking.ts";
import { DnsSource } from "./dnssource.ts";
import { ExecSource } from "./execsource.ts";
import { FileSource } from "./filesource.ts";
import { HttpSource } from "./httpsource.ts";
import type { Source } from "./source.ts";

export type Make = (settings: Discover) => Source;

export function sourceOf(settings: Discover): Source {
  const rhythm: Rhythm = { intervalMs: ms(settings.interval), timeoutMs: ms(settings.timeout) };
  const { file, dns, http, exec } = settings;
  if (file !== undefined) return new FileSource(file, settings, rhythm);
  if (dns !== undefined) return new DnsSource(typeof dns === "string" ? dnsOf(dns) : dns, settings, rhythm);
  if (http !== undefined) return new HttpSource(typeof http === "string" ? { url: http } : http, settings, rhythm);
  if (exec !== undefined) return new ExecSource(exec, settings, rhythm);
  throw new AssertionError("a source of no kind");
}

/** `app.local:80`. */
function dnsOf(text: string): DiscoverDns {
  const at = text.lastIndexOf(":");
  return { name: text.slice(0, at), record: "address", port: Number(text.slice(at + 1)) };
}
