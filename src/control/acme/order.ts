// One order from its beginning, or from wherever an earlier run has left it, to the certificate (RFC 8555 7.4):
//
//   key kept ─> order ─> its address kept ─> tokens shown ─> authority looks ─> ready ─> request sent ─> valid ─> chain
//
// What the next step depends on is kept before it is taken, so that a run that is killed leaves an order which the next one finishes, with the
// same key. It knows the steps; the protocol is client.ts', the disk store.ts', and when to try again schedule.ts'.

import { createPrivateKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { NameSet } from "../../config/acmenames.ts";
import type { Challenge } from "../../config/materials.ts";
import { certificateRequest } from "../../config/x509.ts";
import type { AcmeClient, Said } from "./client.ts";
import { base64url } from "./jws.ts";
import type { OrderRecord } from "./store.ts";
import { problemIn, safeText, Trouble } from "./trouble.ts";

export type KeyKind = "ecdsa-p256" | "rsa-2048";

export interface OrderOptions {
  readonly client: AcmeClient;
  readonly names: NameSet;
  readonly keyKind: KeyKind;
  /** What an earlier run has left; null is nothing. */
  readonly former: OrderRecord | null;
  readonly keep: (record: OrderRecord | null) => void;
  /** Resolves when every worker answers these, and no others; null, or why that cannot be. */
  readonly show: (challenges: readonly Challenge[]) => Promise<string | null>;
  /** Rejects when it is given up. */
  readonly wait: (ms: number) => Promise<void>;
  readonly nowMs: () => number;
}

export interface Obtained {
  /** PEM. */
  readonly chain: string;
  readonly key: string;
}

/** How long an authority may take over looking, and over signing. */
const patienceMs = 180_000;
const pollLeastMs = 1000;
const pollMostMs = 30_000;
/** Between two looks at an order, whatever the authority wishes. */
const retryAfterMostMs = 120_000;
const authorizationsMax = 100;

const makeKeyPair = promisify(generateKeyPair);

interface Order {
  readonly url: string;
  readonly status: string;
  readonly authorizations: readonly string[];
  readonly finalize: string;
  readonly certificate: string;
  readonly error: string | null;
  readonly retryAfterMs: number;
}

interface Authorization {
  readonly name: string;
  readonly status: string;
  readonly challenge: { readonly url: string; readonly token: string; readonly status: string } | null;
  /** Why it is no good. */
  readonly error: string | null;
  readonly retryAfterMs: number;
}

/** Rejects with a `Trouble`. */
export async function obtain(options: OrderOptions): Promise<Obtained> {
  const { client, keep } = options;
  const { record, order: begun } = (await taken(options)) ?? (await begin(options));
  let order = begun;
  try {
    if (order.status === "pending") await authorize(options, order);
    order = await settled(options, order.url, ["pending"]);
    if (order.status === "ready") {
      const csr = base64url(certificateRequest(options.names, createPrivateKey(record.key)));
      order = orderOf(await client.post(order.finalize, { csr }), order.url);
      if (order.status !== "valid") order = await settled(options, order.url, ["processing", "ready", "pending"]);
    } else if (order.status === "processing") order = await settled(options, order.url, ["processing"]);
    if (order.status !== "valid")
      throw new Trouble(
        "refused",
        `the order is ${safeText(order.status)}${order.error === null ? "" : `: ${order.error}`}`,
      );
    const { text } = await client.read(order.certificate, "application/pem-certificate-chain");
    return { chain: text, key: record.key };
  } catch (error) {
    // What has failed for good cannot be finished by anybody.
    if (error instanceof Trouble && (error.kind === "failed" || error.kind === "refused" || error.kind === "gone"))
      keep(null);
    throw error;
  }
}

/** The order of an earlier run, where the authority still knows it and it has not failed. */
async function taken({ client, former, keep }: OrderOptions): Promise<{ record: OrderRecord; order: Order } | null> {
  if (former === null || former.url === null) return null;
  try {
    const order = orderOf(await client.read(former.url), former.url);
    if (order.status !== "invalid") return { record: former, order };
    // It has looked in vain while nobody listened: that counts as any other.
    keep(null);
    throw new Trouble("failed", `the order that was left is invalid${order.error === null ? "" : `: ${order.error}`}`);
  } catch (error) {
    if (!(error instanceof Trouble) || (error.kind !== "gone" && error.kind !== "refused")) throw error;
    if (error.type === "accountDoesNotExist") throw error;
  }
  keep(null);
  return null;
}

async function begin({
  client,
  names,
  keyKind,
  former,
  keep,
}: OrderOptions): Promise<{ record: OrderRecord; order: Order }> {
  const { newOrder } = await client.directory();
  const key = former !== null && former.url === null ? former.key : await newKey(keyKind);
  keep({ url: null, key });
  const identifiers = names.map((value) => ({ type: "dns", value }));
  const said = await client.post(newOrder, { identifiers });
  if (said.location === null) throw new Trouble("away", "the authority does not say where the order is");
  const record = { url: said.location, key };
  keep(record);
  return { record, order: orderOf(said, said.location) };
}

async function newKey(kind: KeyKind): Promise<string> {
  const { privateKey } =
    kind === "rsa-2048"
      ? await makeKeyPair("rsa", { modulusLength: 2048 })
      : await makeKeyPair("ec", { namedCurve: "P-256" });
  return pemOf(privateKey);
}

function pemOf(key: KeyObject): string {
  return String(key.export({ format: "pem", type: "pkcs8" }));
}

/** All tokens are shown before the authority hears of the first. */
async function authorize(options: OrderOptions, order: Order): Promise<void> {
  const { client, show } = options;
  const pending: { readonly url: string; readonly authorization: Authorization }[] = [];
  for (const url of order.authorizations) {
    const authorization = authorizationOf(await client.read(url));
    if (authorization.status === "pending") pending.push({ url, authorization });
    else if (authorization.status !== "valid") throw failed(authorization);
  }
  const challenges = pending.map(({ authorization }): Challenge => {
    const { challenge, name } = authorization;
    if (challenge === null)
      throw new Trouble("refused", `the authority does not offer to look over HTTP (http-01) for ${name}`);
    return { token: challenge.token, answer: client.key.answerTo(challenge.token) };
  });
  if (challenges.length === 0) return;
  const problem = await show(challenges);
  if (problem !== null) throw new Trouble("ours", `the workers could not be told what to answer: ${problem}`);
  // Of one that it is looking into already it need not hear again.
  for (const { authorization } of pending)
    if (authorization.challenge!.status === "pending") await client.post(authorization.challenge!.url, {});
  for (const { url } of pending) await looked(options, url);
}

async function looked({ client, wait, nowMs }: OrderOptions, url: string): Promise<void> {
  const endMs = nowMs() + patienceMs;
  for (let pauseMs = pollLeastMs; ; pauseMs = Math.min(pauseMs * 1.5, pollMostMs)) {
    const authorization = authorizationOf(await client.read(url));
    if (authorization.status === "valid") return;
    if (authorization.status !== "pending") throw failed(authorization);
    if (nowMs() >= endMs) throw late(`the authority has not looked at ${authorization.name}`);
    await wait(pauseOf(pauseMs, authorization.retryAfterMs));
  }
}

/** The order, when it is in none of these states any more. */
async function settled({ client, wait, nowMs }: OrderOptions, url: string, passing: readonly string[]): Promise<Order> {
  const endMs = nowMs() + patienceMs;
  for (let pauseMs = pollLeastMs; ; pauseMs = Math.min(pauseMs * 1.5, pollMostMs)) {
    const order = orderOf(await client.read(url), url);
    if (!passing.includes(order.status)) return order;
    if (nowMs() >= endMs) throw late(`the order is still ${safeText(order.status)}`);
    await wait(pauseOf(pauseMs, order.retryAfterMs));
  }
}

function pauseOf(ownMs: number, wishedMs: number): number {
  return Math.max(ownMs, Math.min(wishedMs, retryAfterMostMs));
}

function late(what: string): Trouble {
  return new Trouble("away", `${what} after ${patienceMs / 1000} s; it is gone on with later`);
}

function failed({ name, status, error }: Authorization): Trouble {
  const why = error ?? `its authorization is ${safeText(status)}`;
  return new Trouble("failed", `${name} could not be verified: ${why}`);
}

function orderOf({ body, retryAfterMs }: Said, url: string): Order {
  const found = objectOf(body);
  const { status, authorizations, finalize, certificate, error } = found;
  const list = Array.isArray(authorizations) ? authorizations.filter((each) => typeof each === "string") : [];
  if (typeof status !== "string" || list.length > authorizationsMax)
    throw new Trouble("away", "the authority answers no order that can be understood");
  return {
    ...{ url, status, authorizations: list, retryAfterMs },
    finalize: textOf(finalize),
    certificate: textOf(certificate),
    error: problemIn(error)?.text ?? null,
  };
}

function authorizationOf({ body, retryAfterMs }: Said): Authorization {
  const { status, identifier, challenges } = objectOf(body);
  const name = safeText(objectOf(identifier)["value"]);
  const offered = (Array.isArray(challenges) ? challenges : []).map(objectOf);
  const found = offered.find(({ type }) => type === "http-01");
  const { url, token } = found ?? {};
  if (typeof status !== "string")
    throw new Trouble("away", "the authority answers no authorization that can be understood");
  if (found !== undefined && !/^[A-Za-z0-9_-]{16,256}$/.test(textOf(token)))
    throw new Trouble("away", `the authority gives a token for ${name} that is none (RFC 8555 8.3)`);
  const blamed = offered.map(({ error }) => problemIn(error)).find((problem) => problem !== null);
  return {
    ...{ name, status, retryAfterMs, error: blamed?.text ?? null },
    challenge: found === undefined ? null : { url: textOf(url), token: textOf(token), status: textOf(found["status"]) },
  };
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {}; // Looked at member by member.
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
