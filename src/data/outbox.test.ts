import { expect, test } from "bun:test";
import { Outbox, pieceBytesMax, type Sender, waitMsMax } from "./outbox.ts";

const turnEnded = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Notes what leaves, by name. */
class Noting implements Sender {
  readonly #name: string;
  readonly #said: string[];
  failure: Error | null = null;

  constructor(name: string, said: string[]) {
    this.#name = name;
    this.#said = said;
  }

  depart(bytes: Uint8Array, start: number, end: number): void {
    if (this.failure !== null) throw this.failure;
    this.#said.push(`${this.#name} ${Buffer.from(bytes.subarray(start, end)).toString("latin1")}`);
  }

  finish(): void {
    if (this.failure !== null) throw this.failure;
    this.#said.push(`${this.#name} FIN`);
  }
}

function play(): {
  said: string[];
  failures: Error[];
  box: Outbox;
  one: Noting;
  other: Noting;
  keep(sender: Sender, text: string, nowMs?: number): boolean;
} {
  const [said, failures]: [string[], Error[]] = [[], []];
  const box = new Outbox((error) => {
    said.push("failure");
    failures.push(error);
  });
  const keep = (sender: Sender, text: string, nowMs = 0): boolean => {
    const bytes = Buffer.from(`<${text}>`);
    const isKept = box.keep(sender, bytes, 1, bytes.length - 1, nowMs);
    // They are the caller's again.
    bytes.fill(0x78);
    return isKept;
  };
  return { said, failures, box, one: new Noting("one", said), other: new Noting("other", said), keep };
}

test("pieces leave at the end of the turn, in the order in which they came, and those that follow each other as one", async () => {
  const { said, box, one, other, keep } = play();
  keep(one, "head ");
  keep(one, "body");
  keep(other, "a");
  keep(one, "b");
  expect(said).toEqual([]);
  await turnEnded();
  expect(said).toEqual(["one head body", "other a", "one b"]);
  await turnEnded();
  expect(said).toHaveLength(3);
  keep(other, "next");
  box.flush();
  box.flush();
  await turnEnded();
  expect(said.slice(3)).toEqual(["other next"]);
});

test("what is longer than a piece is the sender's to write", () => {
  const { box, one, said } = play();
  const long = new Uint8Array(pieceBytesMax + 1);
  expect(box.keep(one, long, 0, long.length, 0)).toBe(false);
  expect(box.keep(one, long, 1, long.length, 0)).toBe(true);
  box.flush();
  expect(said[0]).toHaveLength("one ".length + pieceBytesMax);
});

test("where there is no room for another piece those that wait leave, and that one is the sender's to write", () => {
  const { said, box, one, other, keep } = play();
  const piece = new Uint8Array(pieceBytesMax).fill(0x61);
  for (let count = 0; count < 16; count++) expect(box.keep(one, piece, 0, piece.length, 0)).toBe(true);
  expect(said).toEqual([]);
  expect(keep(other, "b")).toBe(false);
  expect(said.map((each) => each.length)).toEqual([4 + 16 * pieceBytesMax]);
  expect(keep(other, "b")).toBe(true);
  box.flush();
  expect(said[1]).toBe("other b");
  said.length = 0;
  for (let count = 0; count < 256; count++) expect(keep(count % 2 === 0 ? one : other, "c")).toBe(true);
  expect(said).toEqual([]);
  expect(keep(one, "d")).toBe(false);
  expect(said).toHaveLength(256);
});

test("in a turn that is long they leave before anything else is begun", () => {
  const { said, box, one, keep } = play();
  keep(one, "a", 10);
  keep(one, "b", 10 + waitMsMax);
  box.look(10 + waitMsMax);
  expect(said).toEqual([]);
  box.look(10 + waitMsMax + 0.01);
  expect(said).toEqual(["one ab"]);
  box.look(1000);
  keep(one, "c", 1000);
  box.look(1000);
  expect(said).toHaveLength(1);
});

test("a FIN comes behind what waits", async () => {
  const { said, box, one, other, keep } = play();
  box.finishLater(other);
  keep(one, "a");
  box.finishLater(one);
  keep(other, "b");
  await turnEnded();
  expect(said).toEqual(["one a", "other b", "other FIN", "one FIN"]);
});

test("a mistake of our own is told, and what others have said goes out all the same", async () => {
  const { said, failures, box, one, other, keep } = play();
  one.failure = new Error("ours");
  keep(other, "a");
  keep(one, "lost");
  keep(other, "b");
  box.finishLater(one);
  box.finishLater(other);
  await turnEnded();
  expect(failures.map(({ message }) => message)).toEqual(["ours", "ours"]);
  expect(said).toEqual(["other a", "other b", "failure", "failure", "other FIN"]);
  keep(other, "next");
  await turnEnded();
  expect(said.at(-1)).toBe("other next");
});
