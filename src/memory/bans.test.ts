import { expect, test } from "bun:test";
import { BanHolder } from "./bans.ts";
import { ListDraft } from "./listdraft.ts";
import { ListFile } from "./listfile.ts";
import { runSteps } from "./listranges.ts";

test("a ban holds until its end, or for ever, and only for those in it", () => {
  const octets = (last: number): Uint8Array => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, last);
  const draft = new ListDraft("address");
  draft.addBlock(octets(1), 128, "1000");
  draft.addBlock(octets(2), 128, "0");
  const bans = new BanHolder();
  expect(bans.endOf(octets(1), 0, 0)).toBe(-1);
  bans.list = new ListFile(runSteps(draft.finish()));
  expect([bans.endOf(octets(1), 0, 999_999), bans.endOf(octets(1), 0, 1_000_000)]).toEqual([1000, -1]);
  expect([bans.endOf(octets(2), 0, 5e12), bans.endOf(octets(3), 0, 0)]).toEqual([0, -1]);
});
