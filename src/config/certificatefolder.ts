// Which files of a folder are certificates, and where their keys stand, told by names alone: what certbot, lego, acme.sh, mkcert
// and Kubernetes write, and what people do. It opens nothing. Everything else that lies in such folders (READMEs, requests,
// authorities, parts of a chain that stands whole beside them) is passed over.

const certificateName = /\.(?:pem|crt|cer|cert)$/i;
/** Names that say authority, not site; one of them that has a key is a certificate all the same. */
const authorityName = /(?:^|[._-])(?:ca|chain|issuer|root|intermediate)\d*\.(?:pem|crt|cer|cert)$/i;
/** In a folder's folders only what is always named so: certbot's live/NAME, and secrets of Kubernetes. */
const nestedNames: readonly string[] = ["fullchain.pem", "fullchain.cer", "tls.crt"];

/** Files to look into, in the order of their names. */
export function certificatesIn(names: readonly string[]): string[] {
  const all = new Set(names);
  const isWhole = all.has("fullchain.pem");
  return names
    .filter((name) => certificateName.test(name) && !name.startsWith("."))
    .filter((name) => !(isWhole && (name === "cert.pem" || name === "chain.pem")))
    .sort();
}

export function nestedCertificatesIn(names: readonly string[]): string[] {
  return nestedNames.filter((name) => names.includes(name));
}

/** Without a key, such a file is passed over in a folder. */
export function isAuthorityName(name: string): boolean {
  return authorityName.test(name);
}

/** Where the key of a certificate may stand beside it, likeliest first. `names`: all that is in the folder, where that is known. */
export function keyNamesOf(name: string, names: readonly string[] = []): string[] {
  const stem = name.replace(certificateName, "");
  const usual = [`${stem}.key`, `${name}.key`, `${stem}-key.pem`, `${stem}.key.pem`];
  if (name === "fullchain.pem") return ["privkey.pem", ...usual.slice(0, 1)];
  if (name === "cert.pem") return ["key.pem", "privkey.pem", ...usual.slice(0, 1)];
  if (name !== "fullchain.cer") return [...new Set(usual)];
  // acme.sh names the key after the domain, alone in its folder.
  const keys = names.filter((each) => each.endsWith(".key"));
  return keys.length === 1 ? keys : usual.slice(0, 1);
}
