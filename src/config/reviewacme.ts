// What certificates from an authority need together: the section acme where a listener has names, a listener that can answer the authority's
// question over HTTP, and each name in one certificate only, or two orders would race for it.

import { normalize } from "node:path";
import { readListenAddress } from "../base/address.ts";
import { quote } from "../base/reading.ts";
import type { Path } from "./problem.ts";
import { modeOf } from "./reviewuse.ts";
import { isSection, listOf, type Report, type Section, sectionOf, textOf } from "./section.ts";

interface Named {
  readonly name: string;
  readonly path: Path;
  /** All names of its certificate, sorted. */
  readonly together: string;
}

const httpPort = 80;
/** Memory, or what a start of the machine clears away. */
const forgotten = /^\/(tmp|run|var\/run|dev\/shm)(\/|$)/;

export function reviewAcme(root: Section, listeners: Section, report: Report): void {
  const named = Object.entries(listeners).flatMap(([listener, value]) => namesOf(listener, sectionOf(value)));
  const [first] = named;
  if (first === undefined) {
    if (isSection(root["acme"]))
      report("warning", ["acme"], "key", "has nothing to ask for: no listener has names under tls.acme");
    return;
  }
  const at: Path = ["listeners", String(first.path[1]), "tls", "acme"];
  if (root["acme"] === undefined)
    report("error", at, "key", "needs the section acme, with agreeToTerms: true, which says from which authority");
  reviewTwice(named, report);
  if (forgotten.test(normalize(textOf(sectionOf(root["acme"])["folder"]) ?? "")))
    report(
      "warning",
      ["acme", "folder"],
      "value",
      "is emptied when the machine restarts: all certificates are then asked for again, and Let's Encrypt gives the same names five times a week; name a folder that stays, such as /var/lib/sluice/acme",
    );
  reviewAnswering(listeners, at, report);
}

function namesOf(listener: string, section: Section): Named[] {
  return listOf(sectionOf(section["tls"])["acme"]).flatMap((each, index): Named[] => {
    const path: Path = ["listeners", listener, "tls", "acme", index];
    const names = (Array.isArray(each) ? each : [each]).map((name) => (textOf(name) ?? "").toLowerCase());
    const together = [...new Set(names)].sort().join(" ");
    return names.flatMap((name, place) => {
      const own = Array.isArray(each) ? [...path, place] : path;
      return name === "" ? [] : [{ name, path: own, together }];
    });
  });
}

function reviewTwice(named: readonly Named[], report: Report): void {
  const seen = new Map<string, Named>();
  for (const each of named) {
    const other = seen.get(each.name);
    if (other === undefined) seen.set(each.name, each);
    else if (other.together !== each.together)
      report(
        "error",
        each.path,
        "value",
        `is the name ${quote(each.name)}, which stands in another certificate as well; two listeners may show one certificate, where both have the same names in it`,
      );
  }
}

/** The authority asks on port 80 (RFC 8555 8.3), whatever stands there. */
function reviewAnswering(listeners: Section, at: Path, report: Report): void {
  const answering = Object.values(listeners)
    .map(sectionOf)
    .filter((listener) => modeOf(listener) === "http");
  if (answering.length === 0)
    return report(
      "error",
      at,
      "key",
      'needs a listener of mode http that can answer the authority, which asks over HTTP on port 80: add one with listen: ":80" and redirect: https',
    );
  const isThere = answering.some(({ listen, tls }) => {
    const reading = readListenAddress(textOf(listen) ?? "");
    return tls === undefined && reading.ok && reading.value.kind === "tcp" && reading.value.port === httpPort;
  });
  if (!isThere)
    report(
      "warning",
      at,
      "key",
      'finds no listener of mode http without tls on port 80, where the authority asks; add one with listen: ":80" and redirect: https, unless that port is forwarded to another listener here',
    );
}
