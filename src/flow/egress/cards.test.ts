import { expect, test } from "bun:test";
import { type Card, MemberCards } from "./cards.ts";

function read(cards: readonly Card[]): Card[] {
  const all = new MemberCards(cards);
  const text = (at: number, length: number): string => new TextDecoder().decode(all.bytes.subarray(at, at + length));
  return cards.map((_, member) => ({
    family: all.familyOf(member) as Card["family"],
    id: text(all.idAt(member), all.idLength(member)),
    told: text(all.toldAt(member), all.toldLength(member)),
  }));
}

test("each member has its own texts, whatever they are made of, also where they have no room on its card", () => {
  const long = `http://${"a".repeat(80)}@p.example:3128`;
  const cards: Card[] = [
    { family: 4, id: "192.0.2.1", told: "192.0.2.1" },
    { family: 0, id: long, told: "p.example:3128" },
    { family: 6, id: "2001:db8::1", told: "2001:db8::1" },
    { family: 0, id: long, told: long },
    { family: 0, id: "höher", told: "" },
    { family: 0, id: "", told: "so" },
  ];
  expect(read(cards)).toEqual(cards);
  expect(new MemberCards([]).bytes).toHaveLength(0);
});

test("texts of just the room of a card, and of one byte more", () => {
  for (const length of [29, 30, 31, 59, 60, 61])
    for (const told of ["i".repeat(length), "t".repeat(length), "t".repeat(30)]) {
      const card: Card = { family: 0, id: "i".repeat(length), told };
      expect(read([card, card])).toEqual([card, card]);
    }
});

test("a member that is an IPv4 address, and told as that, is known by its number; no other is", () => {
  const all = (...ids: string[]): number[] => {
    const cards = new MemberCards(ids.map((id) => ({ family: 0, id, told: id })));
    return ids.map((_, member) => cards.addressOf(member));
  };
  expect(all("127.0.0.1", "255.255.255.255", "0.0.0.1")).toEqual([0x7f00_0001, 0xffff_ffff, 1]);
  expect(all("", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "::ffff:1.2.3.4", "2001:db8::1", "a.b")).toEqual(
    Array(8).fill(0),
  );
  expect(new MemberCards([{ family: 0, id: "192.0.2.1", told: "p.example:1" }]).addressOf(0)).toBe(0);
});
