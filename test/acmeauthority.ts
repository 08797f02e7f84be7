// An authority that speaks ACME to tests without a network: the same steps and states as RFC 8555 has them, written apart from the client, and
// whatever goes wrong where a test wants it to. It checks what it is sent: nonces, addresses, who signs, and what is answered to its tokens.

import { spawnSync } from "node:child_process";
import { createHash, createPublicKey, verify } from "node:crypto";
import { join } from "node:path";
import { pem } from "../src/base/der.ts";
import type { Answer, Ask, Question } from "../src/control/acme/network.ts";
import type { Authority } from "./authority.ts";

interface FakeOrder {
  status: "pending" | "ready" | "processing" | "valid" | "invalid";
  readonly names: readonly string[];
  readonly authorizations: readonly number[];
  chain: string;
}

interface FakeAuthorization {
  readonly name: string;
  readonly token: string;
  status: "pending" | "valid" | "invalid";
  isAsked: boolean;
  error: unknown;
}

interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly detail: string;
  readonly retryAfter?: string;
}

const root = "https://authority.test";
const json = (status: number, body: unknown, headers: Record<string, string> = {}): FakeAnswer => ({
  status,
  text: JSON.stringify(body),
  headers,
});

interface FakeAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Record<string, string>;
}

export class FakeAuthority {
  readonly directory: string = `${root}/dir`;
  /** "POST /new-order", in their order. */
  readonly asked: string[] = [];
  readonly orders: FakeOrder[] = [];
  readonly accounts: Map<string, { readonly url: string; contact: unknown }> = new Map();
  /** How often it has looked, by name. */
  readonly looks: Map<string, number> = new Map();
  /** Names that do not lead here, as it finds. */
  readonly strangers: Set<string> = new Set();
  /** Nobody answers. */
  isAway = false;
  /** So many nonces that are good are refused. */
  badNonces = 0;
  /** In place of answers, by what is asked for; each once. */
  readonly refusals: Map<string, Refusal> = new Map();
  /** External accounts: keys by their identifiers. */
  external: Readonly<Record<string, string>> | null = null;
  days = 90;
  readonly #authority: Authority;
  readonly #answerTo: (token: string) => string | undefined;
  readonly #authorizations: FakeAuthorization[] = [];
  readonly #nonces = new Set<string>();
  #count = 0;

  /** `answerTo`: what is answered over HTTP to a token just now. */
  constructor(authority: Authority, answerTo: (token: string) => string | undefined) {
    this.#authority = authority;
    this.#answerTo = answerTo;
  }

  readonly ask: Ask = async (question: Question): Promise<Answer> => {
    const path = question.url.slice(root.length);
    this.asked.push(`${question.method} ${path}`);
    if (this.isAway) throw new Error("connection refused");
    const { status, text, headers } = this.#answer(question, path);
    const nonce = `nonce-${this.#count++}`;
    this.#nonces.add(nonce);
    const all: Record<string, string> = { ...headers, "replay-nonce": nonce };
    return { status, text, header: (name) => all[name] ?? null };
  };

  #answer({ method, url, body }: Question, path: string): FakeAnswer {
    if (method === "HEAD") return json(200, "");
    if (path === "/dir") {
      const meta = { termsOfService: `${root}/terms`, externalAccountRequired: this.external !== null };
      return json(200, {
        newNonce: `${root}/nonce`,
        newAccount: `${root}/account`,
        newOrder: `${root}/new-order`,
        meta,
      });
    }
    const { protected: head, payload, signature } = JSON.parse(body!) as Record<string, string>;
    const said = read(head!) as { nonce: string; url: string; jwk?: Record<string, string>; kid?: string };
    if (!this.#nonces.delete(said.nonce) || this.badNonces-- > 0) return refused(400, "badNonce", "it is not known");
    this.badNonces = Math.max(0, this.badNonces);
    if (said.url !== url) return refused(400, "unauthorized", "the address is another one");
    const jwk = said.jwk ?? this.#jwkOf(said.kid!);
    if (jwk === null) return refused(400, "accountDoesNotExist", "there is no such account");
    const key = { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" } as const;
    if (!verify("sha256", Buffer.from(`${head}.${payload}`), key, Buffer.from(signature!, "base64url")))
      return refused(400, "malformed", "it is not signed by that key");
    const kind = path.replace(/\d+/, "N");
    const refusal = this.refusals.get(kind);
    this.refusals.delete(kind);
    if (refusal !== undefined) {
      const { status, type, detail, retryAfter } = refusal;
      return refused(status, type, detail, retryAfter === undefined ? {} : { "retry-after": retryAfter });
    }
    return this.#do(path, payload === "" ? null : (read(payload!) as Record<string, unknown>), jwk);
  }

  #do(path: string, payload: Record<string, unknown> | null, jwk: Record<string, string>): FakeAnswer {
    const [, kind = "", id = ""] = path.split("/");
    const index = Number(id);
    if (kind === "account") return this.#account(payload ?? {}, jwk);
    if (kind === "new-order") return this.#newOrder(payload as { identifiers: { value: string }[] });
    const order = this.orders[index];
    const authorization = this.#authorizations[index];
    if (kind === "authorization" && authorization !== undefined) return this.#authorization(authorization, index);
    if (kind === "challenge" && authorization !== undefined) {
      authorization.isAsked = true;
      this.#look(authorization, jwk);
      return json(200, {});
    }
    if (order === undefined) return refused(404, "malformed", "there is no such order");
    if (kind === "finalize") {
      order.chain = this.#sign(String(payload!["csr"]), order.names);
      order.status = "valid";
    }
    return kind === "certificate" ? { status: 200, text: order.chain, headers: {} } : this.#order(order, index);
  }

