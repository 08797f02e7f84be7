import { expect, test } from "bun:test";
import type { Connection } from "../redis/connection.ts";
import { type Reply, ReplyError } from "../redis/resp.ts";
import { readMax } from "./scripts.ts";
import { isKeptFrom, readSet } from "./setreading.ts";

/** Answers by the first words of a command; what it has no answer for is refused. */
function stand(answers: Record<string, Reply>): Connection {
  const ask = async (...words: readonly (string | number)[]): Promise<Reply> => {
    const key = Object.keys(answers).find((each) => words.join(" ").startsWith(each));
    const answer = key === undefined ? new ReplyError(`NOPERM no ${words[0]}`) : answers[key]!;
    if (answer instanceof ReplyError) throw answer;
    return answer;
  };
  return { ask } as unknown as Connection; // All that is used of one.
}

test("those whose lease is over are told apart, and whether a sentinel is there who takes them out", async () => {
  const reading = await readSet(stand({ EVAL: [3, ["a", "b", "c"], ["c"], ["b", "gone"], 1500, 1] }), "s");
  const rest = { draining: ["c"], over: ["b"], hasSentinel: true, nextEndMs: 1500 };
  expect(reading).toEqual({ size: 3, members: ["a", "c"], ...rest });
  const calm = await readSet(stand({ EVAL: [1, ["a"], [], [], -1, 0] }), "s");
  expect(calm).toEqual({ size: 1, members: ["a"], draining: [], over: [], hasSentinel: false, nextEndMs: null });
});

test("without scripts members are read all the same, in part where there are too many", async () => {
  const plain = stand({ "SCARD s": 2, "SMEMBERS s:draining": ["b"], "SMEMBERS s": ["a", "b"] });
  expect(await readSet(plain, "s")).toMatchObject({ size: 2, members: ["a", "b"], draining: ["b"] });
  expect(await readSet(stand({ "SMEMBERS s": ["a"] }), "s")).toMatchObject({
    size: 1,
    members: ["a"],
    draining: ["a"],
  });
  const many = stand({
    "SCARD s:draining": 0,
    "SMEMBERS s:draining": [],
    "SCARD s": readMax + 1,
    "SSCAN s": ["9", ["a"]],
  });
  expect(await readSet(many, "s")).toMatchObject({ size: readMax + 1, members: ["a"], draining: [] });
});

test("where something of another kind stands the error names its key, if that may be asked", async () => {
  const wrong = new ReplyError("WRONGTYPE Operation against a key holding the wrong kind of value");
  const types = { "TYPE s:leases": "string", "TYPE s:draining": "none", "TYPE s:views": "hash", "TYPE s": "set" };
  await expect(readSet(stand({ EVAL: wrong, ...types }), "s")).rejects.toThrow(
    "s:leases is no zset but something of another kind (string)",
  );
  await expect(readSet(stand({ EVAL: wrong, ...types, "TYPE s:leases": "zset" }), "s")).rejects.toThrow("WRONGTYPE");
});

test("what is no permission is an error", async () => {
  const wrong = new ReplyError("WRONGTYPE Operation against a key holding the wrong kind of value");
  expect(readSet(stand({ EVAL: wrong }), "s")).rejects.toThrow("WRONGTYPE");
  expect(readSet(stand({ EVAL: "odd" }), "s")).rejects.toThrow("something else");
  expect(readSet(stand({}), "s")).rejects.toThrow("NOPERM");
  expect(isKeptFrom(new ReplyError("ERR unknown command 'EVAL'"))).toBeTrue();
  expect(isKeptFrom(new ReplyError("ERR The user executing the script can't run this command"))).toBeTrue();
  expect(isKeptFrom(wrong)).toBeFalse();
  expect(isKeptFrom(new Error("NOPERM"))).toBeFalse();
});
