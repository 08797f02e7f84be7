// Whether the certificate that a server has shown is one to go on with: its chain, which BoringSSL has judged, and its names,
// which are judged here. What is wrong is said in the words of checks (health/probe/handshake.ts). A session that is resumed was
// judged when it began, and under the same terms.

import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { Socket } from "bun";
import type { ServerTlsPlan } from "../../config/plan.ts";
import { certificateProblem, shownBy } from "../../health/probe/handshake.ts";
import { codeOf, type TlsError } from "./reason.ts";

const otherName = "ERR_TLS_CERT_ALTNAME_INVALID";

/** Null when all is well. `error` is what the handshake has told, though it was done. */
export function serverProblem(
  socket: Socket<unknown>,
  plan: ServerTlsPlan,
  error: TlsError | null | undefined,
  nowMs: number,
): string | null {
  if (!plan.verify) return null;
  if (!error && socket.isSessionReused()) return null;
  const peer = socket.getPeerCertificate() as PeerCertificate | undefined;
  if (peer === undefined) return "it showed no certificate";
  const said = error ? codeOf(error) : "";
  // The runtime judges names last, and where we sent none by the address that was connected to: a proxy's, where there is one in between.
  const chainCode = said === otherName && plan.serverName !== "" ? "" : said;
  const isOther = plan.serverName !== "" && checkServerIdentity(plan.serverName, peer) !== undefined;
  const code = chainCode !== "" ? chainCode : isOther ? otherName : "";
  return code === "" ? null : certificateProblem(code, shownBy(peer), plan.serverName, nowMs);
}
