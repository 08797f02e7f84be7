import { expect, test } from "bun:test";
import { Playbook } from "../../test/playbook.ts";

// The rule of retries as one table; test/playbook/failure.test.ts has the conversations.

/** Whether a request was tried more than once. */
function isTriedAgain(request: string, happen: (play: Playbook) => void): boolean {
  let count = 0;
  const play = new Playbook({ servers: ["one", "two"] }, (exchange) => {
    count = exchange.attempt.count;
  });
  const client = play.connect();
  client.sends(request);
  happen(play);
  if (play.dialing > 0) play.refuse();
  if (client.flow !== null && count === 0) client.closes();
  return count > 1;
}

const bodyless = (method: string): string => `${method} / HTTP/1.1\r\nHost: a\r\n\r\n`;
const halfSent = (method: string): string => `${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab`;

const refused = (play: Playbook): void => play.refuse();
const lost = (play: Playbook): void => play.accept().closes();
const lostAnswering = (play: Playbook): void => {
  const server = play.accept();
  server.sends("H");
  server.closes();
};

for (const [method, isIdempotent] of [
  ["GET", true],
  ["HEAD", true],
  ["OPTIONS", true],
  ["PUT", true],
  ["DELETE", true],
  ["POST", false],
  ["PATCH", false],
  ["get", false],
] as const) {
  test(`${method} is tried again when refused, ${isIdempotent ? "and" : "but not"} when lost, and never once it is being answered`, () => {
    expect(isTriedAgain(bodyless(method), refused)).toBe(true);
    expect(isTriedAgain(halfSent(method), refused)).toBe(true);
    expect(isTriedAgain(bodyless(method), lost)).toBe(isIdempotent);
    expect(isTriedAgain(bodyless(method), lostAnswering)).toBe(false);
  });
}