  #account(payload: Record<string, unknown>, jwk: Record<string, string>): FakeAnswer {
    const thumb = thumbprint(jwk);
    const former = this.accounts.get(thumb);
    if (former !== undefined) {
      if (payload["contact"] !== undefined) former.contact = payload["contact"];
      return json(200, {}, { location: former.url });
    }
    if (this.external !== null && payload["externalAccountBinding"] === undefined)
      return refused(403, "externalAccountRequired", "who are you?");
    const url = `${root}/account/${this.accounts.size}`;
    this.accounts.set(thumb, { url, contact: payload["contact"] });
    this.#jwks.set(url, jwk);
    return json(201, {}, { location: url });
  }

  readonly #jwks = new Map<string, Record<string, string>>();

  #jwkOf(kid: string): Record<string, string> | null {
    return this.#jwks.get(kid) ?? null;
  }

  /** As if it had lost what it knew of accounts. */
  forgetAccounts(): void {
    this.accounts.clear();
    this.#jwks.clear();
  }

  #newOrder({ identifiers }: { readonly identifiers: readonly { readonly value: string }[] }): FakeAnswer {
    const names = identifiers.map(({ value }) => value);
    const authorizations = names.map((name) => {
      const token = createHash("sha256")
        .update(`${name} ${this.#count++}`)
        .digest("base64url");
      return this.#authorizations.push({ name, token, status: "pending", isAsked: false, error: null }) - 1;
    });
    const order: FakeOrder = { status: "pending", names, authorizations, chain: "" };
    const index = this.orders.push(order) - 1;
    return { ...this.#order(order, index), status: 201, headers: { location: `${root}/order/${index}` } };
  }

  #order(order: FakeOrder, index: number): FakeAnswer {
    const states = order.authorizations.map((each) => this.#authorizations[each]!.status);
    if (order.status === "pending" && states.includes("invalid")) order.status = "invalid";
    if (order.status === "pending" && states.every((state) => state === "valid")) order.status = "ready";
    return json(200, {
      status: order.status,
      authorizations: order.authorizations.map((each) => `${root}/authorization/${each}`),
      finalize: `${root}/finalize/${index}`,
      ...(order.status === "valid" ? { certificate: `${root}/certificate/${index}` } : {}),
    });
  }

  #authorization({ name, token, status, error }: FakeAuthorization, index: number): FakeAnswer {
    const http = {
      type: "http-01",
      url: `${root}/challenge/${index}`,
      token,
      status,
      ...(error === null ? {} : { error }),
    };
    return json(200, { status, identifier: { type: "dns", value: name }, challenges: [{ type: "dns-01" }, http] });
  }

  #look(authorization: FakeAuthorization, jwk: Record<string, string>): void {
    const { name, token } = authorization;
    this.looks.set(name, (this.looks.get(name) ?? 0) + 1);
    const isRight = this.#answerTo(token) === `${token}.${thumbprint(jwk)}` && !this.strangers.has(name);
    authorization.status = isRight ? "valid" : "invalid";
    if (!isRight)
      authorization.error = { type: "urn:ietf:params:acme:error:unauthorized", detail: `404 from\u001b ${name}` };
  }

  #sign(csr: string, names: readonly string[]): string {
    const { folder } = this.#authority;
    const ext = this.#authority.file("fake.ext", `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}\n`);
    const args = ["x509", "-req", "-CA", join(folder, "ca.crt"), "-CAkey", join(folder, "ca.key"), "-CAcreateserial"];
    const input = pem("CERTIFICATE REQUEST", Buffer.from(csr, "base64url"));
    const { stdout, stderr, status } = spawnSync("openssl", [...args, "-extfile", ext, "-days", String(this.days)], {
      input,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(stderr);
    return stdout + this.#authority.cert;
  }
}

function refused(status: number, type: string, detail: string, headers: Record<string, string> = {}): FakeAnswer {
  return json(status, { type: `urn:ietf:params:acme:error:${type}`, detail }, headers);
}

function read(text: string): unknown {
  return JSON.parse(Buffer.from(text, "base64url").toString());
}

function thumbprint({ crv, kty, x, y }: Record<string, string>): string {
  return createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
}
