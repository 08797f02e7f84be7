// The account at an authority: found by its key, or made, with the address for letters and, where the authority wants one, the account that
// it has given beforehand. The key is kept before the authority is told of it: however a run ends, the next one finds the same account.

import type { AcmeClient } from "./client.ts";
import { Trouble } from "./trouble.ts";

export interface AccountRecord {
  /** PEM. */
  readonly key: string;
  /** Null before the authority has said it. */
  readonly url: string | null;
  /** What was told last; null is none. */
  readonly email: string | null;
}

export interface AccountWishes {
  readonly email: string | null;
  readonly external: { readonly id: string; readonly hmacKey: string } | null;
}

/** The client speaks for the account afterwards. The answer is what to keep. */
export async function openAccount(
  client: AcmeClient,
  record: AccountRecord,
  wishes: AccountWishes,
): Promise<AccountRecord> {
  const contact = wishes.email === null ? [] : [`mailto:${wishes.email}`];
  if (record.url !== null) {
    client.account = record.url;
    if (record.email === wishes.email) return record;
    await client.post(record.url, { contact });
    return { ...record, email: wishes.email };
  }
  client.account = null;
  const directory = await client.directory();
  if (directory.needsExternalAccount && wishes.external === null)
    throw new Trouble(
      "refused",
      "the authority wants an account that it has given beforehand: write acme.externalAccount with its id and hmacKey",
      { type: "externalAccountRequired" },
    );
  const binding =
    wishes.external === null ? {} : { externalAccountBinding: client.key.bind(directory.newAccount, wishes.external) };
  const said = await client.post(directory.newAccount, { termsOfServiceAgreed: true, contact, ...binding });
  const { location } = said;
  if (location === null) throw new Trouble("away", "the authority does not say where the account is");
  client.account = location;
  // An account that was there already (200) may have another address for letters.
  if (said.status === 200 && wishes.email !== null) await client.post(location, { contact });
  return { key: record.key, url: location, email: wishes.email };
}
