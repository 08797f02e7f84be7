// A client as the door would describe it to a flow: without TLS and without PROXY header, unless a test says otherwise.

import type { Client, ClientTls } from "../../src/flow/port.ts";

export function makeClient(address: string = "192.0.2.1", options: Partial<Client> = {}): Client {
  return {
    address,
    port: 40_000,
    localAddress: "198.51.100.1",
    localPort: 80,
    peerAddress: address,
    tls: null,
    ja4: "",
    ...options,
  };
}

/** What a handshake has shown, for `tls` of a client. */
export function makeClientTls(options: Partial<ClientTls> = {}): ClientTls {
  return {
    serverName: "",
    alpn: "",
    version: "1.3",
    cipher: "TLS_AES_128_GCM_SHA256",
    isResumed: false,
    subject: "",
    fingerprint: "",
    ...options,
  };
}
