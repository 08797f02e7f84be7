import { expect, test } from "bun:test";
import type { FoundServer } from "../../config/found.ts";
import { differenceFields, differenceOf, differenceText, inOrder, listedMax } from "./difference.ts";

function servers(...addresses: string[]): FoundServer[] {
  return addresses.map((address) => ({ address }));
}

test("an answer is put in order, and of two with one address the first counts", () => {
  expect(inOrder([{ address: "b:1", weight: 2 }, { address: "a:1" }, { address: "b:1", weight: 3 }])).toEqual([
    { address: "a:1" },
    { address: "b:1", weight: 2 },
  ]);
  expect(inOrder([{ address: "b:1", weight: 2 }, { address: "b:1" }])).toEqual([{ address: "b:1", weight: 2 }]);
  const ordered = servers("a:1", "b:1");
  expect(inOrder(ordered)).toBe(ordered);
});

test("who came, who went, and who is described anew", () => {
  const difference = differenceOf(
    [{ address: "b:1" }, { address: "c:1", weight: 2 }, { address: "d:1", drain: true }],
    [{ address: "a:1" }, { address: "c:1", weight: 3 }, { address: "d:1", drain: true }, { address: "e:1" }],
  )!;
  expect(differenceText(difference)).toBe("a:1, e:1 came; b:1 went; c:1 changed");
  for (const more of [{ weight: 1 }, { backup: true }, { maxConnections: 1 }, { drain: true }, { serverName: "x" }])
    expect(differenceOf(servers("a:1"), [{ address: "a:1", ...more }])?.changed).toHaveLength(1);
  expect(differenceOf(servers("a:1"), [{ address: "a:1", tls: true }])?.changed).toHaveLength(1);
});

test("the same is no difference", () => {
  expect(differenceOf([], [])).toBeNull();
  expect(differenceOf([{ address: "a:1", weight: 2 }], [{ weight: 2, address: "a:1" }])).toBeNull();
});

test("it is what sets say, whatever came and went", () => {
  for (let round = 0; round < 200; round++) {
    const drawn = (salt: number): string[] =>
      Array.from({ length: 12 }, (_, index) => index).flatMap((index) =>
        ((round * 31 + index * 17 + salt * 7) * 2_654_435_761) % 3 === 0
          ? [`${String.fromCharCode(97 + index)}:1`]
          : [],
      );
    const [former, now] = [drawn(1), drawn(round % 5)];
    const difference = differenceOf(servers(...former), servers(...now));
    const names = (some: readonly FoundServer[] = []): string[] => some.map(({ address }) => address);
    expect(names(difference?.came)).toEqual(now.filter((each) => !former.includes(each)));
    expect(names(difference?.went)).toEqual(former.filter((each) => !now.includes(each)));
  }
});

test("lines have an end, however many came", () => {
  const many = Array.from({ length: 1000 }, (_, number) => `10.0.0.1:${10_000 + number}`);
  const difference = differenceOf([{ address: "10.0.0.0:1", tls: true }], servers(...many))!;
  const first = many.slice(0, 8).join(", ");
  expect(differenceText(difference)).toBe(`${first} and 992 more came; 10.0.0.0:1 went`);
  const fields = differenceFields(difference);
  expect(fields).toEqual({
    came: many.slice(0, listedMax).map((each) => `http://${each}`),
    cameMore: 1000 - listedMax,
    went: ["https://10.0.0.0:1"],
  });
});
