// Links that were signed: ?expires=SECONDS&signature=HEX, where the signature is an HMAC of the path and of the time at which it ends.
// `signed` makes one, where links are handed out; `checkSignature` is the hook that lets nothing else through.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { HookRequest, Reply } from "sluice";

function signatureOf(path: string, expires: string, key: string): Buffer {
  return createHmac("sha256", key).update(`${path}\n${expires}`).digest();
}

export function signed(path: string, expiresS: number, key: string): string {
  return `${path}?expires=${expiresS}&signature=${signatureOf(path, String(expiresS), key).toString("hex")}`;
}

export function checkSignature(key: string): (request: HookRequest) => Reply | undefined {
  return (request) => {
    const expires = request.query.get("expires") ?? "";
    const given = Buffer.from(request.query.get("signature") ?? "", "hex");
    const right = signatureOf(request.path, expires, key);
    // In a time that says nothing of how much of it was right.
    const isRight = given.length === right.length && timingSafeEqual(given, right);
    if (!isRight) return { status: 403, body: "This link is not valid.\n" };
    if (Number(expires) * 1000 < request.startedAt) return { status: 410, body: "This link has expired.\n" };
    // The server needs none of it, and its cache would be the worse for it.
    request.query.delete("expires");
    request.query.delete("signature");
    return undefined;
  };
}
