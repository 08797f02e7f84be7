import { expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import { commandBytes, type Heard, type Reply, ReplyError, RespReader } from "./resp.ts";

const conversation =
  "+OK\r\n:12\r\n$-1\r\n$5\r\na\r\nbc\r\n*2\r\n$1\r\na\r\n*1\r\n:-3\r\n%1\r\n+k\r\n,1.5\r\n~1\r\n#t\r\n_\r\n*-1\r\n" +
  "|1\r\n+ttl\r\n:3\r\n+after\r\n=7\r\ntxt:abc\r\n(123456789012345678901234567890\r\n>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\ns\r\n" +
  "-NOPERM no\r\n!8\r\nERR long\r\n";
const values: readonly Reply[] = [
  ..."OK,12,,a\r\nbc".split(",").map((each, index) => (index === 1 ? 12 : index === 2 ? null : each)),
  ["a", [-3]],
  ["k", 1.5],
  [true],
  null,
  null,
  "after",
  "abc",
  "123456789012345678901234567890",
  ["invalidate", ["s"]],
  new ReplyError("NOPERM no"),
  new ReplyError("ERR long"),
];

function feed(text: string, step: number): Heard[] {
  const reader = new RespReader();
  const bytes = Buffer.from(text);
  const heard: Heard[] = [];
  for (let at = 0; at < bytes.length; at += step) heard.push(...reader.read(bytes.subarray(at, at + step)));
  return heard;
}

test("values are the same however they come, and pushes are told apart", () => {
  for (const step of [1, 2, 3, 7, 64, 10_000]) {
    const heard = feed(conversation, step);
    expect(heard.map(({ value }) => value)).toEqual([...values]);
    expect(heard.map(({ isPush }) => isPush).indexOf(true)).toBe(12);
    expect(heard.filter(({ isPush }) => isPush).length).toBe(1);
  }
  expect((values.at(-2) as ReplyError).code).toBe("NOPERM");
});

test("what is no RESP ends it, and so does what is too large or too deep", () => {
  const bad = ["HTTP/1.1 400 Bad\r\n", "$x\r\n", "*99999999999\r\n", "$9999999999\r\n", "*1\r\n".repeat(20), "\r\n"];
  for (const text of bad) expect(() => feed(text, 10_000)).toThrow();
  const reader = new RespReader();
  const chunk = Buffer.alloc(1024 * 1024, "x");
  reader.read(Buffer.from(`$33000000\r\n`));
  expect(() => {
    for (let time = 0; time < 40; time++) reader.read(chunk);
  }).toThrow("too large");
});

test("whatever bytes come are values or an error, and nothing else", () => {
  const random = new Prng(7);
  const alphabet = "+-:$*%>~|=!_#,(0123456789\r\nab";
  for (let time = 0; time < 2000; time++) {
    const text = Array.from({ length: 30 }, () => alphabet[random.below(alphabet.length)]).join("");
    try {
      for (const { value } of feed(text, 5)) expect(value).not.toBeUndefined();
    } catch (error) {
      expect((error as Error).message).toStartWith("what answers is no Redis");
    }
  }
});

test("a command is a list of texts, measured in bytes", () => {
  expect(commandBytes(["SADD", "sätze", 5]).toString()).toBe("*3\r\n$4\r\nSADD\r\n$6\r\nsätze\r\n$1\r\n5\r\n");
});

test("what has come of a large reply is not read again with each piece of it, and an endless one is refused", () => {
  const list = `*100000\r\n${":1\r\n".repeat(100_000)}`;
  const beganMs = performance.now();
  expect(feed(list, 100).map(({ value }) => Array.isArray(value) && value.length)).toEqual([100_000]);
  // Read anew with each piece it takes minutes.
  expect(performance.now() - beganMs).toBeLessThan(10_000);
  const inner = `*200\r\n${"_\r\n".repeat(200)}`;
  for (const endless of [`*999999\r\n${inner.repeat(6000)}`, "|0\r\n".repeat(2_000_000), "+".repeat(100_000)])
    expect(() => feed(endless, 60_000)).toThrow("what answers is no Redis");
  expect(feed("|0\r\n*0\r\n>0\r\n*2\r\n*0\r\n|1\r\n+a\r\n*0\r\n:7\r\n", 1)).toEqual([
    { isPush: false, value: [] },
    { isPush: true, value: [] },
    { isPush: false, value: [[], 7] },
  ]);
});
