// Sections userlist: users with their passwords and groups, for http_auth; and http-errors, files by status, for errorfiles. They are
// read before the proxies that name them. Whether a password in crypt(3)'s words can be compared is for auth.ts to say.
// HAProxy's manual, 12.1 and 12.4.

import { didYouMean } from "../../../base/nearest.ts";
import type { Ledger } from "../ledger.ts";
import { type Answers, errorfile } from "./errors.ts";
import { httpErrorsWords, userlistWords } from "./globalwords.ts";
import { linePath, pathOf, type Statement, type User, type Word } from "./scene.ts";
import type { Section } from "./sections.ts";
import { enter } from "./tell.ts";

export function readUserlists(ledger: Ledger, sections: readonly Section[]): ReadonlyMap<string, readonly User[]> {
  const lists = new Map<string, readonly User[]>();
  for (const section of sections)
    if (section.kind === "userlist" && section.name !== null) lists.set(section.name.text, usersOf(ledger, section));
  return lists;
}

function usersOf(ledger: Ledger, section: Section): User[] {
  const groups = new Map<string, string[]>();
  const users: User[] = [];
  for (const statement of section.statements) {
    if (!enter(ledger, userlistWords, statement.words[0]!, "in a userlist section")) continue;
    const [first, name] = statement.words as [Word, Word | undefined];
    if (name === undefined) ledger.fault(linePath(statement), "needs a name");
    else if (first.text === "user") users.push(userOf(ledger, name, statement));
    else for (const user of argument(statement, "users")) groups.set(user, [...(groups.get(user) ?? []), name.text]);
  }
  for (const user of groups.keys())
    if (!users.some(({ name }) => name === user))
      ledger.fault(
        pathOf(section.word),
        `names the user ${JSON.stringify(user)} in a group, who is not in this list${didYouMean(
          user,
          users.map(({ name }) => name),
        )}`,
      );
  return users.map((user) => ({ ...user, groups: [...user.groups, ...(groups.get(user.name) ?? [])] }));
}

function userOf(ledger: Ledger, name: Word, statement: Statement): User {
  const crypted = statement.words.findIndex(({ text }, index) => index > 1 && text === "password");
  const clear = statement.words.findIndex(({ text }, index) => index > 1 && text === "insecure-password");
  const at = clear === -1 ? crypted : clear;
  const password = at === -1 ? undefined : statement.words[at + 1];
  if (password === undefined) ledger.fault(linePath(statement), "needs password or insecure-password");
  return {
    name: name.text,
    password: password?.text ?? "",
    isCrypted: clear === -1,
    groups: argument(statement, "groups"),
  };
}

/** Names with commas between. */
function argument({ words }: Statement, name: string): readonly string[] {
  const at = words.findIndex(({ text }, index) => index > 1 && text === name);
  return at === -1 ? [] : (words[at + 1]?.text.split(",") ?? []);
}

export function readErrorSections(
  ledger: Ledger,
  sections: readonly Section[],
  pathed: (file: string) => string,
): ReadonlyMap<string, ReadonlyMap<number, string>> {
  const found = new Map<string, ReadonlyMap<number, string>>();
  for (const section of sections) {
    if (section.kind !== "http-errors" || section.name === null) continue;
    const answers: Answers = new Map();
    for (const statement of section.statements)
      if (enter(ledger, httpErrorsWords, statement.words[0]!, "in an http-errors section"))
        errorfile({ ledger, pathOf: pathed }, statement, answers);
    const files = [...answers].filter((entry): entry is [number, string] => typeof entry[1] === "string");
    found.set(section.name.text, new Map(files));
  }
  return found;
}
