import { expect, test } from "bun:test";
import { placeText, readPlace } from "./place.ts";

const read = (text: string, port = 80): string | null => {
  const place = readPlace(text, port);
  return place === null ? null : `${place.octets === null ? "name" : "address"} ${placeText(place.host, place.port)}`;
};

test("names come in one spelling", () => {
  expect(read("A.Example")).toBe("name a.example:80");
  expect(read("a.example.")).toBe("name a.example:80");
  expect(read("a.example:8080")).toBe("name a.example:8080");
  expect(read("a.example:")).toBe("name a.example:80");
  expect(read("_dmarc.xn--bcher-kva.example")).toBe("name _dmarc.xn--bcher-kva.example:80");
  expect(read("localhost")).toBe("name localhost:80");
  expect(read("a1.0x.example")).toBe("name a1.0x.example:80");
});

test("an address is one however it is written", () => {
  for (const text of [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0x7f.1",
    "0X7F000001",
    "2130706433",
    "0177.0.0.01",
    "017700000001",
    "127.0.0.1.",
  ])
    expect([text, read(text)]).toEqual([text, "address 127.0.0.1:80"]);
  expect(read("0")).toBe("address 0.0.0.0:80");
  expect(read("0x")).toBe("address 0.0.0.0:80");
  expect(read("[::1]")).toBe("address [::1]:80");
  expect(read("[0:0:0:0:0:0:0:1]:443")).toBe("address [::1]:443");
  expect(read("[::ffff:127.0.0.1]")).toBe("address 127.0.0.1:80");
  expect(read("[::ffff:7f00:1]")).toBe("address 127.0.0.1:80");
});

test("what was read before is the same object, by the port that goes without saying", () => {
  expect(readPlace("same.example", 80)).toBe(readPlace("same.example", 80));
  expect([readPlace("same.example", 443)?.port, readPlace("same.example", 80)?.port]).toEqual([443, 80]);
  expect(readPlace("192.0.2.7", 80)).toMatchObject({ addresses: ["192.0.2.7"], name: "192.0.2.7:80" });
  // A stranger who thinks of ever more of them fills no memory, and changes nothing.
  for (let count = 0; count < 10_000; count++) readPlace(`${count}.flood.example`, 80);
  expect(readPlace("same.example", 80)).toMatchObject({ host: "same.example", port: 80, octets: null, addresses: [] });
});

test("what is neither is no place", () => {
  const none = [
    ...[
      "",
      ".",
      "a..b",
      ".a",
      "a b",
      "a/b",
      "a%2eb",
      "a@b",
      "a:b",
      "[::1",
      "::1",
      "[1.2.3.4]",
      "[fe80::1%25eth0]",
      "[]",
    ],
    ...["1.2.3.4.5", "256.1.1.1", "1.2.3.256", "1.2.65536", "4294967296", "08.1.1.1", "a.1", "a.0x7f"],
    ...["a:0", "a:65536", "a:123456", "a:-1", "a:+1", `${"a".repeat(64)}.b`, `${"a.".repeat(127)}a`],
  ];
  for (const text of none) expect([text, read(text)]).toEqual([text, null]);
});

test("a port has to be said where none goes without saying", () => {
  expect(read("a.example", 0)).toBeNull();
  expect(read("a.example:", 0)).toBeNull();
  expect(read("a.example:443", 0)).toBe("name a.example:443");
});
