// What the flight recorder's records are told as is tested by conversations, in test/playbook/recording.test.ts; here what those
// cannot say.

import { expect, test } from "bun:test";
import { RecorderRing } from "../../memory/recorder.ts";
import { formatRecorder, recorderBytes, recordWord, textAt, textLength } from "../../memory/recorderlayout.ts";
import { RecorderReader } from "../../memory/recorderreader.ts";
import { RecorderNames } from "./names.ts";
import { recordOf } from "./record.ts";

test("bytes that could give orders to a terminal are shown as what they are", () => {
  const bytes = new Uint8Array(recorderBytes(1, 1));
  formatRecorder(bytes, 1, 1, []);
  const ring = new RecorderRing(bytes, 0);
  const word = ring.begin();
  const path = new Uint8Array([0x2f, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0xff]);
  ring.words[word + recordWord.lengths + 2] = ring.put(word * 4 + textAt, path, 0, path.length, 100);
  ring.end(word);
  const reader = new RecorderReader(bytes);
  expect(reader.read(0, 1)).toBe(true);
  expect(recordOf(reader, 0, new RecorderNames()).path).toBe("/\\x1b[31m\\xff");
});

test("credentials in a target that was refused are not told", () => {
  const bytes = new Uint8Array(recorderBytes(1, 1));
  formatRecorder(bytes, 1, 1, []);
  const ring = new RecorderRing(bytes, 0);
  const word = ring.begin();
  const host = Buffer.from("ann:hunter@example.com:80");
  ring.put(word * 4 + textAt, host, 0, host.length, 100);
  ring.bytes[word * 4 + textLength.host] = host.length;
  ring.end(word);
  const reader = new RecorderReader(bytes);
  expect(reader.read(0, 1)).toBe(true);
  expect(recordOf(reader, 0, new RecorderNames()).host).toBe("(redacted)@example.com:80");
});
