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
  const ask = (plan: AuthPlan, name: string, text: string): Verdict | null | Promise<Verdict> => {
    let tell: (verdict: Verdict) => void = () => {};
    const later = new Promise<Verdict>((resolve) => {
      tell = resolve;
    });
    return credentials.verify(plan, name, password(text), { verified: tell }) ?? later;
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

test("a hash that nothing can read is bad", async () => {
  const { ask } = checker();
  expect(await ask(auth({ john: "$2b$04$no hash at all" }), "john", "right")).toBe("bad");
});
