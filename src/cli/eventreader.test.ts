import { expect, test } from "bun:test";
import { EventReader, type StreamEvent } from "./eventreader.ts";

const text =
  'retry: 1000\n: beat\n\nevent: request\nid: 0-1\ndata: {"a":1}\n\nevent: figures\r\ndata: ü1\r\ndata:2\r\n\r\nevent: none\n\n';
const expected: StreamEvent[] = [
  { name: "request", data: '{"a":1}', id: "0-1" },
  { name: "figures", data: "ü1\n2", id: "0-1" },
];

test("events come out whole, wherever the bytes are cut", () => {
  const bytes = new TextEncoder().encode(text.replaceAll("\r\n", "\n"));
  for (let size = 1; size < bytes.length; size++) {
    const reader = new EventReader();
    const events: StreamEvent[] = [];
    for (let at = 0; at < bytes.length; at += size) events.push(...reader.read(bytes.subarray(at, at + size)));
    expect([size, events]).toEqual([size, expected]);
  }
  expect(new EventReader().read(new TextEncoder().encode(text))).toEqual(expected);
});

test("what has no end is no stream", () => {
  const reader = new EventReader();
  const piece = new Uint8Array(1 << 20).fill(97);
  expect(() => {
    for (let count = 0; count < 20; count++) reader.read(piece);
  }).toThrow("no stream of events");
});
