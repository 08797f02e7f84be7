// What becomes of the words of a bind line, and how many words each takes with it. Words that would let clients in whom HAProxy keeps
// out are refused; words that tune HAProxy's sockets are passed over with a note.
// Code: bind.ts.

import { differs, each, type Keywords, noted, read, refused } from "./keyword.ts";

const versions = read("minVersion and maxVersion");

export const bindWords: Keywords = {
  ssl: read("tls"),
  crt: read("tls.certificates"),
  "crt-list": read("tls.certificates, where it is a list of files and no more"),
  "ca-file": read("tls.clientCertificate.ca"),
  verify: read("tls.clientCertificate.mode"),
  alpn: read("tls.alpn"),
  "no-alpn": read("tls.alpn, with none in it"),
  ciphers: read("tls.ciphers"),
  "ssl-min-ver": versions,
  "ssl-max-ver": versions,
  ...each(
    versions,
    "no-sslv3 no-tlsv10 no-tlsv11 no-tlsv12 no-tlsv13 force-sslv3 force-tlsv10 force-tlsv11 force-tlsv12 force-tlsv13",
  ),
  "strict-sni": read("tls.unknownName refuse"),
  "no-tls-tickets": read("tls.sessionTickets false"),
  "accept-proxy": read("proxyProtocol, from everybody"),
  maxconn: read("maxConnections"),
  proto: read("http2 false for h1; h2 is understood everywhere"),
  ...each(
    noted("Sluice needs none"),
    `defer-accept tfo backlog name id nice tcp-ut expose-fd shards prefer-client-ciphers ca-verify-file no-ca-names
    severity-output level`,
  ),
  ...each(noted("ciphers of TLS 1.3 are always on, curves are the runtime's choice"), "ciphersuites curves ecdhe"),
  ...each(noted("the newest way of saying it is alpn"), "npn"),
  ...each(differs("every worker listens everywhere"), "process thread"),
  ...each(differs("the socket has the mode and owner that the system gives it"), "mode user group uid gid"),
  ...each(differs("the size of segments is the system's"), "mss"),
  ...each(differs("data before the end of the handshake (0-RTT) is not taken"), "allow-0rtt"),
  ...each(differs("the keys of session tickets are Sluice's own"), "tls-ticket-keys"),
  v4v6: noted("that is how it is here"),
  v6only: read("nothing; clients of IPv4 are taken at :: too"),
  "crl-file": refused(
    "lists of revoked certificates are not looked at, and a client would be let in that HAProxy keeps out",
  ),
  ...each(refused("a client certificate that is not good is never let in"), "ca-ignore-err crt-ignore-err"),
  ...each(refused("certificates are not made on the way"), "generate-certificates ca-sign-file ca-sign-pass"),
  interface: refused("a listener is bound to an address, not to an interface; name that address"),
  namespace: refused("sockets of other network namespaces are not opened"),
  transparent: refused("foreign addresses are not bound"),
  "accept-netscaler-cip": refused("the protocol of NetScaler is not spoken; accept-proxy is"),
  "quic-force-retry": refused("QUIC is not spoken"),
};

/** Those that stand alone; all others take the word behind them. */
export const bindFlags: ReadonlySet<string> = new Set(
  `accept-proxy allow-0rtt defer-accept force-sslv3 force-tlsv10 force-tlsv11 force-tlsv12 force-tlsv13 generate-certificates
  no-alpn no-ca-names no-sslv3 no-tls-tickets no-tlsv10 no-tlsv11 no-tlsv12 no-tlsv13 prefer-client-ciphers ssl strict-sni tfo
  transparent v4v6 v6only quic-force-retry`.split(/\s+/),
);
