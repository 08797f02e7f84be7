// http_auth and its kin: Basic credentials (RFC 7617) compared with those of a userlist. Passwords that stand in clear are compared
// as they are; those that only crypt(3) can tell are refused, for no expression knows it.

import { absent, type Code, choose, index, listOf, method, no, number, primary, relate, text } from "./code.ts";
import { fault, refuse } from "./objection.ts";
import { type Sample, type Site, sampleOf } from "./sample.ts";
import type { User, Word } from "./scene.ts";

const authorization: Code = index(primary("headers"), text("authorization"));

/** `user:password`; absent without Basic credentials. */
export const credentials: Code = choose(
  method(authorization, "matches", text("(?i)^basic ")),
  method(method(authorization, "word", text(" "), number(2)), "unbase64"),
  absent,
);

export function authenticated([name = ""]: readonly string[], site: Site, word: Word): Code {
  return isOneOf(usersOf(name, site, word));
}

/** Each group of who has logged in. */
export function inGroups([name = ""]: readonly string[], site: Site, word: Word): Sample {
  const users = usersOf(name, site, word);
  const groups = [...new Set(users.flatMap(({ groups: own }) => own))];
  const each = listOf(
    groups.map((group) => choose(isOneOf(users.filter(({ groups: own }) => own.includes(group))), text(group), absent)),
  );
  return { ...sampleOf("text", absent), each: { list: each, item: primary("v") } };
}

function isOneOf(users: readonly User[]): Code {
  const known = users.map(({ name, password }) => text(`${name}:${password}`));
  return known.length === 0 ? no : relate(credentials, "in", listOf(known));
}

function usersOf(name: string, site: Site, word: Word): readonly User[] {
  const users = site.conversion.userlists.get(name);
  if (users === undefined)
    return fault(word, `asks a userlist ${JSON.stringify(name)}, and there is none of that name`);
  const crypted = users.find(({ isCrypted }) => isCrypted);
  if (crypted !== undefined)
    return refuse(
      word,
      `the password of user ${crypted.name} is encrypted, and rules compare passwords in clear only: write it as insecure-password`,
    );
  return users;
}
