// The catalogue of fields: what an expression can ask of a connection, a request and a response, apart from tables, lists and
// pools. The numbers are what `Scene.field` is asked for; they are not stored anywhere, so they may change. The reference
// (docs/EXPRESSIONS.md) is made from this table.

/** What comes with them. */
export type Arrival = "connection" | "request" | "response";
export type Phase = Arrival | "afterResponse";

export type FieldType = "bool" | "number" | "string" | "address" | "duration";

/**
 * plain: `src`. value, list, lines, count: of a name, as in `headers['x']`, `headers.list('x')`, `headers.lines('x')`,
 * `headers.count('x')`; lists and lines are arrays of strings.
 */
export type FieldForm = "plain" | "value" | "list" | "lines" | "count";

export interface Field {
  readonly name: string;
  readonly number: number;
  readonly form: FieldForm;
  /** Of list and lines: of their items. */
  readonly type: FieldType;
  /** The first phase in which it is there; it stays so in those that follow. */
  readonly since: Arrival;
  /** In mode tcp it is there once the ClientHello has come. */
  readonly needsHello: boolean;
  /** Whether upper and lower case are one in the name; then `Scene.field` gets it in lower case. */
  readonly isNameFolded: boolean;
  readonly about: string;
}

/** What Scene.field gets. */
export const field = {
  src: 0,
  srcPort: 1,
  peer: 2,
  dst: 3,
  dstPort: 4,
  listener: 5,
  secure: 6,
  tlsSni: 7,
  tlsHello: 8,
  tlsVersion: 9,
  tlsCipher: 10,
  tlsAlpn: 11,
  tlsSubject: 12,
  tlsFingerprint: 13,
  tlsResumed: 14,
  tlsJa4: 15,
  method: 16,
  host: 17,
  port: 18,
  path: 19,
  query: 20,
  target: 21,
  version: 22,
  header: 23,
  headerList: 24,
  headerLines: 25,
  headerCount: 26,
  cookie: 27,
  cookieList: 28,
  param: 29,
  paramList: 30,
  contentLength: 31,
  requestId: 32,
  user: 33,
  responseStatus: 34,
  responseHeader: 35,
  responseHeaderList: 36,
  responseHeaderLines: 37,
  responseHeaderCount: 38,
  responseServer: 39,
  responseDuration: 40,
} as const;

/** What is told by TLS: by its ClientHello, or once the handshake is done. */
export function isOfTls(number: number): boolean {
  return number >= field.tlsSni && number <= field.tlsJa4;
}

function plain(name: string, number: number, type: FieldType, since: Arrival, about: string): Field {
  const needsHello = number === field.tlsSni || number === field.tlsHello;
  return { name, number, form: "plain", type, since, needsHello, isNameFolded: false, about };
}

function named(name: string, number: number, form: FieldForm, since: Arrival, about: string): Field {
  const isNameFolded = name.endsWith("headers");
  const type = form === "count" ? "number" : "string";
  return { name, number, form, type, since, needsHello: false, isNameFolded, about };
}

