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
