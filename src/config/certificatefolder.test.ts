import { expect, test } from "bun:test";
import { certificatesIn, isAuthorityName, keyNamesOf, nestedCertificatesIn } from "./certificatefolder.ts";

test("hidden files, requests, keys and READMEs are passed over", () => {
  const names = ["README", ".old.pem", "b.crt", "a.pem", "a.key", "a.csr", "c.cer", "site.json", "d.pem.bak"];
  expect(certificatesIn(names)).toEqual(["a.pem", "b.crt", "c.cer"]);
});

test("the parts of a chain that stands whole beside them are passed over", () => {
  expect(certificatesIn(["cert.pem", "chain.pem", "fullchain.pem", "privkey.pem"])).toEqual([
    "fullchain.pem",
    "privkey.pem",
  ]);
  expect(certificatesIn(["cert.pem", "key.pem"])).toEqual(["cert.pem", "key.pem"]);
});

test("in a folder's folders only what certbot, acme.sh and Kubernetes write is taken", () => {
  expect(nestedCertificatesIn(["cert.pem", "fullchain.pem", "privkey.pem"])).toEqual(["fullchain.pem"]);
  expect(nestedCertificatesIn(["tls.crt", "tls.key", "ca.crt"])).toEqual(["tls.crt"]);
  expect(nestedCertificatesIn(["old.pem"])).toEqual([]);
});

test("a key is looked for under the names that programs give it", () => {
  expect(keyNamesOf("site.crt")).toEqual(["site.key", "site.crt.key", "site-key.pem", "site.key.pem"]);
  expect(keyNamesOf("fullchain.pem")[0]).toBe("privkey.pem");
  expect(keyNamesOf("cert.pem")).toEqual(["key.pem", "privkey.pem", "cert.key"]);
  expect(keyNamesOf("fullchain.cer", ["fullchain.cer", "a.test.key"])).toEqual(["a.test.key"]);
});

test("authorities have telling names", () => {
  expect(["ca.crt", "a.test.issuer.crt", "my-ca.pem", "root.pem", "chain1.pem"].every(isAuthorityName)).toBe(true);
  expect(["america.crt", "cascade.pem", "rootbeer.pem"].some(isAuthorityName)).toBe(false);
});
