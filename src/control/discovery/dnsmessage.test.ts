import { expect, test } from "bun:test";
import { type DnsRecord, type Question, readDnsAnswer, recordsOf, recordType, writeQuestion } from "./dnsmessage.ts";

const question: Question = { id: 0x1234, name: "app.test", type: recordType.a };

/** Bytes from hexadecimal digits, with texts in quotes. */
function bytes(text: string): Uint8Array {
  const parts = text.match(/"[^"]*"|[0-9a-f]{2}/gi) ?? [];
  return Uint8Array.from(
    parts.flatMap((part) => (part.startsWith('"') ? [...Buffer.from(part.slice(1, -1))] : [Number.parseInt(part, 16)])),
  );
}

const asked = '03 "app" 04 "test" 00 0001 0001';
const address = "c00c 0001 0001 0000003c 0004 0a000001";

test("a question as RFC 1035 writes it, with the size that is taken", () => {
  expect(writeQuestion(question)).toEqual(bytes(`1234 0100 0001 0000 0000 0001 ${asked} 00 0029 04d0 00000000 0000`));
  for (const name of ["a..b", "", `${"a".repeat(64)}.test`, `${"a.".repeat(130)}test`])
    expect(writeQuestion({ ...question, name })).toBeNull();
});

test("an answer with an address, whose name is told once", () => {
  const answer = readDnsAnswer(bytes(`1234 8180 0001 0001 0000 0000 ${asked} ${address}`), question);
  expect(answer).toMatchObject({ code: 0, isCut: false, additional: [] });
  expect(answer!.answers).toMatchObject([{ name: "app.test", type: 1, ttlSeconds: 60, address: "10.0.0.1" }]);
});

test("services, IPv6 and names that stand for others", () => {
  const srv = { ...question, name: "_h._tcp.app.test", type: recordType.srv };
  const text = `1234 8180 0001 0002 0000 0002 02 "_h" 04 "_tcp" 03 "app" 04 "test" 00 0021 0001
    c00c 0005 0001 00000005 0004 01 "x" c014
    01 "x" c014 0021 0001 00000007 000b 0001 0002 1f90 02 "n1" c014
    02 "n1" c014 001c 0001 00000009 0010 20010db8000000000000000000000001
    02 "n2" c014 001c 0001 80000000 0010 00010000000000020000000000000003`;
  const answer = readDnsAnswer(bytes(text), srv)!;
  const found = recordsOf(srv.name, recordType.srv, answer.answers);
  expect(found.map(({ name, type }) => `${type} ${name}`)).toEqual(["5 _h._tcp.app.test", "33 x.app.test"]);
  expect(found[1]).toMatchObject({ priority: 1, weight: 2, port: 8080, target: "n1.app.test", ttlSeconds: 7 });
  expect(answer.additional.map(({ name, address }) => `${name} ${address}`)).toEqual([
    "n1.app.test 2001:db8::1",
    "n2.app.test 1:0:0:2::3",
  ]);
  // One that is out of all bounds is none.
  expect(answer.additional[1]!.ttlSeconds).toBe(0);
});

test("IPv6 addresses are written as RFC 5952 wants it", () => {
  const of = (words: string): string =>
    readDnsAnswer(
      bytes(`1234 8180 0001 0001 0000 0000 03 "app" 04 "test" 00 001c 0001 c00c 001c 0001 00000000 0010 ${words}`),
      { ...question, type: recordType.aaaa },
    )!.answers[0]!.address;
  expect(of("00000000000000000000000000000000")).toBe("::");
  expect(of("00000000000000000000000000000001")).toBe("::1");
  expect(of("fe800000000000000000000000000000")).toBe("fe80::");
  expect(of("00010000000200030004000500060007")).toBe("1:0:2:3:4:5:6:7");
  expect(of("00010000000000020003000000000004")).toBe("1::2:3:0:0:4");
  expect(of("00000000000200030004000000000000")).toBe("0:0:2:3:4::");
});

test("what is not the answer to this question is none", () => {
  const good = `1234 8180 0001 0001 0000 0000 ${asked} ${address}`;
  for (const [from, to] of [
    ["1234 8180", "1235 8180"],
    ["1234 8180", "1234 0180"],
    ["1234 8180", "1234 a180"],
    ['03 "app"', '03 "apq"'],
    ["00 0001 0001", "00 001c 0001"],
    ["0001 0001 0000 0000", "0002 0001 0000 0000"],
    ["0001 0001 0000 0000", "0001 ffff 0000 0000"],
  ] as const)
    expect(readDnsAnswer(bytes(good.replace(from, to)), question)).toBeNull();
});

test("one that is cut says so, whatever is left of it", () => {
  expect(readDnsAnswer(bytes(`1234 8380 0001 0005 0000 0000 ${asked} c00c`), question)).toMatchObject({ isCut: true });
});

test("names that point at themselves, or forward, end the reading", () => {
  for (const name of ["c01a", "c0ff", "c01c c01a", '01 "a" c01a'])
    expect(
      readDnsAnswer(bytes(`1234 8180 0001 0001 0000 0000 ${asked} ${name} 0001 0001 00000001 0004 0a000001`), question),
    ).toBeNull();
});

test("any bytes are an answer or none, whole and cut at each place", () => {
  const good = bytes(`1234 8180 0001 0001 0000 0000 ${asked} ${address}`);
  for (let end = 0; end < good.length; end++) expect(readDnsAnswer(good.subarray(0, end), question)).toBeNull();
  let seed = 7;
  const chance = (): number => (seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0) >>> 16;
  for (let round = 0; round < 3000; round++) {
    const broken = Uint8Array.from(good);
    for (let change = 0; change < 3; change++) broken[chance() % broken.length] = chance() & 255;
    const answer = readDnsAnswer(broken, question);
    for (const { address: found } of answer?.answers ?? []) expect(found.length).toBeLessThan(40);
  }
});

test("circles of names end", () => {
  const cname = (name: string, target: string): DnsRecord => ({
    ...{ name, target, type: recordType.cname, ttlSeconds: 1, address: "", priority: 0, weight: 0, port: 0 },
  });
  expect(recordsOf("a", recordType.a, [cname("a", "b"), cname("b", "a")])).toHaveLength(2);
});
