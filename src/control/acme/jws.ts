// What is signed for an authority: JSON Web Signatures as RFC 8555 wants them, by the account's key (ECDSA P-256), and by the key of an
// account that the authority has given beforehand. It knows keys and texts, and no network. A key leaves this file only as the PEM text
// that the store keeps.

import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from "node:crypto";

export interface Signed {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}

/** The public half of an account's key, with its members in the order that a thumbprint wants (RFC 7638). */
interface PublicJwk {
  readonly crv: string;
  readonly kty: string;
  readonly x: string;
  readonly y: string;
}

export class AccountKey {
  readonly #key: KeyObject;
  readonly #jwk: PublicJwk;

  private constructor(key: KeyObject) {
    this.#key = key;
    const { x = "", y = "" } = createPublicKey(key).export({ format: "jwk" });
    this.#jwk = { crv: "P-256", kty: "EC", x, y };
  }

  static make(): AccountKey {
    return new AccountKey(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
  }

  /** Throws where it is no key of that kind. */
  static of(pem: string): AccountKey {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1") throw new Error("it is no key of ECDSA P-256");
    return new AccountKey(key);
  }

  get pem(): string {
    return String(this.#key.export({ format: "pem", type: "pkcs8" }));
  }

  get jwk(): PublicJwk {
    return this.#jwk;
  }

  /** What is answered to the authority that asks for this token. */
  answerTo(token: string): string {
    return `${token}.${base64url(createHash("sha256").update(JSON.stringify(this.#jwk)).digest())}`;
  }

  /** `account`: its address; null where there is none yet, and the key itself goes with it. "" for `payload` asks without saying (6.3). */
  sign(url: string, nonce: string, account: string | null, payload: object | ""): Signed {
    const who = account === null ? { jwk: this.#jwk } : { kid: account };
    const head = encoded({ alg: "ES256", ...who, nonce, url });
    const body = payload === "" ? "" : encoded(payload);
    const signature = sign("sha256", Buffer.from(`${head}.${body}`), { key: this.#key, dsaEncoding: "ieee-p1363" });
    return { protected: head, payload: body, signature: base64url(signature) };
  }

  /** That the holder of the account that is there already wants this key for one here (7.3.4). */
  bind(url: string, external: { readonly id: string; readonly hmacKey: string }): Signed {
    const head = encoded({ alg: "HS256", kid: external.id, url });
    const body = encoded(this.#jwk);
    const key = Buffer.from(external.hmacKey, "base64url");
    const signature = createHmac("sha256", key).update(`${head}.${body}`).digest();
    return { protected: head, payload: body, signature: base64url(signature) };
  }
}

export function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

function encoded(value: object): string {
  return base64url(new TextEncoder().encode(JSON.stringify(value)));
}
