import { expect, test } from "bun:test";
import { type Block, banOf, dangerOf, holds, readBan, readBanBlock, recordOf } from "./ban.ts";

const nowMs = Date.parse("2030-01-01T00:00:00Z");
const block = (text: string): Block => {
  const reading = readBanBlock(text);
  if (!reading.ok) throw new Error(reading.message);
  return reading.value;
};
const refusal = (asked: Record<string, unknown>): string => {
  const reading = readBan({ address: "10.0.0.1", ...asked }, nowMs);
  return reading.ok ? "taken" : reading.message;
};
const end = (asked: Record<string, unknown>): number | null => {
  const reading = readBan({ address: "10.0.0.1", ...asked }, nowMs);
  if (!reading.ok) throw new Error(reading.message);
  return reading.value.untilMs;
};

test("a block has one text, however it was written", () => {
  const texts = ["10.0.0.1/32", "10.1.2.3/8", "::FFFF:10.0.0.1", "::ffff:10.0.0.0/104", "2001:DB8::5/32", "::1/128"];
  expect(texts.map((text) => block(text).text)).toEqual([
    "10.0.0.1",
    "10.0.0.0/8",
    "10.0.0.1",
    "10.0.0.0/8",
    "2001:db8::/32",
    "::1",
  ]);
  expect(readBanBlock("example.com").ok).toBe(false);
});

test("a block holds what lies in it, of its own family", () => {
  expect(holds(block("10.0.0.0/8"), block("10.1.2.3"))).toBe(true);
  expect(holds(block("10.0.0.0/8"), block("10.0.0.0/8"))).toBe(true);
  expect(holds(block("10.1.2.3"), block("10.0.0.0/8"))).toBe(false);
  expect(holds(block("10.0.0.0/8"), block("11.0.0.0"))).toBe(false);
  expect(holds(block("::/0"), block("10.0.0.1"))).toBe(false);
});

test("loopback and very wide blocks are taken only by force", () => {
  const dangerous = ["127.0.0.1", "127.0.0.0/8", "0.0.0.0/0", "10.0.0.0/7", "::1", "::/64", "2000::/15", "126.0.0.0/7"];
  for (const text of dangerous) expect([text, dangerOf(block(text))]).not.toEqual([text, null]);
  for (const text of ["10.0.0.0/8", "128.0.0.1", "2001::/16", "fe80::1"]) expect(dangerOf(block(text))).toBeNull();
  expect(refusal({ address: "10.0.0.0/7" })).toBe('10.0.0.0/7 is wider than /8; say "force" to ban it all the same');
  expect(refusal({ address: "10.0.0.0/7", force: true })).toBe("taken");
});

test("a ban ends when it was asked to, or never", () => {
  expect(end({})).toBeNull();
  expect(end({ until: null })).toBeNull();
  expect(end({ for: "1h30m" })).toBe(nowMs + 5_400_000);
  expect(end({ for: "90d" })).toBe(nowMs + 90 * 86_400_000);
  expect(end({ until: "2030-01-02T01:00:00+01:00" })).toBe(nowMs + 86_400_000);
});

test("what is wrong with a ban is told, and nothing unknown is passed over", () => {
  expect(refusal({ minutes: 5 })).toBe(
    '"minutes" means nothing here; there are address, for, until, reason, by, force',
  );
  expect(refusal({ address: "nobody" })).toContain('"nobody" is not an IP address');
  expect(refusal({ address: 5 })).toContain('"address" must be');
  expect(refusal({ for: "10" })).toContain("must have a unit");
  expect(refusal({ for: "0s" })).toBe('"for" must be more than 0');
  expect(refusal({ for: "4000d" })).toContain("at most 3650 days");
  expect(refusal({ for: "1h", until: "2031-01-01T00:00:00Z" })).toContain("not both");
  expect(refusal({ until: "tomorrow" })).toContain('such as "2030-01-31T18:00:00Z"');
  expect(refusal({ until: "2030-02-31T99:00:00Z" })).toContain("such as");
  expect(refusal({ until: "2029-12-31T23:59:59Z" })).toContain("in the future");
  expect(refusal({ until: "2130-01-01T00:00:00Z" })).toContain("within ten years");
  expect(refusal({ reason: "a\nb" })).toContain("one line");
  expect(refusal({ reason: "\u001b[2J" })).toContain("control characters");
  expect(refusal({ reason: "x".repeat(201) })).toContain("at most 200");
  expect(refusal({ force: "yes" })).toContain("true or false");
});

test("a ban is read back from its record, and one that is over is not", () => {
  const reading = readBan({ address: "10.0.0.0/24", for: "1h", reason: "scans", by: "ann" }, nowMs);
  const ban = reading.ok ? reading.value : null;
  const record = recordOf(ban!);
  expect(record).toEqual({
    address: "10.0.0.0/24",
    reason: "scans",
    by: "ann",
    since: "2030-01-01T00:00:00.000Z",
    until: "2030-01-01T01:00:00.000Z",
  });
  expect(banOf(JSON.parse(JSON.stringify(record)), nowMs)).toEqual(ban);
  expect(banOf(record, nowMs + 3_600_000)).toBeNull();
  for (const strange of [
    null,
    1,
    {},
    { ...record, address: "x" },
    { ...record, until: "x" },
    { ...record, since: null },
  ])
    expect(banOf(strange, nowMs)).toBeNull();
});
