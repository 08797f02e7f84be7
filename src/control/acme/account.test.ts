import { afterAll, expect, test } from "bun:test";
import { FakeAuthority } from "../../../test/acmeauthority.ts";
import { Authority } from "../../../test/authority.ts";
import { type AccountRecord, type AccountWishes, openAccount } from "./account.ts";
import { AcmeClient } from "./client.ts";
import { AccountKey } from "./jws.ts";

const issuer = new Authority("Test CA");
afterAll(() => issuer[Symbol.dispose]());
const stop = new AbortController().signal;
const plain: AccountWishes = { email: null, external: null };

function stage() {
  const authority = new FakeAuthority(issuer, () => undefined);
  const key = AccountKey.make();
  const open = (record: AccountRecord, wishes: AccountWishes): Promise<AccountRecord> =>
    openAccount(
      new AcmeClient({ directory: authority.directory, key, ask: authority.ask, stop, nowMs: () => 0 }),
      record,
      wishes,
    );
  return { authority, open, fresh: { key: key.pem, url: null, email: null } };
}

test("an account is made once, and asked for by its address afterwards", async () => {
  const { authority, open, fresh } = stage();
  const record = await open(fresh, plain);
  expect(record).toEqual({ ...fresh, url: "https://authority.test/account/0" });
  const asked = authority.asked.length;
  expect(await open(record, plain)).toBe(record);
  expect(authority.asked).toHaveLength(asked);
});

test("a run that was killed before it kept the address finds the same account by its key", async () => {
  const { authority, open, fresh } = stage();
  const first = await open(fresh, plain);
  expect(await open(fresh, { ...plain, email: "a@b.c" })).toEqual({ ...first, email: "a@b.c" });
  expect([...authority.accounts.values()]).toEqual([{ url: first.url!, contact: ["mailto:a@b.c"] }]);
});

test("another address for letters is told once, and none as well", async () => {
  const { authority, open, fresh } = stage();
  let record = await open(fresh, { ...plain, email: "a@b.c" });
  for (const email of ["d@e.f", null]) {
    record = await open(record, { ...plain, email });
    const asked = authority.asked.length;
    record = await open(record, { ...plain, email });
    expect(authority.asked).toHaveLength(asked);
  }
  expect([...authority.accounts.values()].map(({ contact }) => contact)).toEqual([[]]);
});

test("an authority that wants an account beforehand is not asked without one", async () => {
  const { authority, open, fresh } = stage();
  authority.external = { kid: "key" };
  expect(open(fresh, plain)).rejects.toThrow("acme.externalAccount");
  const record = await open(fresh, { ...plain, external: { id: "kid", hmacKey: "a".repeat(43) } });
  expect(record.url).toStartWith("https://authority.test/account/");
  expect(JSON.stringify(record)).not.toContain("aaaa");
});
