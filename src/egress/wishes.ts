// What a user name of a proxy wishes for, as the trade has it: behind the name of a configured user come words in pairs, with "-" between:
// "alice-session-abc-country-de". `session` is the key, `time` the minutes that the session is to last, and any other word a tag
// that the address must have. So no value holds a "-". Which tags there are the pool knows, not this.

export interface UserName {
  /** The configured user; "" when the name is none of theirs. */
  readonly user: string;
  readonly key: string;
  /** As EgressWish has them. */
  readonly tags: string;
  /** What the session is to last; 0 as the pool says. */
  readonly lifetimeMs: number;
  /** In words for the client; "" without. */
  readonly problem: string;
}

const wordsMax = 16;
const minutesMax = 100_000;

export function readUserName(shown: string, configured: ReadonlySet<string>): UserName {
  if (configured.has(shown)) return nameOf(shown, "");
  for (let end = shown.lastIndexOf("-"); end > 0; end = shown.lastIndexOf("-", end - 1)) {
    const user = shown.slice(0, end);
    if (configured.has(user)) return readWishes(user, shown.slice(end + 1));
  }
  return nameOf("", "");
}

function readWishes(user: string, text: string): UserName {
  const words = text.split("-");
  if (words.length > wordsMax * 2) return nameOf(user, `more than ${wordsMax} wishes stand behind the user's name`);
  const wishes = new Map<string, string>();
  for (let at = 0; at < words.length; at += 2) {
    const word = words[at]!.toLowerCase();
    const value = words[at + 1];
    if (word === "") return nameOf(user, 'a word is missing between two "-" of the user name');
    if (value === undefined || value === "") return nameOf(user, `"${word}" in the user name has no value behind it`);
    if (wishes.has(word)) return nameOf(user, `"${word}" stands in the user name twice`);
    wishes.set(word, value);
  }
  const minutes = wishes.get("time") ?? "0";
  if (!/^\d{1,6}$/.test(minutes) || Number(minutes) > minutesMax || (wishes.has("time") && Number(minutes) === 0))
    return nameOf(user, `"time" in the user name is not a number of minutes from 1 to ${minutesMax}`);
  const key = wishes.get("session") ?? "";
  wishes.delete("time");
  wishes.delete("session");
  const tags = [...wishes].map(([word, value]) => `${word}=${value.toLowerCase()}`).sort();
  return { user, key, tags: tags.join("\n"), lifetimeMs: Number(minutes) * 60_000, problem: "" };
}

function nameOf(user: string, problem: string): UserName {
  return { user, key: "", tags: "", lifetimeMs: 0, problem };
}
