// What `sluice check` says of certificates that an authority gives: how many, of whom, and where they are kept. It asks nobody, and looks into no
// folder: whether they are there already is for `sluice cert` to say. Of keys nothing.

import { wishesOf } from "../config/acmenames.ts";
import { directories } from "../config/acmeschema.ts";
import type { Acme, Config } from "../config/types.ts";

/** `acme     2 certificates of acme-v02.api.letsencrypt.org, kept in /etc/sluice/acme`; none without any. */
export function acmeSummary(config: Config): string[] {
  const { acme } = config;
  const { length: count } = wishesOf(config);
  if (acme === undefined || count === 0) return [];
  const { host } = new URL(directories[acme.directory] ?? acme.directory);
  return [`acme     ${count === 1 ? "1 certificate" : `${count} certificates`} of ${host}, kept in ${acme.folder}`];
}

/** As it is in force, but for the secrets in it. */
export function acmeShown(acme: Acme): Acme {
  const { externalAccount } = acme;
  return externalAccount === undefined ? acme : { ...acme, externalAccount: { ...externalAccount, hmacKey: "(set)" } };
}
