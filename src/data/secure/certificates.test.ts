import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Issued } from "../../../test/authority.ts";
import { materials, SecureDoor } from "../../../test/runtime/secure.ts";
import { tlsClient } from "../../../test/runtime/tls.ts";
import type { CertificatePlan } from "../../config/plan.ts";
import { Certificates } from "./certificates.ts";
import { makeContext, type NativeContext } from "./context.ts";

function certificate(file: string, names: readonly string[], chain = file): CertificatePlan {
  return { file, names, chain, key: `key of ${file}`, notAfterMs: 0 };
}

/** The files that are shown for each name; null where there is none. */
function choose(certificates: readonly CertificatePlan[], pems: Record<string, string> = {}): Certificates {
  return new Certificates(
    certificates,
    pems,
    (shown) => shown.map(({ file }) => file).join(" ") as unknown as NativeContext,
  );
}

const shownBy = (certificates: Certificates, name: string): string | null =>
  certificates.for(name) as unknown as string | null;

test("a name is found exactly, then by a wildcard of one label, and else not", () => {
  const certificates = choose([
    certificate("first", ["a.test"]),
    certificate("wild", ["*.a.test", "b.test"]),
    certificate("exact", ["www.a.test"]),
  ]);
  expect(String(certificates.first)).toBe("first");
  const names = ["a.test", "b.test", "x.a.test", "www.a.test", "x.y.a.test", "test", "c.test", ".a.test", ""];
  expect(names.map((name) => shownBy(certificates, name))).toEqual([
    "first",
    "wild",
    "wild",
    "exact",
    null,
    null,
    null,
    null,
    null,
  ]);
});

test("case and a dot at the end do not matter", () => {
  const certificates = choose([certificate("one", ["www.a.test"]), certificate("wild", ["*.b.test"])]);
  expect(["WWW.a.Test", "www.a.test.", "X.B.TEST."].map((name) => shownBy(certificates, name))).toEqual([
    "one",
    "one",
    "wild",
  ]);
});

test("certificates for one name are shown together when their keys differ in kind; of one kind the first counts", () => {
  const { authority } = materials();
  const pems = {
    ecdsa: authority.issue(["DNS:a.test"]).cert,
    other: authority.issue(["DNS:a.test"]).cert,
    rsa: rsa().cert,
  };
  const certificates = choose(
    [
      certificate("ecdsa", ["a.test", "b.test"]),
      certificate("other", ["b.test", "a.test"]),
      certificate("rsa", ["b.test"]),
    ],
    pems,
  );
  expect(shownBy(certificates, "b.test")).toBe("ecdsa rsa");
  expect(shownBy(certificates, "a.test")).toBe("ecdsa");
  expect(String(certificates.first)).toBe("ecdsa");
});

test("of an RSA and an ECDSA certificate clients are shown the latter, in whatever order they stand, when they can read it", async () => {
  const pairs = [materials().authority.issue(["DNS:a.test"]), rsa()];
  for (const shown of [pairs, pairs.toReversed()]) {
    const context = makeContext({
      chains: shown.map(({ cert }) => cert),
      keys: shown.map(({ key }) => key),
      ca: "",
      minVersion: "1.2",
      maxVersion: "1.3",
      ciphers: "",
      sessionTickets: true,
    });
    using door = new SecureDoor({}, context);
    const kinds: unknown[] = [];
    for (const sigalgs of ["ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256", "rsa_pss_rsae_sha256"]) {
      const socket = await tlsClient(door.port, { sigalgs, rejectUnauthorized: false });
      kinds.push(new X509Certificate(socket.getPeerCertificate().raw).publicKey.asymmetricKeyType);
      socket.destroy();
    }
    expect(kinds).toEqual(["ec", "rsa"]);
  }
});

function rsa(): Issued {
  const { folder } = materials().authority;
  const made = spawnSync(
    "openssl",
    ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=b.test", "-keyout", "rsa.key", "-out", "rsa.crt"],
    { cwd: folder },
  );
  expect(made.status).toBe(0);
  const read = (file: string): string => readFileSync(join(folder, file), "utf8");
  return { cert: read("rsa.crt"), key: read("rsa.key") };
}

test("a context is made when it is first asked for, and once", () => {
  let made = 0;
  const many = Array.from({ length: 1000 }, (_, index) => certificate(`file ${index}`, [`${index}.test`]));
  const certificates = new Certificates(many, {}, () => ({ made: ++made }) as unknown as NativeContext);
  expect(made).toBe(1);
  expect(certificates.for("7.test")).toBe(certificates.for("7.test"));
  expect(made).toBe(2);
});
