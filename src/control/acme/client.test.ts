import { afterAll, expect, test } from "bun:test";
import { FakeAuthority } from "../../../test/acmeauthority.ts";
import { Authority } from "../../../test/authority.ts";
import { AcmeClient } from "./client.ts";
import { AccountKey } from "./jws.ts";
import type { Ask } from "./network.ts";
import { Trouble } from "./trouble.ts";

const issuer = new Authority("Test CA");
afterAll(() => issuer[Symbol.dispose]());
const never = new AbortController().signal;

function stage(wrap: (ask: Ask) => Ask = (ask) => ask, stop: AbortSignal = never) {
  const authority = new FakeAuthority(issuer, () => undefined);
  const ask = wrap(authority.ask);
  const { directory } = authority;
  return { authority, client: new AcmeClient({ directory, key: AccountKey.make(), ask, stop, nowMs: () => 0 }) };
}

/** Always this, with a nonce. */
const saying =
  (status: number, text: string, headers: Record<string, string> = {}) =>
  (): Ask =>
  async () => ({ status, text, header: (name) => ({ "replay-nonce": "n", ...headers })[name] ?? null });

async function trouble(work: Promise<unknown>): Promise<Trouble> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Trouble) return error;
    throw error;
  }
  throw new Error("nothing went wrong");
}

test("a directory is asked for once, a nonce comes with each answer", async () => {
  const { authority, client } = stage();
  const { newAccount, terms } = await client.directory();
  expect(terms).toBe("https://authority.test/terms");
  for (let count = 0; count < 3; count++) await client.post(newAccount, {});
  expect(authority.asked).toEqual(["GET /dir", ...Array(3).fill("POST /account")]);
});

test("a nonce that is refused is replaced by that of the refusal, but not for ever", async () => {
  const { authority, client } = stage();
  const { newAccount } = await client.directory();
  authority.badNonces = 5;
  await client.post(newAccount, {});
  expect(authority.asked.filter((each) => each === "POST /account")).toHaveLength(6);
  authority.badNonces = 1000;
  expect(await trouble(client.post(newAccount, {}))).toMatchObject({ kind: "refused", type: "badNonce" });
});

test("what an authority says is told by what follows of it", async () => {
  const said = async (status: number, type: string, headers = {}): Promise<Trouble> => {
    const { client } = stage(
      saying(status, JSON.stringify({ type: `urn:ietf:params:acme:error:${type}`, detail: "no" }), headers),
    );
    return trouble(client.post("https://authority.test/x", {}).catch(async (error) => Promise.reject(error)));
  };
  // The directory itself is asked first, and answers the same.
  expect(await said(429, "rateLimited", { "retry-after": "60" })).toMatchObject({
    kind: "limited",
    retryAfterMs: 60_000,
  });
  expect(await said(503, "serverInternal")).toMatchObject({ kind: "away" });
  expect(await said(403, "unauthorized")).toMatchObject({ kind: "refused", type: "unauthorized" });
  expect(await said(404, "malformed")).toMatchObject({ kind: "gone" });
  expect((await said(403, "rejectedIdentifier")).message).toBe("authority.test says: no (rejectedIdentifier)");
});

test("who answers something else is no authority", async () => {
  for (const text of [
    "<html>",
    "{}",
    '{"newNonce":"http://a/","newAccount":"https://a/","newOrder":"https://a/"}',
    "[]",
    "null",
  ])
    expect(await trouble(stage(saying(200, text)).client.directory())).toMatchObject({ kind: "away" });
});

test("it is not led away from https, and what is away is told as that", async () => {
  const { authority, client } = stage();
  expect(await trouble(client.read("http://authority.test/order/0"))).toMatchObject({ kind: "away" });
  expect(await trouble(client.read("file:///etc/passwd"))).toMatchObject({ kind: "away" });
  authority.isAway = true;
  expect((await trouble(client.directory())).message).toBe("authority.test cannot be asked: connection refused");
  const given = stage((ask) => ask, AbortSignal.abort());
  given.authority.isAway = true;
  expect(await trouble(given.client.directory())).toMatchObject({ kind: "ours" });
});
