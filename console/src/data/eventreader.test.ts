import { expect, test } from "bun:test";
import { EventReader, type StreamEvent } from "./eventreader.ts";

const text =
  ': still here\n\nevent: figures\nid: 4\ndata: {"a":1}\n\ndata: one\r\ndata:two\r\n\r\nevent: nothing\n\nevent: change\ndata\n\ndata: cut';
const events: StreamEvent[] = [
  { name: "figures", data: '{"a":1}', id: "4" },
  { name: "message", data: "one\ntwo", id: "4" },
  { name: "change", data: "", id: "4" },
];

function read(pieces: readonly string[]): StreamEvent[] {
  const told: StreamEvent[] = [];
  const reader = new EventReader((event) => told.push(event));
  for (const piece of pieces) reader.push(piece);
  return told;
}

test("events are told when they are whole, comments and events without data never", () => {
  expect(read([text])).toEqual(events);
});

test("wherever the stream is cut, the events are the same", () => {
  expect(read([...text])).toEqual(events);
  for (let at = 0; at < text.length; at++) expect(read([text.slice(0, at), text.slice(at)])).toEqual(events);
});
