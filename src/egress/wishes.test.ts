import { expect, test } from "bun:test";
import { readUserName } from "./wishes.ts";

const configured = new Set(["alice", "alice-b", "bob"]);
const plain = { key: "", tags: "", lifetimeMs: 0, problem: "" };

test("a user's name alone wishes for nothing", () => {
  expect(readUserName("alice", configured)).toEqual({ user: "alice", ...plain });
  expect(readUserName("alice-b", configured)).toEqual({ user: "alice-b", ...plain });
});

test("a name that is nobody's is nobody's", () => {
  for (const shown of ["carol", "carol-session-a", "", "-", "-session-a", "Alice", "alicesession-a"])
    expect(readUserName(shown, configured)).toEqual({ user: "", ...plain });
});

test("words in pairs are a session, minutes, and tags in order and in lower case", () => {
  expect(readUserName("alice-Session-AbC-Provider-Acme-time-30-country-DE", configured)).toEqual({
    user: "alice",
    key: "AbC",
    tags: "country=de\nprovider=acme",
    lifetimeMs: 1_800_000,
    problem: "",
  });
});

test("the longest user's name counts", () => {
  expect(readUserName("alice-b-session-x", configured)).toMatchObject({ user: "alice-b", key: "x" });
  expect(readUserName("alice-bc-session", configured)).toMatchObject({ user: "alice", tags: "bc=session" });
});

test("what cannot be read is told", () => {
  for (const [shown, problem] of [
    ["alice-session", '"session" in the user name has no value behind it'],
    ["alice-session-a-country", '"country" in the user name has no value behind it'],
    ["alice-session--country-de", '"session" in the user name has no value behind it'],
    ["alice--a", 'a word is missing between two "-" of the user name'],
    ["alice-", 'a word is missing between two "-" of the user name'],
    ["alice-country-de-country-us", '"country" stands in the user name twice'],
    ["alice-time-0", '"time" in the user name is not a number of minutes from 1 to 100000'],
    ["alice-time-soon", '"time" in the user name is not a number of minutes from 1 to 100000'],
    [`alice${"-a-b".repeat(17)}`, "more than 16 wishes stand behind the user's name"],
  ] as const)
    expect(readUserName(shown, configured)).toEqual({ user: "alice", ...plain, problem });
});
