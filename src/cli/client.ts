// Speaks to the admin interface of a running Sluice, for the commands that do. It knows what each failure means to a person; where
// it is asked, target.ts finds, and what the answers say is the commands'.

import { isLoopback } from "../base/address.ts";
import { wordsOf } from "../base/systemerror.ts";
import type { Address } from "../config/plan.ts";
import { adminUrl } from "../control/admin.ts";
import { standingText } from "./standing.ts";
import { findTarget, type RemoteOptions, type Target } from "./target.ts";
import { actorField, whoAsks } from "./whoasks.ts";

export type { RemoteOptions } from "./target.ts";

export type Answer =
  | { readonly ok: true; readonly status: number; readonly body: unknown }
  /** A sentence for the operator. */
  | { readonly ok: false; readonly message: string };

const TIMEOUT_MS = 15_000;

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One question. For several of one command, see `remoteOf`. */
export async function ask(
  options: RemoteOptions,
  method: Method,
  path: string,
  body?: object,
  type?: string,
): Promise<Answer> {
  const target = await findTarget(options);
  return target.ok ? askAt(target, method, path, body, type) : target;
}

/** Where a question goes, found once; a problem with that is each question's answer. */
export async function remoteOf(options: RemoteOptions): Promise<Remote> {
  const target = await findTarget(options);
  return async (method, path, body) => (target.ok ? askAt(target, method, path, body) : target);
}

export type Remote = (method: Method, path: string, body?: object) => Promise<Answer>;

/** `type`: of the body, where it is not plain JSON. */
async function askAt(
  target: Target & { ok: true },
  method: Method,
  path: string,
  said?: object,
  type?: string,
): Promise<Answer> {
  const { address, token } = target;
  try {
    const more = type === undefined ? {} : { "content-type": type };
    const response = await sendPatiently(target, method, path, said, more);
    const text = await response.text();
    const body = parsed(text);
    if (response.status === 401) return { ok: false, message: unauthorized(address, token) };
    if (response.status === 403)
      return { ok: false, message: `${adminUrl(address)} refuses: ${errorOf(body) ?? response.status}` };
    if (body === undefined) return { ok: false, message: `what answers at ${adminUrl(address)} is not Sluice` };
    return { ok: true, status: response.status, body };
  } catch (error) {
    return { ok: false, message: unreachable(target, error as Error & { code?: string }) };
  }
}

/** Who asks for much (a large table, page by page) is told to come later, and nothing has been done then: it waits for its turn. */
async function sendPatiently(
  target: Target & { ok: true },
  method: Method,
  path: string,
  said: object | undefined,
  more: Readonly<Record<string, string>>,
): Promise<Response> {
  const untilMs = performance.now() + TIMEOUT_MS;
  for (;;) {
    const response = await send(target, method, path, AbortSignal.timeout(TIMEOUT_MS), said, more);
    if (response.status !== 429) return response;
    const waitMs = 1000 * (Number(response.headers.get("retry-after")) || 1);
    if (performance.now() + waitMs > untilMs) return response;
    await response.bytes();
    await Bun.sleep(waitMs);
  }
}

function send(
  { address, token }: Target & { ok: true },
  method: Method,
  path: string,
  signal: AbortSignal,
  said?: object,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const headers: Record<string, string> = { ...actorField(whoAsks()), ...more };
  if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
  const content = said === undefined ? {} : { body: JSON.stringify(said) };
  const base = address.kind === "unix" ? "http://localhost" : adminUrl(reachable(address));
  const unix = address.kind === "unix" ? { unix: address.path } : {};
  return fetch(`${base}${path}`, { method, headers, signal, ...content, ...unix });
}

export type Opened =
  | { readonly ok: true; readonly pieces: AsyncIterable<Uint8Array> }
  /** A sentence for the operator. */
  | { readonly ok: false; readonly message: string };

/** An answer that goes on for as long as it is read. `headers`: of the request, besides. */
export async function open(
  options: RemoteOptions,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Opened> {
  const target = await findTarget(options);
  if (!target.ok) return target;
  const { address, token } = target;
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(new DOMException("", "TimeoutError")), TIMEOUT_MS);
  try {
    const response = await send(target, "GET", path, patience.signal, undefined, headers);
    if (response.status === 200 && response.body !== null) return { ok: true, pieces: response.body };
    if (response.status === 401) return { ok: false, message: unauthorized(address, token) };
    const refusal = errorOf(parsed(await response.text()));
    return { ok: false, message: refusal ?? `what answers at ${adminUrl(address)} is not Sluice` };
  } catch (error) {
    return { ok: false, message: unreachable(target, error as Error & { code?: string }) };
  } finally {
    clearTimeout(timer);
  }
}

function unauthorized(address: Address, token: string | undefined): string {
  return token === undefined
    ? `${adminUrl(address)} wants its token: set SLUICE_ADMIN_TOKEN to what admin.token is, or give it by --token`
    : `${adminUrl(address)} refuses this token: it is not what admin.token is`;
}

/** The `error` of an answer that is a refusal. */
export function errorOf(body: unknown): string | null {
  const error = (body as { error?: unknown } | null | undefined)?.error;
  return typeof error === "string" ? error : null;
}

/** Why there is no answer, or why it is a refusal; null where it is what was asked for. */
export function refusalOf(answer: Answer): string | null {
  return answer.ok ? errorOf(answer.body) : answer.message;
}

/** The exit code: 2 when what was asked was not understood or not valid, 1 for everything else. */
export function failureOf(answer: Answer): 1 | 2 {
  return answer.ok && (answer.status === 400 || answer.status === 422) ? 2 : 1;
}

/** A Sluice that listens on every address is reached on this machine's own. */
function reachable(address: Address): Address {
  if (address.kind === "unix" || (address.host !== "::" && address.host !== "0.0.0.0")) return address;
  return { ...address, host: "127.0.0.1" };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The runtime's own words for these are of typos. */
const unreached: Readonly<Record<string, string>> = {
  ENETUNREACH: "this machine has no way there; without IPv4 it is at [::1]",
  ECONNRESET: "the connection was closed without an answer",
};

/** What `open` gave has broken off. */
export function lossText(error: unknown): string {
  const { code, message } = error as Error & { code?: string };
  return `the connection to Sluice is lost${code === "ECONNRESET" ? "" : `: ${message}`}`;
}

function told({ code = "", message }: Error & { code?: string }): string {
  const words = wordsOf(code);
  return words === code ? message : words;
}

function unreachable({ address, config, otherwise }: Target & { ok: true }, error: Error & { code?: string }): string {
  if (otherwise !== null) return otherwise;
  const where = adminUrl(address);
  const to = reachable(address);
  const isHere = to.kind === "unix" || isLoopback(to.host);
  if (error.name === "TimeoutError")
    return `${where} did not answer in ${TIMEOUT_MS / 1000} s${isHere ? standingText(config) : ""}`;
  const why =
    error.code === "ConnectionRefused" || error.code === "ECONNREFUSED"
      ? "nothing listens there"
      : error.code === "ENOENT" || (address.kind === "unix" && error.message.startsWith("ENOENT"))
        ? "there is no such socket"
        : (unreached[error.code ?? ""] ?? told(error));
  const hint = isHere ? "is Sluice running? --admin names another address" : "--admin names another address";
  return `no Sluice answers at ${where}: ${why} (${hint})`;
}
