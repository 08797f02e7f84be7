import { expect, test } from "bun:test";
import { logAliases } from "../../config/logformat.ts";
import { aliasWriters, sessionAliases } from "./aliases.ts";
import { LogDetails } from "./details.ts";
import { AccessRecord } from "./record.ts";
import { SessionRecord } from "./session.ts";

/** Captured cookies are not kept. */
const without = ["CC", "CS"];

test("each alias that a format may have has a writer, for requests at least", () => {
  const writers = aliasWriters("vm");
  expect(logAliases.filter((name) => writers[name] === undefined)).toEqual(without);
  expect(Object.keys(writers).filter((name) => !logAliases.includes(name))).toEqual([]);
  expect(sessionAliases("vm")["r"]).toBeUndefined();
});

test("each writes something of its own about nothing at all, without a byte that is none of a line", () => {
  const out = new Uint8Array(4096);
  const details = new LogDetails();
  for (const [name, write] of Object.entries(aliasWriters("vm")))
    expect([name, Buffer.from(out.subarray(0, write(new AccessRecord(), details, out, 0))).toString("latin1")]).toEqual(
      [name, expect.stringMatching(/^[ -~]*$/)],
    );
  for (const [name, write] of Object.entries(sessionAliases("vm")))
    expect([name, write(new SessionRecord(), details, out, 0)]).toEqual([name, expect.any(Number)]);
});

test("numbers that are not known are -1, and times are those of the beginning", () => {
  const out = new Uint8Array(100);
  const writers = aliasWriters("vm");
  const record = Object.assign(new AccessRecord(), { wallMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678), durationMs: 600 });
  const of = (name: string): string =>
    Buffer.from(out.subarray(0, writers[name]!(record, new LogDetails(), out, 0))).toString();
  expect([of("TR"), of("Tw"), of("Tc"), of("Tr"), of("ST"), of("Td"), of("Ta")]).toEqual([
    ...["-1", "-1", "-1", "-1", "-1", "-1", "600"],
  ]);
  expect([of("T"), of("trg"), of("ms"), of("Ts")]).toEqual([
    ...["02/Jan/2026:03:04:05 +0000", "02/Jan/2026:03:04:05 +0000", "078", "1767323045"],
  ]);
  expect([of("H"), of("lc"), of("lc"), of("rc")]).toEqual(["vm", "0", "1", "0"]);
});
