import { expect, test } from "bun:test";
import type { ExchangeRecord } from "../api/shape/exchange.ts";
import { Resumption } from "./resumption.ts";

function stage(heldMax = 10) {
  const said: (string | number)[] = [];
  const resumption = new Resumption({
    follower: {
      accepts: () => true,
      ...{ begins: () => 10, takes: () => true },
      told: ({ id }) => void said.push(id),
      missed: (count) => void said.push(count),
    },
    heldMax,
  });
  const end = (id: string): void => {
    if (resumption.takes()) resumption.told({ id } as ExchangeRecord);
  };
  const found = (left: number, ...ids: string[]): void =>
    resumption.found(
      ids.map((id) => ({ id }) as ExchangeRecord),
      left,
    );
  return { said, resumption, end, found };
}

test("what ends while the former is looked for comes behind it, and how many more that were is said first", () => {
  const { said, end, found } = stage();
  end("0-4");
  end("0-5");
  expect(said).toEqual([]);
  found(4, "0-2", "0-3");
  end("0-6");
  expect(said).toEqual([4, "0-2", "0-3", "0-4", "0-5", "0-6"]);
});

test("so many are held back, and of the others and of what nobody saw it is said how many they were", () => {
  const { said, resumption, end, found } = stage(2);
  for (const id of ["0-1", "0-2", "0-3"]) end(id);
  resumption.missed(7);
  found(0);
  resumption.missed(1);
  expect(said).toEqual([8, "0-1", "0-2", 1]);
});