export const fields: readonly Field[] = [
  plain("src", field.src, "address", "connection", "The client: behind trusted proxies the address that they report."),
  plain("srcPort", field.srcPort, "number", "connection", "The client's port; absent on unix sockets."),
  plain("peer", field.peer, "address", "connection", "Whose socket it is, whatever proxies report."),
  plain(
    "dst",
    field.dst,
    "address",
    "connection",
    "The address that the client connected to. In mode udp the listener's; rules of one that listens on all addresses cannot ask for it.",
  ),
  plain("dstPort", field.dstPort, "number", "connection", "The port that the client connected to."),
  plain("listener", field.listener, "string", "connection", "The name of the listener."),
  plain("secure", field.secure, "bool", "connection", "Whether the listener ended TLS on this connection."),
  plain(
    "tls.sni",
    field.tlsSni,
    "string",
    "connection",
    "The name that the client asked for in TLS, in lower case; in mode tcp it is read from the ClientHello, which is waited for.",
  ),
  plain(
    "tls.hello",
    field.tlsHello,
    "bool",
    "connection",
    "Whether the client speaks TLS: in mode tcp whether it began with a ClientHello, which is waited for.",
  ),
  plain("tls.version", field.tlsVersion, "string", "connection", 'The version agreed on: "1.2" or "1.3".'),
  plain("tls.cipher", field.tlsCipher, "string", "connection", "The cipher suite agreed on, by its IANA name."),
  plain("tls.alpn", field.tlsAlpn, "string", "connection", 'The protocol agreed on, such as "h2".'),
  plain("tls.subject", field.tlsSubject, "string", "connection", "The subject of the client's verified certificate."),
  plain(
    "tls.fingerprint",
    field.tlsFingerprint,
    "string",
    "connection",
    "SHA-256 of the client's verified certificate, in lower-case hexadecimal.",
  ),
  plain("tls.resumed", field.tlsResumed, "bool", "connection", "Whether the TLS session was resumed."),
  plain("tls.ja4", field.tlsJa4, "string", "connection", "The JA4 fingerprint of the client's TLS."),
  plain("method", field.method, "string", "request", 'The method as sent: "GET".'),
  plain(
    "host",
    field.host,
    "string",
    "request",
    "The host that is asked for, in lower case and without the port; an address in its usual spelling.",
  ),
  plain("port", field.port, "number", "request", "The port in the Host field; absent without one."),
  plain("path", field.path, "string", "request", "The path as sent, without the query."),
  plain("query", field.query, "string", "request", "What follows the ? as sent; absent without one."),
  plain("target", field.target, "string", "request", "The request target as sent: path and query."),
  plain(
    "version",
    field.version,
    "string",
    "request",
    'The version of HTTP that the client speaks: "1.0", "1.1" or "2.0".',
  ),
  named("headers", field.header, "value", "request", 'The values of a field, joined by ", "; absent without one.'),
  named("headers", field.headerList, "list", "request", "Each value of a field, lists with commas split."),
  named("headers", field.headerLines, "lines", "request", "Each field of that name as a whole, its commas kept."),
  named("headers", field.headerCount, "count", "request", "How many fields of that name there are."),
  named("cookies", field.cookie, "value", "request", "The value of the first cookie of that name."),
  named(
    "cookies",
    field.cookieList,
    "list",
    "request",
    "The value of each cookie of that name, save an empty one right at the end of a field.",
  ),
  named("params", field.param, "value", "request", "The first parameter of that name in the query, percent-decoded."),
  named("params", field.paramList, "list", "request", "Each parameter of that name, percent-decoded."),
  plain("contentLength", field.contentLength, "number", "request", "The Content-Length; absent without one."),
  plain("requestId", field.requestId, "string", "request", "The id that logs give the request."),
  plain(
    "user",
    field.user,
    "string",
    "request",
    "Whose good credentials the request shows, where the listener has `auth`; absent without any.",
  ),
  plain("response.status", field.responseStatus, "number", "response", "The status."),
  named("response.headers", field.responseHeader, "value", "response", 'The values of a field, joined by ", ".'),
  named("response.headers", field.responseHeaderList, "list", "response", "Each value of a field, lists split."),
  named("response.headers", field.responseHeaderLines, "lines", "response", "Each field of that name as a whole."),
  named("response.headers", field.responseHeaderCount, "count", "response", "How many fields of that name there are."),
  plain("response.server", field.responseServer, "string", "response", "The server that answered, as configured."),
  plain(
    "response.duration",
    field.responseDuration,
    "duration",
    "response",
    "From the end of the request's head to the head of the response.",
  ),
];

const phaseOrder: readonly Phase[] = ["connection", "request", "response", "afterResponse"];

export function isThereIn(phase: Phase, since: Arrival): boolean {
  return phaseOrder.indexOf(since) <= phaseOrder.indexOf(phase);
}
