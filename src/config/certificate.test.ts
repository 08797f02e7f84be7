import { afterAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { Authority } from "../../test/authority.ts";
import { judgeAuthorities, judgeCertificate } from "./certificate.ts";
import { certificateDetails } from "./certificatedetails.ts";
import { daysLeft, validityOf } from "./certificatevalidity.ts";

const authority = new Authority("Test CA");
const stranger = new Authority("Stranger");
afterAll(() => {
  authority[Symbol.dispose]();
  stranger[Symbol.dispose]();
});
const site = authority.issue(["DNS:Shop.Test", "DNS:*.shop.test", "DNS:shop.test", "IP:10.0.0.1"]);
const other = authority.issue(["DNS:other.test"]);
const alone = { file: null, sought: [] };

function judge(text: string, key?: string) {
  const place = key === undefined ? alone : { file: { name: "a.key", text: key }, sought: [] };
  return judgeCertificate("/etc/a.pem", { name: "a.pem", text }, place);
}

function complaint(text: string, key?: string): string {
  const judged = judge(text, key);
  return judged.ok ? `fine: ${judged.certificate.names}` : judged.message;
}

function good(text: string, key?: string) {
  const judged = judge(text, key);
  if (!judged.ok) throw new Error(judged.message);
  return judged;
}

describe("what can be shown", () => {
  test("names are the DNS names in lower case, each once, and addresses are none of them", () => {
    const { certificate, warnings } = good(site.cert + site.key);
    expect(certificate.names).toEqual(["shop.test", "*.shop.test"]);
    expect(certificate.file).toBe("/etc/a.pem");
    expect(warnings).toEqual([]);
  });

  test("certificate and key are told apart in one file, in any order, whatever text stands between them", () => {
    const { certificate } = good(`subject=shop\n${site.key.replaceAll("\n", "\r\n")}issuer=x\n${site.cert}trailer`);
    expect(certificate.chain.text).toBe(site.cert);
    expect(certificate.key.text).toBe(site.key);
    expect(certificate.chain.id).toMatch(/^[0-9a-f]{64}$/);
    expect(certificate.chain.id).toBe(good(site.cert, site.key).certificate.chain.id);
  });

  test("a chain is sent in the right order, and what did not sign it is not sent", () => {
    const { certificate, warnings } = good(authority.cert + stranger.cert + site.cert, site.key);
    expect(certificate.chain.text).toBe(site.cert + authority.cert);
    expect(warnings).toEqual([
      "holds its chain out of order; it is sent in the right one",
      "also holds CN=Stranger, which did not sign it and is not sent",
    ]);
    expect(good(site.cert + authority.cert, site.key).warnings).toEqual([]);
  });

  test("of several keys the one that fits is taken", () => {
    expect(good(other.key + site.key + site.cert).certificate.key.text).toBe(site.key);
  });

  test("a common name stands in for missing names, and no name at all is a warning", () => {
    const named = (subject: string) => {
      const { key } = site;
      const path = authority.file("plain.key", key);
      const args = ["req", "-x509", "-new", "-key", path, "-subj", subject, "-days", "9"];
      return good(spawnSync("openssl", args, { encoding: "utf8" }).stdout, key);
    };
    expect(named("/CN=Old.Test").certificate.names).toEqual(["old.test"]);
    expect(named("/CN=My router/O=Home").warnings).toEqual([
      "names no host (it is for CN=My router, O=Home), so that only clients without a better one are shown it",
    ]);
  });

  test("a key too weak for most clients is shown all the same, with a warning", () => {
    const made = spawnSync("openssl", [
      ..."req -x509 -newkey rsa:1024 -nodes -days 30 -subj /CN=weak.test -keyout - -out -".split(" "),
    ]);
    expect(good(made.stdout.toString()).warnings).toEqual([
      "has a key of RSA 1024, which many clients refuse; make one of RSA 2048 or ECDSA P-256",
    ]);
  });

  test("for people it says who issued it and what kind of key it has", () => {
    const details = certificateDetails(site.cert);
    expect(details).toMatchObject({ issuer: "Test CA", keyType: "ECDSA P-256", isSelfSigned: false });
    expect(details.serial).toMatch(/^[0-9a-f]+$/);
    expect(certificateDetails(authority.cert).isSelfSigned).toBe(true);
  });
});

describe("what is wrong is told", () => {
  test("of a file that is no PEM", () => {
    expect(complaint("")).toBe("is empty");
    expect(complaint("hello")).toBe("is not a PEM file: it holds no line -----BEGIN …-----");
    expect(complaint(site.cert.slice(0, 200))).toBe("is cut off: a BEGIN line has no END line");
    expect(complaint(Buffer.from([0x30, 0x82, 1, 2]).toString())).toStartWith("is not PEM but seems to be DER");
    expect(complaint("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")).toBe(
      "holds a certificate that cannot be read: its text is damaged",
    );
  });

  test("of a missing certificate, and of a missing key with where it was looked for", () => {
    expect(complaint(site.key)).toBe("holds no certificate, only a private key");
    expect(complaint(site.cert, "")).toBe("has a key file, a.key, that is empty");
    expect(complaint(site.cert, other.cert)).toBe("has a key file, a.key, that holds no private key");
    const judged = judgeCertificate(
      "/a.pem",
      { name: "a.pem", text: site.cert },
      { file: null, sought: ["a.key", "b"] },
    );
    expect(judged).toEqual({
      ok: false,
      message: "holds no private key, and there is none beside it (looked for a.key, b)",
    });
  });

  test("of a key that does not match, with what each file holds", () => {
    expect(complaint(site.cert, other.key)).toBe(
      "does not match its key: a.pem holds the certificate of shop.test (ECDSA P-256), and a.key holds the key of another certificate (ECDSA P-256)",
    );
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    expect(complaint(site.cert + privateKey.export({ type: "pkcs8", format: "pem" }))).toBe(
      "does not match its key: a.pem holds the certificate of shop.test (ECDSA P-256), and it also holds the key of another certificate (RSA 2048)",
    );
  });

  test("of an encrypted key, in both forms, with the way out", () => {
    const key = createPrivateKey(site.key);
    for (const type of ["pkcs8", "sec1"] as const) {
      const encrypted = key.export({ type, format: "pem", cipher: "aes-256-cbc", passphrase: "x" }) as string;
      expect(complaint(site.cert, encrypted)).toBe(
        "has an encrypted key (in a.key), and nobody is there to type its passphrase; write it once without: openssl pkey -in a.key -out NEW",
      );
    }
  });

  test("of a key that is damaged, or of a kind that cannot be used", () => {
    expect(complaint(site.cert, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")).toBe(
      "has a key (in a.key) that cannot be read: its text is damaged",
    );
    const curve = spawnSync("openssl", ["genpkey", "-algorithm", "x25519"], { encoding: "utf8" }).stdout;
    expect(complaint(site.cert, curve)).toStartWith("has a key (in a.key) of a kind that TLS cannot use here; RSA,");
  });

  test("and never a byte of a key", () => {
    const secret = site.key.split("\n")[1]!;
    for (const text of [complaint(site.key), complaint(other.cert + site.key), complaint(site.cert, `${site.key}x`)])
      expect(text).not.toContain(secret.slice(0, 12));
  });
});

test("authorities are all certificates of a file, and none is a mistake", () => {
  const both = judgeAuthorities(`Bundle\n${authority.cert}${stranger.cert}`);
  expect(both.ok && both.pem.text).toBe(authority.cert + stranger.cert);
  expect(judgeAuthorities(site.key)).toEqual({ ok: false, message: "holds no certificate of an authority" });
  expect(judgeAuthorities("x").ok).toBe(false);
});

describe("validity", () => {
  const day = 86_400_000;
  const dated = { notBeforeMs: Date.UTC(2026, 0, 1), notAfterMs: Date.UTC(2026, 3, 1) };
  const said = (nowMs: number) => validityOf(dated, nowMs);

  test("is silent until two weeks before the end", () => {
    expect(said(dated.notAfterMs - 14 * day)).toEqual({ state: "valid", message: null });
    expect(said(dated.notAfterMs - 14 * day + 1).message).toBe("expires on 2026-04-01 00:00 UTC, in 13 days");
    expect(said(dated.notAfterMs - 90_000_000).message).toEndWith("in 1 day");
    expect(said(dated.notAfterMs - 7_200_000).message).toEndWith("in 2 hours");
  });

  test("says since when it is over, and from when on it will be", () => {
    expect(said(dated.notAfterMs + 3 * day)).toEqual({
      state: "expired",
      message: "expired on 2026-04-01 00:00 UTC, 3 days ago",
    });
    expect(said(dated.notBeforeMs - 2 * day).message).toBe(
      "is not valid before 2026-01-01 00:00 UTC, in 2 days; is the clock of this machine right?",
    );
  });

  test("counts days as people do", () => {
    expect([daysLeft(day * 2 - 1, 0), daysLeft(day - 1, 0), daysLeft(0, 0), daysLeft(-1, 0)]).toEqual([1, 0, 0, -1]);
    // As the sentence has it: "1 day ago".
    for (const [over, days, ago] of [
      [day, -1, "1 day ago"],
      [2 * day - 1, -1, "1 day ago"],
      [2 * day, -2, "2 days ago"],
    ] as const)
      expect([daysLeft(dated.notAfterMs, dated.notAfterMs + over), said(dated.notAfterMs + over).message]).toEqual([
        days,
        expect.stringContaining(ago),
      ]);
  });
});
