// What can go wrong outside of us, as values. One table: its code, whose side it is on, the status a client is answered
// with (0: no answer can be sent), and whether another attempt may help. Bytes that are received never throw; they end in
// one of these. docs/FAULTS.md is made from this table and a test keeps the two equal.

/** Who is at fault: the client, the server, or the proxy's own limits and configuration. */
export type Side = "downstream" | "upstream" | "local";

/** Whether the same request may be tried again: at another server since no byte of it was sent, when it is replayable, or never. */
export type Retry = "elsewhere" | "replayable" | "never";

export type FaultCode =
  | "bad_start_line"
  | "bad_version"
  | "bad_target"
  | "bad_field"
  | "bad_line_ending"
  | "bad_host"
  | "bad_content_length"
  | "bad_transfer_encoding"
  | "bad_chunk"
  | "head_too_large"
  | "target_too_long"
  | "body_too_large"
  | "method_refused"
  | "expectation_refused"
  | "misdirected"
  | "head_timeout"
  | "body_timeout"
  | "client_stalled"
  | "client_closed"
  | "handshake_timeout"
  | "handshake_failed"
  | "bad_proxy_header"
  | "bad_client_hello"
  | "unknown_name"
  | "client_idle"
  | "tunnel_idle"
  | "denied"
  | "unauthorized"
  | "proxy_unauthorized"
  | "no_target"
  | "target_denied"
  | "loop_detected"
  | "bad_socks"
  | "quota_exceeded"
  | "tunnel_expired"
  | "tunnel_exhausted"
  | "rejected"
  | "banned"
  | "name_unresolved"
  | "resolve_timeout"
  | "connect_refused"
  | "connect_timeout"
  | "tls_refused"
  | "source_unusable"
  | "hop_refused"
  | "hop_unreachable"
  | "server_closed"
  | "response_timeout"
  | "read_timeout"
  | "bad_response"
  | "truncated_response"
  | "bad_coding"
  | "server_reset"
  | "server_idle"
  | "http1_required"
  | "http1_unspoken"
  | "no_server"
  | "queue_full"
  | "queue_timeout"
  | "tunnels_full"
  | "auth_busy"
  | "egress_none"
  | "egress_paced"
  | "egress_unfit"
  | "hook_failed"
  | "hook_timeout"
  | "replacement_too_long"
  | "draining"
  | "internal"
  | "rate_limited";

export interface Fault {
  readonly code: FaultCode;
  readonly side: Side;
  readonly retry: Retry;
  readonly status: number;
  readonly detail: string;
  /** The detail is about what the client has said itself, and may be told to it. */
  readonly isTold?: true;
}

