// Why a TLS handshake has failed, in words. The runtime tells errors of BoringSSL as lines of its own
// ("error:100000b8:SSL routines:OPENSSL_internal:NO_SHARED_CIPHER"), and certificates that do not pass as codes. What is said of
// servers stands in health/probe/handshake.ts, for checks say the same; here is what is said of clients.

/** As the runtime's handlers are given it, where it is not null. */
export interface TlsError {
  readonly message: string;
  readonly code?: string;
}

/** The name that BoringSSL gives to what went wrong, or the runtime's code; "" is a close without a word. */
export function codeOf(error: TlsError | null | undefined): string {
  const name = /OPENSSL_internal:([A-Z0-9_]+)$/.exec(error?.message ?? "")?.[1];
  return name ?? error?.code ?? "";
}

/**
 * Whether the connection stands, and only the peer's certificate is in question. What the runtime says of the handshake does not
 * tell: it calls some of these failed and others done. Codes of verification have an underscore, those of the system have none.
 */
export function isStanding(isDone: boolean, error: TlsError | null | undefined): boolean {
  return isDone || error?.code?.includes("_") === true;
}

/** A TLS port was sent a request in the clear. */
export const plainRequest = "HTTP_REQUEST";

/** What comes of showing no certificate; the cipher is looked at by TLS 1.2 alone. */
const unshown: ReadonlySet<string> = new Set(["NO_CERTIFICATE_SET", "NO_SHARED_CIPHER"]);

/** Why a handshake has failed with a client that has not asked for a name where one is needed. */
export function namelessFailure(code: string): string {
  return unshown.has(code) ? "the client asks for no name (SNI)" : clientFailure(code);
}

const words: readonly (readonly [RegExp, string])[] = [
  [/^NO_SHARED_CIPHER$/, "no shared cipher"],
  [/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/, "no shared TLS version"],
  [/NO_APPLICATION_PROTOCOL/, "no shared protocol (ALPN)"],
  [/^PEER_DID_NOT_RETURN_A_CERTIFICATE$/, "client certificate required"],
  [/^HTTP_REQUEST$/, "plain HTTP on a TLS port"],
  [/^WRONG_VERSION_NUMBER$/, "what the client speaks is not TLS"],
  [/^CONNECTION_REJECTED$/, "no certificate is for the name asked for"],
  [/ALERT_UNKNOWN_CA/, "the client does not know the authority of our certificate (unknown CA)"],
  [/ALERT_(?:BAD_CERTIFICATE|CERTIFICATE_)/, "the client does not accept our certificate"],
  // What OpenSSL's clients say in the clear when they do not trust a certificate comes out as this.
  [/^BAD_PACKET_LENGTH$/, "the client broke off, as clients do that do not accept our certificate"],
  [/^CERT_HAS_EXPIRED$/, "the client's certificate has expired"],
  [/^CERT_NOT_YET_VALID$/, "the client's certificate is not valid yet"],
  [/SELF_SIGNED|UNABLE_TO_|_UNTRUSTED/, "the client's certificate is of an unknown authority (unknown CA)"],
  [/^(?:ECONNRESET|EPIPE|)$/, "the client closed"],
];

/** Why a handshake with a client has failed. */
export function clientFailure(code: string): string {
  for (const [pattern, text] of words) if (pattern.test(code)) return text;
  return code
    .replace(/^(?:SSLV3|TLSV1)_/, "")
    .replaceAll("_", " ")
    .toLowerCase();
}
