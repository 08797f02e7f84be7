import { expect, test } from "bun:test";
import type { AuthPlan } from "../config/plan.ts";
import type { Verdict } from "../flow/port.ts";
import { md5crypt } from "./credentials/md5crypt.ts";
import { type BcryptVerify, Credentials } from "./credentials.ts";

const auth = (users: Readonly<Record<string, string>>, rememberMs = 60_000): AuthPlan => ({
  realm: "here",
  users: Object.entries(users).map(([name, secret]) => ({ name, secret })),
  rememberMs,
  takesProxyField: false,
});
const password = (text: string): Uint8Array => new TextEncoder().encode(text);

function checker(bcrypt?: BcryptVerify) {
  const failures: Error[] = [];
  const clock = { nowMs: 0, refresh: (): void => {}, failed: (error: Error): void => void failures.push(error) };
  const credentials = new Credentials(clock, bcrypt);
  const ask = (
    plan: AuthPlan,
    name: string,
    text: string,
    from = { asker: "192.0.2.1", isOver: false },
  ): Verdict | null | Promise<Verdict> => {
    const { promise, resolve } = Promise.withResolvers<Verdict>();
    // What is asked of it later is what it says then.
    return credentials.verify(plan, name, password(text), Object.assign(from, { verified: resolve })) ?? promise;
  };
  return { clock, ask, failures };
}

/** A bcrypt that says yes to "right", and counts. */
function counting() {
  const calls: string[] = [];
  const bcrypt: BcryptVerify = async (given, hash) => {
    calls.push(hash);
    return new TextDecoder().decode(given) === "right";
  };
  return { calls, bcrypt };
}

test("plain passwords and {SHA} are judged at once", () => {
  const { ask } = checker();
  const plan = auth({ john: "{PLAIN}so:so", jane: "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", empty: "{PLAIN}" });
  expect(ask(plan, "john", "so:so")).toBe("good");
  expect(ask(plan, "john", "so:s")).toBe("bad");
  expect(ask(plan, "jane", "secret")).toBe("good");
  expect(ask(plan, "jane", "Secret")).toBe("bad");
  expect(ask(plan, "jack", "so:so")).toBe("bad");
  expect(ask(plan, "John", "so:so")).toBe("bad");
  expect(ask(auth({}), "john", "")).toBe("bad");
});

test("what openssl and htpasswd make fits", async () => {
  const { ask } = checker();
  const hash = Bun.password.hashSync("right", { algorithm: "bcrypt", cost: 4 });
  const plan = auth({
    apr: "$apr1$x$33ZEvqhAIgDirOx4FqHk/1",
    a: hash.replace("$2b$", "$2a$"),
    b: hash,
    y: hash.replace("$2b$", "$2y$"),
  });
  expect(md5crypt(password("secret"), "abcdefgh", "$apr1$")).toBe("$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/");
  for (const name of ["a", "b", "y"]) {
    expect(await ask(plan, name, "right")).toBe("good");
    expect(await ask(plan, name, "wrong")).toBe("bad");
  }
  expect(await ask(plan, "apr", "a longer password than sixteen")).toBe("good");
  expect(await ask(plan, "apr", "wrong")).toBe("bad");
});

test("of a password bcrypt sees 72 bytes and no NUL", async () => {
  const { ask } = checker();
  const hash = Bun.password.hashSync("a".repeat(72), { algorithm: "bcrypt", cost: 4 });
  const plan = auth({ long: hash });
  expect(await ask(plan, "long", "a".repeat(80))).toBe("good");
  expect(await ask(plan, "long", "a".repeat(71))).toBe("bad");
  expect(await ask(plan, "long", `${"a".repeat(72)}\0`)).toBe("bad");
});

test("good credentials are believed for a while, and under the hash that they fitted", async () => {
  const { calls, bcrypt } = counting();
  const { clock, ask } = checker(bcrypt);
  const plan = auth({ john: "$2b$04$one" });
  expect(await ask(plan, "john", "right")).toBe("good");
  expect(ask(plan, "john", "right")).toBe("good");
  expect(ask(auth({ john: "$2b$04$one" }), "john", "right")).toBe("good");
  expect(calls.length).toBe(1);
  expect(await ask(auth({ john: "$2b$04$two" }), "john", "right")).toBe("good");
  expect(calls.length).toBe(2);
  clock.nowMs = 60_001;
  await ask(plan, "john", "right");
  expect(calls.length).toBe(3);
});

