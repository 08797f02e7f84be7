// Plans with TLS, and clients of their own to speak to them: node's, for they are not what is tested.

import { createHash } from "node:crypto";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import type { CertificatePlan, ListenerTlsPlan, Plan, ServerTlsPlan } from "../../src/config/plan.ts";
import type { Issued } from "../authority.ts";
import { within } from "../e2e/harness/wait.ts";
import { makePlan, type PlanOptions } from "../playbook/plan.ts";
import { materials } from "./secure.ts";

export interface Shown {
  readonly names: readonly string[];
  readonly issued: Issued;
}

const idOf = (text: string): string => createHash("sha256").update(text).digest("hex");

export const listenerTls: ListenerTlsPlan = {
  certificates: [0],
  rejectUnknown: false,
  minVersion: "1.2",
  maxVersion: "1.3",
  ciphers: "",
  alpn: [],
  clientCertificate: null,
  sessionTickets: true,
  ja4: false,
};

export const serverTls: ServerTlsPlan = {
  serverName: "a.test",
  verify: true,
  ca: null,
  chain: null,
  key: null,
  minVersion: "1.2",
  maxVersion: "1.3",
  ciphers: "",
  alpn: [],
};

/** A plan that shows these certificates; `texts` are further PEMs, found by `pemId`. */
export function makeTlsPlan(shown: readonly Shown[], options: PlanOptions = {}, texts: readonly string[] = []): Plan {
  const pems: Record<string, string> = {};
  for (const text of [...shown.flatMap(({ issued }) => [issued.cert, issued.key]), ...texts]) pems[idOf(text)] = text;
  const certificates: CertificatePlan[] = shown.map(({ names, issued }, index) => ({
    file: `certificate${index}.pem`,
    names,
    chain: idOf(issued.cert),
    key: idOf(issued.key),
    notAfterMs: 0,
  }));
  return { ...makePlan(options), certificates, pems };
}

export function pemId(text: string): string {
  return idOf(text);
}

/** A client whose handshake is done; rejects with the error where it fails. */
export async function tlsClient(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({
    host: "127.0.0.1",
    port,
    servername: "a.test",
    ca: materials().authority.cert,
    ALPNProtocols: [],
    ...options,
  });
  await within(
    "a handshake",
    new Promise<void>((resolve, reject) => {
      socket.once("secureConnect", resolve);
      socket.once("error", reject);
      socket.once("close", () => reject(new Error("closed")));
    }),
  );
  socket.on("error", () => {});
  return socket;
}
