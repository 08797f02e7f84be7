import { expect, test } from "bun:test";
import { isMarked, problemOfHash, readHtpasswd } from "./htpasswd.ts";

const bcrypt = "$2y$05$szpcgISN442EgdkFKBt/B.Jdzz6IgyhBL0qxS9ogNDe5uAJTJwshS";
const apr1 = "$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/";
const md5 = "$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1";
const sha = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=";

const messageOf = (text: string): string => {
  const reading = readHtpasswd(text);
  return reading.ok ? "" : reading.message;
};

test("names and hashes, with comments and empty lines between", () => {
  const text = `# made by hand\n\njohn:${bcrypt}\r\njane:${apr1}:a comment\nold:${md5}\nsha:${sha}\nopen:{PLAIN}a:b c\n`;
  expect(readHtpasswd(text)).toEqual({
    ok: true,
    users: [
      ["john", bcrypt],
      ["jane", apr1],
      ["old", md5],
      ["sha", sha],
      ["open", "{PLAIN}a:b c"],
    ],
  });
});

test("hashes that cannot be checked are refused by their kind, and say what to do", () => {
  expect(messageOf("a:$6$salt$hash")).toBe(
    'in line 1 has for "a" what is a hash of a kind that cannot be checked here ($6$): make it with htpasswd -B (bcrypt)',
  );
  expect(messageOf("a:$5$rounds=1000$salt$hash")).toContain("($5$)");
  expect(messageOf("a:$argon2id$v=19$x")).toContain("($argon2id$)");
  expect(messageOf("a:{SSHA}abc")).toContain("({SSHA})");
  expect(messageOf(`b:${sha}\na:rqXexS6ZhobKA`)).toBe(
    'in line 2 has for "a" no hash that can be checked here (an old crypt, or the password itself): make it with htpasswd -B (bcrypt)',
  );
});

test("a hash that is cut short, or too dear, is told", () => {
  expect(messageOf(`a:${bcrypt.slice(0, -1)}`)).toContain("is a bcrypt hash that is not whole");
  expect(messageOf(`a:${bcrypt.replace("$05$", "$20$")}`)).toContain("is a bcrypt hash of cost 20: from 4 to 16");
  expect(messageOf(`a:${apr1}x`)).toContain("is an MD5 hash that is not whole");
  expect(messageOf(`a:${sha}x`)).toContain("is a SHA-1 hash that is not whole");
});

test("lines that are none are told", () => {
  expect(messageOf("")).toBe("names no user");
  expect(messageOf("john")).toBe("in line 1 has no name with a colon behind it");
  expect(messageOf(`:${sha}`)).toBe("in line 1 has no name with a colon behind it");
  expect(messageOf(`a:${sha}\na:${md5}`)).toBe('in line 2 names "a" again');
  expect(messageOf(`${"a".repeat(256)}:${sha}`)).toContain("more than 255");
});

test("in a config what does not look like a hash is the password", () => {
  for (const secret of ["secret", "a$6$b", "$ecret", "{", "$$", "{PLAIN}$6$x$y", bcrypt])
    expect(problemOfHash(secret)).toBeNull();
  expect(problemOfHash("$6$salt$hash")).not.toBeNull();
  expect([bcrypt, apr1, md5, sha, "{PLAIN}x", "x", "$6$x"].map(isMarked)).toEqual([
    true,
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
});
