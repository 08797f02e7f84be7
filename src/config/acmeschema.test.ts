import { expect, test } from "bun:test";
import { acme, acmeNames, directories } from "./acmeschema.ts";

test("what is left out has its usual meaning", () => {
  expect(acme.parse({ agreeToTerms: true })).toEqual({
    ...{ agreeToTerms: true, directory: "letsencrypt", key: "ecdsa-p256", folder: "acme" },
  });
});

test("each word for a directory leads to an address with https", () => {
  for (const address of Object.values(directories)) expect(new URL(address).protocol).toBe("https:");
});

test("bounds", () => {
  const ok = (more: object): boolean => acme.safeParse({ agreeToTerms: true, ...more }).success;
  for (const renewBefore of ["1m", "365d"]) expect(ok({ renewBefore })).toBe(true);
  for (const renewBefore of ["59s", "366d"]) expect(ok({ renewBefore })).toBe(false);
  for (const email of ["a@b", "ops@example.org"]) expect(ok({ email })).toBe(true);
  for (const email of ["a", "a@b,c@d", "a@b?subject=x", "<a@b>", ""]) expect(ok({ email })).toBe(false);
  for (const key of ["ecdsa-p256", "rsa-2048"]) expect(ok({ key })).toBe(true);
  for (const key of ["rsa", "ed25519"]) expect(ok({ key })).toBe(false);
  const external = (hmacKey: string, id = "kid"): boolean => ok({ externalAccount: { id, hmacKey } });
  expect([external("a".repeat(16)), external("a".repeat(1024)), external(`${"a".repeat(43)}=`)]).toEqual([
    true,
    true,
    true,
  ]);
  expect([external("a".repeat(15)), external("a+b/".repeat(8)), external("a".repeat(16), "")]).toEqual([
    false,
    false,
    false,
  ]);
  const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `a${index}.example`);
  expect(acmeNames.safeParse([names(100)]).success && acmeNames.safeParse(names(1000)).success).toBe(true);
  expect(acmeNames.safeParse([names(101)]).success || acmeNames.safeParse(names(1001)).success).toBe(false);
});
