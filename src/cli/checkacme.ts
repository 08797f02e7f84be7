// What `sluice check` says of certificates that an authority gives: how many, of whom, and where they are kept. It asks nobody, and looks into no
// folder, but whether that one can be had: whether they are there already is for `sluice cert` to say. Of keys nothing.

import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { wishesOf } from "../config/acmenames.ts";
import { directories } from "../config/acmeschema.ts";
import type { Acme, Config } from "../config/types.ts";

/** `acme     2 certificates of acme-v02.api.letsencrypt.org, kept in /etc/sluice/acme`; none without any. */
export function acmeSummary(config: Config): string[] {
  const { acme } = config;
  const { length: count } = wishesOf(config);
  if (acme === undefined || count === 0) return [];
  const { host } = new URL(directories[acme.directory] ?? acme.directory);
  const what = `acme     ${count === 1 ? "1 certificate" : `${count} certificates`} of ${host}`;
  return [`${what}, kept in ${acme.folder}${obstacleTo(acme.folder)}`];
}

/** Of the folder, or of the nearest one above it that is there; "" where nothing is in its way. */
function obstacleTo(folder: string): string {
  let there = folder;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  try {
    if (!statSync(there).isDirectory()) return `: but ${there} is no folder`;
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch {
    return `: but who runs this check cannot write to ${there}`;
  }
  return "";
}

/** As it is in force, but for the secrets in it. */
export function acmeShown(acme: Acme): Acme {
  const { externalAccount } = acme;
  return externalAccount === undefined ? acme : { ...acme, externalAccount: { ...externalAccount, hmacKey: "(set)" } };
}
