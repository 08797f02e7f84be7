import { expect, test } from "bun:test";
import { createHmac, createPublicKey, verify } from "node:crypto";
import { AccountKey } from "./jws.ts";

const read = (text: string): unknown => JSON.parse(Buffer.from(text, "base64url").toString());

test("what is signed can be verified by the key that goes with it, or is named", () => {
  const key = AccountKey.make();
  const { protected: head, payload, signature } = key.sign("https://ca/new", "nonce-1", null, { a: 1 });
  expect(read(head)).toEqual({ alg: "ES256", jwk: key.jwk, nonce: "nonce-1", url: "https://ca/new" });
  expect(read(payload)).toEqual({ a: 1 });
  const publicKey = createPublicKey({ key: { ...key.jwk }, format: "jwk" });
  const of = { key: publicKey, dsaEncoding: "ieee-p1363" } as const;
  expect(verify("sha256", Buffer.from(`${head}.${payload}`), of, Buffer.from(signature, "base64url"))).toBe(true);
  expect(read(key.sign("u", "n", "https://ca/acct/1", "").protected)).toEqual({
    ...{ alg: "ES256", kid: "https://ca/acct/1", nonce: "n", url: "u" },
  });
  expect(key.sign("u", "n", "a", "").payload).toBe("");
  expect(key.sign("u", "n", "a", {}).payload).toBe("e30");
});

test("a key that was kept is the same key, and other kinds are none", () => {
  const key = AccountKey.make();
  expect(AccountKey.of(key.pem).jwk).toEqual(key.jwk);
  expect(() => AccountKey.of("nonsense")).toThrow();
});

test("a token is answered with itself and the thumbprint of the key", () => {
  const key = AccountKey.make();
  expect(key.answerTo("tok")).toMatch(/^tok\.[A-Za-z0-9_-]{43}$/);
  expect(AccountKey.of(key.pem).answerTo("tok")).toBe(key.answerTo("tok"));
});

test("an account that is there already is bound to the key", () => {
  const key = AccountKey.make();
  const hmacKey = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";
  const { protected: head, payload, signature } = key.bind("https://ca/new", { id: "kid-1", hmacKey });
  expect(read(head)).toEqual({ alg: "HS256", kid: "kid-1", url: "https://ca/new" });
  expect(read(payload)).toEqual(key.jwk);
  const made = createHmac("sha256", Buffer.from(hmacKey, "base64url")).update(`${head}.${payload}`).digest("base64url");
  expect(signature).toBe(made);
});
