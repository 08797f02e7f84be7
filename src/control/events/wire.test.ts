import { expect, test } from "bun:test";
import { eventBytes, heartbeat } from "./wire.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

test("an event is its name and its data on one line, whatever line breaks the data has", () => {
  expect(text(eventBytes("change", { text: "two\nlines\r\u2028" }))).toBe(
    'event: change\ndata: {"text":"two\\nlines\\r\u2028"}\n\n',
  );
  expect(text(eventBytes("request", 1, "0-7"))).toBe("id: 0-7\nevent: request\ndata: 1\n\n");
});

test("a heartbeat is a comment", () => {
  expect(text(heartbeat)).toMatch(/^:.*\n\n$/);
});