const table: Record<FaultCode, readonly [Side, Retry, number, string]> = {
  // Requests that cannot be understood in exactly one way (RFC 9112 sections 2.2, 3, 5, 6, 7 and 11.2).
  bad_start_line: ["downstream", "never", 400, "the request line is malformed"],
  bad_version: ["downstream", "never", 505, "the HTTP version is not 1.0 or 1.1"],
  bad_target: ["downstream", "never", 400, "the request target is malformed"],
  bad_field: ["downstream", "never", 400, "a header field is malformed"],
  bad_line_ending: ["downstream", "never", 400, "a line ends in a bare CR or LF"],
  bad_host: ["downstream", "never", 400, "Host is missing, malformed, given twice, or differs from the target"],
  bad_content_length: [
    "downstream",
    "never",
    400,
    "Content-Length is malformed, differs between fields, or is spelled with _",
  ],
  bad_transfer_encoding: [
    "downstream",
    "never",
    400,
    "Transfer-Encoding is not exactly one final chunked, stands beside Content-Length, or is spelled with _",
  ],
  bad_chunk: ["downstream", "never", 400, "the chunked framing of the request body is malformed"],
  head_too_large: ["downstream", "never", 431, "the request head exceeds its limit"],
  target_too_long: ["downstream", "never", 414, "the request target exceeds the limit of a head"],
  body_too_large: ["downstream", "never", 413, "the request body exceeds its limit"],
  method_refused: ["downstream", "never", 405, "the method is not served here"],
  misdirected: [
    "downstream",
    "never",
    421,
    "the host is not the one that the connection was made for (SNI), which rules here go by; clients of HTTP/2 ask again over another",
  ],
  expectation_refused: ["downstream", "never", 417, "Expect holds something other than 100-continue"],
  head_timeout: ["downstream", "never", 408, "the request head did not arrive in time"],
  body_timeout: ["downstream", "never", 408, "the request body stalled"],
  client_stalled: ["downstream", "never", 0, "the client stopped reading the response"],
  client_closed: [
    "downstream",
    "never",
    499,
    "the client closed before the response was complete, or reset a connection that was carried",
  ],
  // Before the first byte of content, and connections that are carried as they are (mode tcp): no answer can be given.
  handshake_timeout: [
    "downstream",
    "never",
    0,
    "the PROXY header, TLS handshake or ClientHello did not arrive in time",
  ],
  handshake_failed: ["downstream", "never", 0, "the TLS handshake with the client failed"],
  bad_proxy_header: ["downstream", "never", 0, "the PROXY protocol header is missing or malformed"],
  bad_client_hello: ["downstream", "never", 0, "the connection does not begin with a TLS ClientHello"],
  unknown_name: ["downstream", "never", 0, "no pool and no certificate is for the name that the client asked for"],
  client_idle: ["downstream", "never", 0, "the client was silent for longer than its timeout"],
  tunnel_idle: ["downstream", "never", 0, "both sides were silent for longer than the tunnel timeout"],
  // Rules.
  denied: ["downstream", "never", 403, "a rule denied the request"],
  rejected: ["downstream", "never", 0, "a rule closed the connection"],
  banned: ["downstream", "never", 403, "the client is banned"],
  // Credentials, and what forward proxies are asked for.
  unauthorized: ["downstream", "never", 401, "the request has no good credentials"],
  proxy_unauthorized: ["downstream", "never", 407, "the request has no good credentials for this proxy"],
  no_target: ["downstream", "never", 400, "this is a forward proxy, and the request does not say for which host it is"],
  target_denied: ["downstream", "never", 403, "the target is not one that may be asked for here"],
  loop_detected: ["downstream", "never", 508, "the request has come through this proxy before"],
  bad_socks: ["downstream", "never", 0, "the SOCKS5 handshake is malformed, or asks for what is not served"],
  quota_exceeded: ["downstream", "never", 429, "the user has had as much as it may"],
  tunnel_expired: ["downstream", "never", 0, "the tunnel lasted for as long as it may"],
  tunnel_exhausted: ["downstream", "never", 0, "the tunnel carried as many bytes as it may"],
  // Servers.
  name_unresolved: ["upstream", "never", 502, "no address was found for the name of the target"],
  resolve_timeout: ["upstream", "never", 504, "the address of the target was not found in time"],
  connect_refused: ["upstream", "elsewhere", 502, "the server refused the connection"],
  connect_timeout: ["upstream", "elsewhere", 504, "the server did not accept the connection in time"],
  tls_refused: ["upstream", "elsewhere", 502, "the TLS handshake with the server failed"],
  source_unusable: [
    "upstream",
    "elsewhere",
    502,
    "no connection can be made from the address that it was to come from",
  ],
  hop_refused: ["upstream", "elsewhere", 502, "the outbound proxy refused, or does not do what such a proxy does"],
  hop_unreachable: ["upstream", "elsewhere", 502, "the outbound proxy did not reach the target"],
  server_closed: ["upstream", "replayable", 502, "the server closed before it answered"],
  response_timeout: ["upstream", "never", 504, "the server did not answer in time"],
  read_timeout: ["upstream", "never", 504, "the server stalled inside its response"],
  bad_response: ["upstream", "never", 502, "the server's response is malformed"],
  truncated_response: ["upstream", "never", 502, "the server closed inside its response"],
  bad_coding: ["upstream", "never", 502, "the response's content is not in the coding that its head names"],
  server_reset: ["upstream", "never", 0, "the server reset the connection that was carried"],
  server_idle: ["upstream", "never", 0, "the server was silent for longer than its timeout"],
  http1_required: [
    "upstream",
    "never",
    0,
    "the server logs in connections (NTLM, Negotiate), and the client, which spoke HTTP/2, is told to come by HTTP/1.1",
  ],
  http1_unspoken: [
    "local",
    "never",
    501,
    "the request needs HTTP/1.1 (an upgrade, or a login by connection), and its server is asked by HTTP/2 in the clear",
  ],
  // Ourselves.
  no_server: ["local", "never", 503, "no server of the pool is available"],
  queue_full: ["local", "never", 503, "every server is at its limit and the waiting room is full"],
  queue_timeout: ["local", "never", 503, "every server is at its limit and none came free in time"],
  tunnels_full: ["local", "never", 503, "as many tunnels are open as may be"],
  auth_busy: ["local", "never", 503, "too many credentials wait to be checked"],
  egress_none: ["local", "never", 503, "no outbound address of the pool is available for this target"],
  egress_paced: [
    "local",
    "never",
    503,
    "every outbound address that is available has to rest at this host, or is busy there",
  ],
  egress_unfit: ["local", "never", 502, "no outbound address of the pool can carry this request"],
  hook_failed: ["local", "never", 500, "a hook of the configuration failed"],
  hook_timeout: ["local", "never", 504, "a hook of the configuration did not answer in time"],
  replacement_too_long: ["local", "never", 500, "what replaces one match in a body is longer than it may be"],
  draining: ["local", "never", 503, "this proxy is shutting down"],
  internal: ["local", "never", 500, "an assertion failed in the proxy"],
  // What came later stands behind: the place of a code is its number in the memory and the files that others have written.
  rate_limited: ["downstream", "never", 429, "a rule let through no more requests for now"],
};

export const faultCodes: readonly FaultCode[] = Object.keys(table) as FaultCode[];

const faults = new Map<FaultCode, Fault>(
  faultCodes.map((code) => {
    const [side, retry, status, detail] = table[code];
    return [code, Object.freeze({ code, side, retry, status, detail })];
  }),
);

/** The one frozen fault of a code; nothing is allocated. */
export function fault(code: FaultCode): Fault {
  return faults.get(code)!;
}

/** A fault that says more than the table does, such as the errno of a refused connection. */
export function faultWith(code: FaultCode, detail: string): Fault {
  return { ...fault(code), detail };
}

/** So much of what is told to a client; its own words are in it. */
const toldLengthMax = 300;

/** One whose detail the client is told too: a mistake in its own words. */
export function faultTold(code: FaultCode, detail: string): Fault {
  return { ...fault(code), detail: detail.slice(0, toldLengthMax).replace(/[^ -~]/g, "?"), isTold: true };
}