test("bad ones are forgotten, and so is everything where nothing is to be remembered", async () => {
  const { calls, bcrypt } = counting();
  const { ask } = checker(bcrypt);
  const plan = auth({ john: "$2b$04$one" });
  await ask(plan, "john", "wrong");
  await ask(plan, "john", "wrong");
  expect(calls.length).toBe(2);
  const forgetful = auth({ john: "$2b$04$one" }, 0);
  await ask(forgetful, "john", "right");
  await ask(forgetful, "john", "right");
  expect(calls.length).toBe(4);
});

test("a name that nobody has costs a check of the dearest hash, and is never good", async () => {
  const { calls, bcrypt } = counting();
  const { ask } = checker(bcrypt);
  const plan = auth({ plain: "{PLAIN}right", cheap: "$2b$04$cheap", dear: "$2b$12$dear" });
  expect(await ask(plan, "nobody", "right")).toBe("bad");
  expect(await ask(plan, "nobody", "right")).toBe("bad");
  expect(calls).toEqual(["$2b$12$dear", "$2b$12$dear"]);
});

test("two are checked at once, more wait, and too many are told that we are busy", async () => {
  const going: ((isRight: boolean) => void)[] = [];
  const { ask } = checker(() => new Promise((resolve) => going.push(resolve)));
  const plan = auth({ john: "$2b$04$one" });
  const asked = Array.from({ length: 66 }, () => ask(plan, "john", "right"));
  expect(ask(plan, "john", "right")).toBe("busy");
  expect(going.length).toBe(2);
  going[0]!(true);
  expect(await asked[0]!).toBe("good");
  expect(going.length).toBe(3);
});

/** Checks that take until they are told to end, and the names of who asked for those that have begun. */
function slow() {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const made = checker((shown) => {
    begun.push(new TextDecoder().decode(shown));
    return new Promise((resolve) => ends.push(() => resolve(true)));
  });
  const plan = auth({ john: "$2b$04$one" });
  const froms: { asker: string; isOver: boolean }[] = [];
  const asks = (asker: string, count = 1): ReturnType<typeof made.ask>[] =>
    Array.from({ length: count }, () => {
      const from = { asker, isOver: false };
      froms.push(from);
      return made.ask(plan, "john", asker, {
        ...from,
        get isOver() {
          return from.isOver;
        },
      });
    });
  /** Ends the oldest that goes on, and the next has begun. */
  const endOne = async (): Promise<void> => {
    ends.shift()!();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { begun, froms, asks, endOne };
}

test("a client that asks for many checks keeps no other waiting for longer than a round", async () => {
  const { begun, asks, endOne } = slow();
  asks("guesser", 40);
  asks("user");
  asks("other", 2);
  for (let count = 0; count < 5; count++) await endOne();
  expect(begun).toEqual(["guesser", "guesser", "guesser", "user", "other", "guesser", "other"]);
});

test("nor is another refused while it has most of the places: it loses one that came last", async () => {
  const { asks } = slow();
  const guesses = asks("guesser", 66);
  expect(asks("guesser")).toEqual(["busy"]);
  const users = asks("user", 32);
  expect(users).not.toContain("busy");
  expect(await Promise.all(guesses.slice(34))).toEqual(Array.from({ length: 32 }, () => "busy"));
  // Both have as many.
  expect(asks("user")).toEqual(["busy"]);
  expect(asks("guesser")).toEqual(["busy"]);
});

test("what nobody waits for any more takes no place, and is not checked", async () => {
  const { begun, froms, asks, endOne } = slow();
  asks("a", 66);
  for (const from of froms.slice(2)) from.isOver = true;
  expect(asks("b", 40)).not.toContain("busy");
  froms[66]!.isOver = true;
  await endOne();
  expect(begun.slice(2)).toEqual(["b"]);
});

test("a hash that nothing can read is bad", async () => {
  const { ask } = checker();
  expect(await ask(auth({ john: "$2b$04$no hash at all" }), "john", "right")).toBe("bad");
});
