import { expect, test } from "bun:test";
import { ok } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import { sharedServerWord } from "../memory/tally.ts";

function answered(answer: string, ...fields: string[]): string[] {
  const play = new Playbook();
  const client = play.connect();
  client.sends(`GET / HTTP/1.1\r\nHost: a\r\n${fields.map((each) => `${each}\r\n`).join("")}\r\n`);
  play.accept().sends(answer);
  return play.take().filter((line) => line.startsWith("report"));
}

test("a protocol that nobody has asked for is no answer", () => {
  const switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";
  expect(answered(switched)).toEqual(["report 502 bad_response"]);
  expect(answered(switched, "Connection: Upgrade", "Upgrade: x")).toEqual([]);
  expect(answered(switched, "Connection: Upgrade", "Upgrade: y/2, X")).toEqual([]);
  expect(answered(switched, "Connection: Upgrade", "Upgrade: websocket")).toEqual(["report 502 bad_response"]);
  expect(answered("HTTP/1.1 101 Switching Protocols\r\n\r\n", "Connection: Upgrade", "Upgrade: x")).toEqual([
    "report 502 bad_response",
  ]);
});

test("a server that asks for proxy credentials may: only of an outbound proxy that is a refusal", () => {
  expect(answered("HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n")).toEqual(["report 407"]);
});

test("an error is a failure of the server in a row, and anything else ends the row", () => {
  const play = new Playbook();
  const failures = (): number =>
    play.tally.words[play.tally.sharedServerRow(0) + sharedServerWord.consecutiveFailures]!;
  const client = play.connect();
  const ask = (answer: string): void => {
    client.sends("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    play.accept().sends(answer);
  };
  ask("HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  expect(failures()).toBe(1);
  ask(ok("hello"));
  expect(failures()).toBe(0);
});
