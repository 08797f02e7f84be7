// Files of users as htpasswd makes them: a line `name:hash` each, comments and empty lines between. It knows which hashes can be
// checked here: bcrypt, Apache's MD5, MD5 crypt, SHA-1, and passwords in the open that say so ({PLAIN}). What crypt(3) of the system makes
// otherwise ($5$, $6$, the old one without a mark) needs its library, and is refused by name. What is no hash at all is refused in a file,
// for nobody can tell it from an old one; in a config it is the password.

import { quote } from "../base/reading.ts";

export type Users = readonly (readonly [name: string, secret: string])[];
export type UsersReading =
  | { readonly ok: true; readonly users: Users }
  /** Continues the file's name. */
  | { readonly ok: false; readonly message: string };

/** Each step doubles the time: this takes a few seconds, in which nobody else is checked. */
const costMax = 16;
const usersMax = 100_000;
const advice = "make it with htpasswd -B (bcrypt)";

/** Why a text that looks like a hash cannot be checked; null when it can, or when it does not look like one. */
export function problemOfHash(secret: string): string | null {
  if (/^\$2[abxy]\$/.test(secret)) {
    const found = /^\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(secret);
    if (found === null) return "is a bcrypt hash that is not whole";
    const cost = Number(found[1]);
    return cost >= 4 && cost <= costMax
      ? null
      : `is a bcrypt hash of cost ${cost}: from 4 to ${costMax} can be checked`;
  }
  if (/^\$(?:apr1|1)\$/.test(secret))
    return /^\$(?:apr1|1)\$[^$]{1,8}\$[./A-Za-z0-9]{22}$/.test(secret) ? null : "is an MD5 hash that is not whole";
  if (secret.startsWith("{SHA}"))
    return /^\{SHA\}[A-Za-z0-9+/]{27}=$/.test(secret) ? null : "is a SHA-1 hash that is not whole";
  if (secret.startsWith("{PLAIN}")) return null;
  const crypt = /^\$([a-z0-9-]{1,12})\$/i.exec(secret);
  if (crypt !== null) return `is a hash of a kind that cannot be checked here ($${crypt[1]}$): ${advice}`;
  const scheme = /^\{([A-Za-z0-9.-]{1,20})\}/.exec(secret);
  return scheme === null ? null : `is a hash of a kind that cannot be checked here ({${scheme[1]}}): ${advice}`;
}

/** Whether it is checked by its mark; anything else is the password itself. */
export function isMarked(secret: string): boolean {
  return /^(?:\$2[abxy]\$|\$apr1\$|\$1\$|\{SHA\}|\{PLAIN\})/.test(secret);
}

export function readHtpasswd(text: string): UsersReading {
  const users = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const no = (what: string): UsersReading => ({ ok: false, message: `in line ${index + 1} ${what}` });
    const colon = line.indexOf(":");
    if (colon < 1) return no("has no name with a colon behind it");
    const name = line.slice(0, colon);
    // nginx takes a comment behind another colon.
    const secret = line.slice(colon + 1).startsWith("{PLAIN}")
      ? line.slice(colon + 1)
      : line
          .slice(colon + 1)
          .split(":", 1)[0]!
          .trimEnd();
    if (name.length > 255) return no("has a name of more than 255 characters");
    if (users.has(name)) return no(`names ${quote(name)} again`);
    const problem = problemOfHash(secret);
    if (problem !== null) return no(`has for ${quote(name)} what ${problem}`);
    if (!isMarked(secret))
      return no(
        `has for ${quote(name)} no hash that can be checked here (an old crypt, or the password itself): ${advice}`,
      );
    users.set(name, secret);
    if (users.size > usersMax) return no(`has more than ${usersMax} users`);
  }
  return users.size === 0 ? { ok: false, message: "names no user" } : { ok: true, users: [...users] };
}
