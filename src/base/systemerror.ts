// The errors of the system, of resolving names and of verifying certificates, in words that say what to look at. A code says it all
// to whoever wrote the kernel and nothing to who is woken at night; one that is not in the table is said as it is. Who knows more of
// what failed (that it was a Redis, an admin interface) has sentences of its own for that, and asks here for the others.

const untrusted = "its certificate is of an authority that is not trusted";

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EPIPE: "connection reset",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "network unreachable",
  ETIMEDOUT: "timed out",
  ENOENT: "no such socket",
  EACCES: "permission denied",
  EMFILE: "no file descriptor is left",
  ENFILE: "no file descriptor is left",
  EADDRNOTAVAIL: "this machine does not have the source address, or no port is left",
  ENOTFOUND: "there is no such name",
  EAI_AGAIN: "its name does not resolve",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself",
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  CERT_HAS_EXPIRED: "its certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
};

export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" && code !== "" ? code : error.message;
}

export function reasonOf(error: unknown): string {
  return wordsOf(codeOf(error));
}

/** Of a code; the code itself where there are none. */
export function wordsOf(code: string): string {
  return Object.hasOwn(words, code) ? words[code]! : code;
}
