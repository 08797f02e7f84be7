// TLS of bind and server lines: versions, ciphers, files. HAProxy says versions in three ways (a least and a greatest, none of one,
// only one), which all come to a range here; what global says for all lines stands behind what a line says.

import type { Ledger } from "../ledger.ts";
import type { Options } from "./options.ts";
import { pathOf, type Word } from "./scene.ts";

export type Version = "1.0" | "1.1" | "1.2" | "1.3";
/** What HAProxy speaks unless told, and so do we. */
const usualVersions: readonly Version[] = ["1.2", "1.3"];
const named: Readonly<Record<string, Version>> = {
  SSLv3: "1.0",
  "TLSv1.0": "1.0",
  "TLSv1.1": "1.1",
  "TLSv1.2": "1.2",
  "TLSv1.3": "1.3",
};
const numbered: Readonly<Record<string, Version>> = { tlsv10: "1.0", tlsv11: "1.1", tlsv12: "1.2", tlsv13: "1.3" };

export interface Range {
  readonly minVersion?: Version;
  readonly maxVersion?: Version;
}

/** `usual`: of ssl-default-bind-options or -server-options. */
export function versionsOf(ledger: Ledger, options: Options, usual: Range): Range {
  const forced = options.names().findLast((name) => name.startsWith("force-"));
  if (forced !== undefined) {
    const version = numberedAt(forced.slice("force-".length));
    if (version === undefined) ledger.refuse(pathOf(options.word(forced)!), "SSL 3 is not spoken any more");
    return version === undefined ? {} : rangeOf(version, version);
  }
  const least = versionAt(ledger, options.value("ssl-min-ver"));
  const greatest = versionAt(ledger, options.value("ssl-max-ver"));
  const without = options.names().flatMap((name) => numberedAt(name.replace(/^no-/, "")) ?? []);
  const left = usualVersions.filter((version) => !without.includes(version));
  if (left.length === 0) ledger.fault(pathOf(options.word("no-tlsv13")!), "leaves no version of TLS that is spoken");
  const min = least ?? usual.minVersion ?? left[0];
  const max = greatest ?? usual.maxVersion ?? left.at(-1);
  return rangeOf(min, max);
}

function numberedAt(name: string): Version | undefined {
  return Object.hasOwn(numbered, name) ? numbered[name] : undefined;
}

/** What is usual here is not written out. */
function rangeOf(min: Version | undefined, max: Version | undefined): Range {
  return {
    ...(min === undefined || min === "1.2" ? {} : { minVersion: min }),
    ...(max === undefined || max === "1.3" ? {} : { maxVersion: max }),
  };
}

function versionAt(ledger: Ledger, word: Word | null): Version | undefined {
  if (word === null) return undefined;
  const version = Object.hasOwn(named, word.text) ? named[word.text] : undefined;
  if (version === undefined) ledger.fault(pathOf(word), `must be one of ${Object.keys(named).join(", ")}`);
  else if (word.text === "SSLv3")
    ledger.approximate(pathOf(word), "SSL 3 is not spoken any more; the oldest version here is TLS 1.0");
  return version;
}

/** The names of an alpn list. */
export function protocols(word: Word | null): readonly string[] {
  return (word?.text ?? "").split(",").filter((name) => name !== "");
}
