import { expect, test } from "bun:test";
import { Authority } from "../../../test/authority.ts";
import type { CertificatePlan } from "../../config/plan.ts";
import { Certificates } from "./certificates.ts";
import type { NativeContext } from "./context.ts";

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
  using authority = new Authority();
  const pems = {
    ecdsa: authority.issue(["DNS:a.test"]).cert,
    other: authority.issue(["DNS:a.test"]).cert,
    ed25519: authority.selfSigned("a.test").cert,
  };
  const certificates = choose(
    [certificate("ecdsa", ["a.test", "b.test"]), certificate("other", ["b.test", "a.test"])],
    pems,
  );
  expect(shownBy(certificates, "b.test")).toBe("ecdsa");
  expect(String(certificates.first)).toBe("ecdsa");
});

test("a context is made when it is first asked for, and once", () => {
  let made = 0;
  const many = Array.from({ length: 1000 }, (_, index) => certificate(`file ${index}`, [`${index}.test`]));
  const certificates = new Certificates(many, {}, () => ({ made: ++made }) as unknown as NativeContext);
  expect(made).toBe(1);
  expect(certificates.for("7.test")).toBe(certificates.for("7.test"));
  expect(made).toBe(2);
});
