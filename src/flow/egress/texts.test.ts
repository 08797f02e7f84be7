import { expect, test } from "bun:test";
import { MemberTexts } from "./texts.ts";

test("each member has its own text, whatever it is made of", () => {
  const texts = ["192.0.2.1", "", "höher", "2001:db8::1"];
  const all = new MemberTexts(texts);
  const read = (member: number): string =>
    new TextDecoder().decode(all.bytes.subarray(all.startOf(member), all.endOf(member)));
  expect(texts.map((_, member) => read(member))).toEqual(texts);
  expect(new MemberTexts([]).bytes).toHaveLength(0);
});
