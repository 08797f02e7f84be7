// MD5 crypt of passwords ("$1$salt$hash"), and Apache's variant of it ("$apr1$salt$hash"), which differs in its mark alone: a thousand
// rounds of MD5, a millisecond of work. Old, and what htpasswd made for decades. The order in which the first round's parts are mixed has no reason; it is what files hold.

import { createHash } from "node:crypto";

const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** Which bytes of the digest make four characters each; the last makes two. */
const order = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
] as const;

/** The whole text that stands in the file for that password and salt. */
export function md5crypt(password: Uint8Array, salt: string, magic: "$apr1$" | "$1$"): string {
  const md5 = (...parts: (Uint8Array | string)[]): Buffer => {
    const hash = createHash("md5");
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
  const inner = md5(password, salt, password);
  const parts: (Uint8Array | string)[] = [password, magic, salt];
  for (let left = password.length; left > 0; left -= 16) parts.push(inner.subarray(0, Math.min(16, left)));
  for (let bits = password.length; bits > 0; bits >>= 1)
    parts.push((bits & 1) === 1 ? Uint8Array.of(0) : password.subarray(0, 1));
  let digest = md5(...parts);
  for (let round = 0; round < 1000; round++) {
    const isOdd = (round & 1) === 1;
    const middle = [...(round % 3 === 0 ? [] : [salt]), ...(round % 7 === 0 ? [] : [password])];
    digest = md5(isOdd ? password : digest, ...middle, isOdd ? digest : password);
  }
  let text = "";
  for (const [first, second, third] of order)
    text += characters((digest[first]! << 16) | (digest[second]! << 8) | digest[third]!, 4);
  return `${magic}${salt}$${text}${characters(digest[11]!, 2)}`;
}

function characters(value: number, count: number): string {
  let text = "";
  for (let index = 0; index < count; index++, value >>= 6) text += alphabet[value & 0x3f];
  return text;
}
