// What went wrong in a TLS handshake with a server, in words that say what to mend. The runtime tells it in codes of its own and
// of OpenSSL (X509_V_ERR_..., alerts of RFC 8446 section 6.2), which differ from version to version in nothing but their prefix.
// It knows codes and what a certificate says of itself, and no sockets. A code that it does not know is said as it is.

/** What a certificate says of itself. */
export interface ShownCertificate {
  /** DNS names and IP addresses that it is for; its common name when it names none. */
  readonly names: readonly string[];
  /** Common name of who issued it, "" without. */
  readonly issuer: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Of a certificate as the runtime tells it, what is looked at here. */
export interface PeerNames {
  readonly subject?: { readonly CN?: string | string[] };
  readonly issuer?: { readonly CN?: string | string[] };
  readonly subjectaltname?: string | undefined;
  readonly valid_from: string;
  readonly valid_to: string;
}

export function shownBy({ subject, issuer, subjectaltname, valid_from, valid_to }: PeerNames): ShownCertificate {
  const names = (subjectaltname ?? "")
    .split(", ")
    .filter((name) => /^(?:DNS|IP Address):/.test(name))
    .map((name) => name.slice(name.indexOf(":") + 1));
  const commonName = single(subject?.CN);
  return {
    names: names.length > 0 || commonName === "" ? names : [commonName],
    issuer: single(issuer?.CN),
    notBeforeMs: Date.parse(valid_from),
    notAfterMs: Date.parse(valid_to),
  };
}

function single(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? "";
}

/** Names that a reason lists of a certificate, and characters of each. */
const namesMax = 3;
const nameLengthMax = 100;

/** Why a certificate is not accepted. `code` is the verifier's; `serverName` is what the certificate must be for. */
export function certificateProblem(code: string, shown: ShownCertificate, serverName: string, nowMs: number): string {
  switch (code) {
    case "CERT_HAS_EXPIRED":
      return shown.notAfterMs <= nowMs
        ? `its certificate expired ${spanOf(nowMs - shown.notAfterMs)} ago`
        : "a certificate in its chain has expired";
    case "CERT_NOT_YET_VALID":
      return shown.notBeforeMs > nowMs
        ? `its certificate is not valid before ${new Date(shown.notBeforeMs).toISOString().slice(0, 10)}`
        : "a certificate in its chain is not valid yet";
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
      return "its certificate is self-signed, and `ca` does not hold it";
    case "SELF_SIGNED_CERT_IN_CHAIN":
      return `its certificate comes from an authority that is not trusted${issuedBy(shown)}`;
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return `its certificate comes from an authority that is not trusted, or its chain is incomplete${issuedBy(shown)}`;
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      // An address must stand as an address in the certificate (RFC 2818 3.1), not as a DNS name.
      return shown.names.includes(serverName)
        ? `its certificate names ${serverName} as a DNS name, not as the IP address that it is`
        : `its certificate is for ${listOf(shown.names)}, not for ${serverName}`;
    default:
      return `its certificate is not accepted: ${plain(code)}`;
  }
}

const problems: readonly (readonly [RegExp, string])[] = [
  [/WRONG_VERSION_NUMBER|HTTP_REQUEST|UNEXPECTED_MESSAGE$/, "what answers there does not speak TLS"],
  [/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/, "it speaks none of the TLS versions that are allowed"],
  [/CERTIFICATE_REQUIRED/, "it wants a client certificate and was shown none"],
  [/ALERT_(?:BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_|ACCESS_DENIED)/, "it refused the client certificate"],
  [/NO_APPLICATION_PROTOCOL/, "it speaks none of the protocols in `alpn`"],
  [/UNRECOGNIZED_NAME/, "it has no certificate for the name that was asked for (serverName)"],
  [
    /ALERT_HANDSHAKE_FAILURE/,
    "it broke off the TLS handshake: it wants a client certificate, or no cipher is in common",
  ],
  [/^(?:ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE)$|^$/, "it closed inside the TLS handshake"],
];

/** Why a handshake has failed before, or after, the server's certificate was looked at. "" is a close without a word. */
export function handshakeProblem(code: string): string {
  for (const [pattern, problem] of problems) if (pattern.test(code)) return problem;
  return `the TLS handshake failed: ${plain(code)}`;
}

/** Whether a code comes from the TLS library: an alert of the peer, or what it cannot make sense of. */
export function isTlsCode(code: string): boolean {
  return /^ERR_(?:SSL|OSSL|TLS)_/.test(code);
}

const plain = (code: string): string =>
  code
    .replace(/^ERR_(?:O?SSL_)?(?:SSLV3_|TLSV1_)?/, "")
    .replace(/_/g, " ")
    .toLowerCase();

function issuedBy({ issuer }: ShownCertificate): string {
  return issuer === "" ? "" : ` (issued by ${printable(issuer)})`;
}

function listOf(names: readonly string[]): string {
  if (names.length === 0) return "no name";
  const more = names.length - namesMax;
  return names.slice(0, namesMax).map(printable).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/**
 * Nobody has vouched for a certificate that is not accepted, and whoever gets between can show one: what it says must not begin
 * a line of its own in a log, nor give orders to a terminal.
 */
function printable(name: string): string {
  const short = name.length > nameLengthMax ? `${name.slice(0, nameLengthMax)}…` : name;
  return short.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
}

const units: readonly (readonly [string, number])[] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

function spanOf(spanMs: number): string {
  for (const [unit, unitMs] of units) {
    const count = Math.floor(spanMs / unitMs);
    if (count > 0) return `${count} ${unit}${count === 1 ? "" : "s"}`;
  }
  return "a moment";
}
