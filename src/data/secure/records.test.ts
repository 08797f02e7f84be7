import { expect, test } from "bun:test";
import { Records } from "./records.ts";

/** A record as it is framed: what is inside does not matter here. */
function record(type: number, size: number): Uint8Array {
  return Uint8Array.of(type, 3, 3, size >> 8, size & 0xff, ...new Uint8Array(size));
}

const bytesOf = (...records: Uint8Array[]): Uint8Array => Uint8Array.from(records.flatMap((one) => [...one]));

function recordsAfter(bytes: Uint8Array, told: number, readBytes = bytes.length): Records {
  const records = new Records({ spent: null });
  for (let at = 0; at < bytes.length; at += readBytes) records.received(bytes.subarray(at, at + readBytes));
  records.told(told);
  return records;
}

test("an alert at the end is the peer's word, in the open and hidden", () => {
  expect(recordsAfter(bytesOf(record(23, 100), record(21, 26)), 83).isClosed).toBe(true);
  expect(recordsAfter(bytesOf(record(23, 100), record(23, 19)), 83).isClosed).toBe(true);
});

test("content at the end is none, even of the size of an alert", () => {
  expect(recordsAfter(record(23, 100), 83).isClosed).toBe(false);
  expect(recordsAfter(bytesOf(record(23, 100), record(23, 19)), 85).isClosed).toBe(false);
  expect(recordsAfter(record(23, 19), 2).isClosed).toBe(false);
  expect(new Records({ spent: null }).isClosed).toBe(false);
});

test("messages of a handshake before content are no content, and do not make an alert of the last of it", () => {
  const tickets = bytesOf(record(23, 250), record(23, 250));
  // Nothing but tickets, with and without an alert behind them.
  expect(recordsAfter(tickets, 0).isClosed).toBe(false);
  expect(recordsAfter(bytesOf(tickets, record(23, 19)), 0).isClosed).toBe(true);
  // Content of the size of an alert is the last that came.
  expect(recordsAfter(bytesOf(tickets, record(23, 19)), 2).isClosed).toBe(false);
  expect(recordsAfter(bytesOf(tickets, record(23, 100), record(23, 19)), 85).isClosed).toBe(false);
  expect(recordsAfter(bytesOf(tickets, record(23, 100), record(23, 19)), 83).isClosed).toBe(true);
  expect(recordsAfter(bytesOf(tickets, record(23, 19), record(23, 19)), 4).isClosed).toBe(false);
  expect(recordsAfter(bytesOf(tickets, record(23, 19), record(23, 19)), 2).isClosed).toBe(true);
  // A finish of the client's, which is as short as content may be.
  expect(recordsAfter(bytesOf(record(23, 53), record(23, 19)), 2).isClosed).toBe(false);
  expect(recordsAfter(bytesOf(record(23, 19), record(23, 19)), 2).isClosed).toBe(true);
  expect(recordsAfter(bytesOf(record(23, 21), record(23, 19)), 4).isClosed).toBe(true);
});

test("many records in a read are many of content", () => {
  const many = Array.from({ length: 40 }, () => record(23, 27));
  expect(recordsAfter(bytesOf(...many, record(23, 19)), 400).isClosed).toBe(true);
  expect(recordsAfter(bytesOf(...many, record(23, 19)), 402).isClosed).toBe(false);
});

test("an alert that is cut anywhere is none", () => {
  for (const type of [21, 23]) {
    const whole = bytesOf(record(23, 50), record(type, 19));
    for (let end = 56; end < whole.length; end++) expect(recordsAfter(whole.subarray(0, end), 33).isClosed).toBe(false);
  }
});

test("how the bytes are read does not matter to records in the open", () => {
  const bytes = bytesOf(record(22, 300), record(20, 1), record(23, 40), record(23, 0), record(21, 26));
  for (let readBytes = 1; readBytes < bytes.length; readBytes++)
    expect(recordsAfter(bytes, 23, readBytes).isClosed).toBe(true);
});

test("what listens is told of all bytes until it is taken away", () => {
  const records = new Records({ spent: null });
  const heard: number[] = [];
  records.listener = (bytes) => {
    heard.push(bytes.length);
    if (heard.length === 2) records.listener = null;
  };
  for (let count = 0; count < 3; count++) records.received(record(22, count));
  expect(heard).toEqual([5, 6]);
});

test("what came is spent, unless somebody listens, who may keep it", () => {
  const port = { spent: null as Uint8Array | null };
  const records = new Records(port);
  const hello = record(22, 10);
  const kept: Uint8Array[] = [];
  records.listener = (bytes) => kept.push(bytes);
  records.received(hello);
  expect(port.spent).toBeNull();
  expect(kept).toEqual([hello]);
  records.listener = null;
  const content = record(23, 100);
  records.received(content);
  expect(port.spent).toBe(content);
});
