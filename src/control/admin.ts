// The admin interface: HTTP on an address of its own, never on a listener's. It knows paths, methods and JSON; what they mean
// is the service's. Every answer but the pages for people is JSON or Prometheus' text, and every refusal says what to do.

import { formatAddress } from "../base/address.ts";
import type { Address } from "../config/plan.ts";
import type { AdminService } from "./adminservice.ts";
import { problem, type Routes } from "./api/answer.ts";
import { isChangeOf, type Operation } from "./api/operation.ts";
import { adminOperations } from "./api/operations.ts";
import { Router } from "./api/router.ts";
import type { Audit } from "./audit.ts";
import { Desk } from "./desk.ts";
import { type Credentials, Guard, type GuardOptions } from "./guard.ts";
import { type HttpServer, serveAt } from "./httpserver.ts";
import type { Log } from "./log.ts";
import { listenProblem } from "./port.ts";

export interface AdminOptions {
  readonly address: Address;
  /** What to do where somebody else has the address; absent: the config says where it is. */
  readonly remedy?: string | undefined;
  readonly token: string | undefined;
  /** As good as the token. */
  readonly credentials?: Credentials | null;
  /** In PEM; absent: it speaks none. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Names by which it may be asked (admin.hosts). */
  readonly hosts?: readonly string[] | null;
  /** Of the requests of one peer (admin.rateLimit). */
  readonly rate?: GuardOptions["rate"] | undefined;
  readonly audit: Pick<Audit, "note">;
  readonly service: AdminService;
  /** What is answered beside the service's own. */
  readonly operations?: readonly Operation[];
  /** Asked in turn for paths that no operation has. */
  readonly routes?: readonly Routes[];
  readonly log: Log;
  /** Told after each answer. */
  readonly answered?: () => void;
  /** How long a connection may be silent. */
  readonly silence?: Silence;
}

/** In seconds, of which the runtime takes 255 at most. */
export interface Silence {
  /** Where nothing else is said. As it is without a word; said, so that the runtime does not write of it to stderr. */
  readonly usual: number;
  /** A stream is heard of every quarter of a minute: one that is silent for longer is one that its client does not read. */
  readonly stream: number;
  /** Until the answer of an operation that takes its time. */
  readonly long: number;
  /** For all of a body to come, however large: at 300 kB/s the largest that is taken. */
  readonly body: number;
}

export type Admin = HttpServer;

/** Throws an Error with a sentence for the operator when the address cannot be listened on. */
export function openAdmin({
  address,
  remedy,
  token,
  credentials = null,
  tls,
  hosts = null,
  rate,
  service,
  operations = [],
  routes = [],
  audit,
  log,
  answered = () => {},
  silence = { usual: 10, stream: 60, long: 255, body: 60 },
}: AdminOptions): Admin {
  const all = adminOperations(service, operations);
  const isSecure = tls !== undefined;
  const guard = new Guard({ address, token, credentials, isSecure, hosts, ...(rate === undefined ? {} : { rate }) });
  const desk = new Desk({ guard, router: new Router(all), routes, audit, nowMs: Date.now });
  const fetch = async (request: Request, server: Bun.Server<undefined>): Promise<Response> => {
    const peer = server.requestIP(request)?.address.replace(/^::ffff:(?=\d+\.)/i, "") ?? "unix";
    const answer = await desk.answer(request, peer, (operation, waitsFor) =>
      server.timeout(request, secondsOf(operation, waitsFor, silence)),
    );
    answered();
    return answer;
  };
  const error = (fault: Error): Response => {
    log.error({ stack: fault.stack }, `the admin interface failed: ${fault.message}`);
    return problem(500, "the admin interface failed; the log says how");
  };
  // What is said of one request holds on TCP only: `server.timeout` of Bun does nothing on a unix socket, and says null. There every
  // request gets what the slowest operation needs. It is no more than that: a connection that never sends a whole head is closed after some
  // 10 s whatever is said here, so that only one that has asked something, or sends its body slowly, is kept for as long.
  const idleTimeout = address.kind === "unix" ? silence.long : silence.usual;
  const common = { idleTimeout, maxRequestBodySize: bodyBytesMax, fetch, error };
  try {
    return serveAt(address, { ...common, ...(isSecure ? { tls } : {}) });
  } catch (fault) {
    const problemText = listenProblem(address, fault as NodeJS.ErrnoException);
    const isTaken = (fault as NodeJS.ErrnoException).code === "EADDRINUSE" && remedy !== undefined;
    throw new Error(`the admin interface ${problemText}${isTaken ? `; ${remedy}` : ""}`, { cause: fault });
  }
}

/** No operation takes more; those that take less refuse it themselves, and say how much it is. */
const bodyBytesMax = 16 * 1024 * 1024;

/**
 * Some answers take longer than a connection may be silent otherwise: profiles, logs that are read first, changes that wait for servers.
 * An answer that takes long gives nobody leave to send a request as slowly.
 */
function secondsOf(operation: Operation, waitsFor: "request" | "answer", silence: Silence): number {
  const isLong = isChangeOf(operation) || /^\/debug\/|\/egress\//.test(operation.path);
  const seconds = operation.isStream === true ? silence.stream : isLong ? silence.long : silence.usual;
  return waitsFor === "request" && operation.body !== undefined ? Math.min(silence.body, seconds) : seconds;
}

/** Where a person would go with a browser or curl. */
export function adminUrl(address: Address): string {
  return address.kind === "unix" ? formatAddress(address) : `http://${formatAddress(address)}`;
}
