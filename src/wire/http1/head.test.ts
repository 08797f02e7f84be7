import { expect, test } from "bun:test";
import { Head } from "./head.ts";
import { parseRequest } from "./reader.ts";

const former = "GET /former HTTP/1.1\r\nHost: a\r\n\r\n";
const lines = ["Host: a", "X-One: 1", "X-Request-Id:  r ", "Upgrade: websocket", "X-Two: 2", "Connection: Upgrade"];

function read(text: string, start: number): Head {
  const head = new Head(16);
  const bytes = new TextEncoder().encode(text);
  expect(parseRequest(head, bytes, start, bytes.length, 1000)).toBeGreaterThan(0);
  return head;
}

/** All that it says, whatever it stands in. */
function facts({ spans, ids, fieldCount, bytes, takenBytes, ...head }: Head): unknown {
  return { ...head, text: new TextDecoder().decode(bytes), spans: [...spans.subarray(0, fieldCount * 4)], ids };
}

test("without a line a head says what a parser would say of it, and nothing around it has changed", () => {
  for (let from = 0; from < lines.length; from++) {
    const turned = [...lines.slice(from), ...lines.slice(0, from)];
    for (const [index, line] of turned.entries()) {
      if (line !== "X-One: 1" && line !== "X-Two: 2") continue;
      const text = (all: readonly string[]): string => `PUT /a?b HTTP/1.1\r\n${all.join("\r\n")}\r\n\r\nbody`;
      const head = read(`${former}${text(turned)}`, former.length);
      const size = line.length + 2;
      const { receivedBytes } = head;
      head.takeLine(index);
      expect([head.takenBytes, head.receivedBytes]).toEqual([size, receivedBytes]);
      const whole = new TextDecoder().decode(head.bytes);
      expect(whole.slice(0, former.length)).toBe(former);
      expect(whole.slice(head.start)).toBe(text(turned.filter((each) => each !== line)));
      const other = read(whole, head.start);
      other.ids.set(head.ids.subarray(other.fieldCount), other.fieldCount);
      expect(facts(head)).toEqual(facts(other));
    }
  }
});

test("line after line may be taken, until there is none", () => {
  const head = read("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\n\r\n", 0);
  for (let index = head.fieldCount - 1; index >= 0; index--) head.takeLine(index);
  expect(new TextDecoder().decode(head.bytes.subarray(head.start))).toBe("GET / HTTP/1.1\r\n\r\n");
  expect([head.fieldCount, head.receivedBytes]).toEqual([0, 39]);
});
