// What a test expects of an answer, compared with what came. Each difference is a line of its own: what, expected, and what it was. It
// looks at nothing but the answer; why that came about is told by its explanation.

import type { TestExpectation, TestSent, TestText } from "../config/types.ts";
import type { ServerRequest, TestAnswer } from "./types.ts";

export interface Difference {
  /** `status`, `headers.location`, `sent.path`. */
  readonly what: string;
  readonly expected: string;
  readonly received: string;
}

type Like = string | false | TestText;

/** Longer texts are cut where they are shown. */
const shownMax = 300;

export function differences(expected: number | TestExpectation, answer: TestAnswer): Difference[] {
  if (typeof expected === "number") return statusDifferences(expected, answer);
  const { status, headers, body, pool, server, rule, fault, cache, calls, sent } = expected;
  return [
    ...(status === undefined ? [] : statusDifferences(status, answer)),
    ...fields("headers", headers, answer.headers),
    ...(body === undefined ? [] : like("body", body, answer.body)),
    ...texts({ pool, server, rule, fault, cache }, answer),
    ...(calls === undefined ? [] : same("calls", calls, answer.calls.length)),
    ...(sent === undefined ? [] : sentDifferences(sent, answer.calls.at(-1))),
  ];
}

/** Where there is none, how it ended says more than 0. */
function statusDifferences(expected: number, { status, ending }: TestAnswer): Difference[] {
  if (status === expected) return [];
  return [
    { what: "status", expected: `${expected}`, received: status === 0 ? `none: ${endings[ending]}` : `${status}` },
  ];
}

const endings: Readonly<Record<TestAnswer["ending"], string>> = {
  answered: "answered",
  closed: "the connection was closed",
  reset: "the connection was reset",
  dropped: "the connection was forgotten",
  none: "no answer came",
};

type Word = "pool" | "server" | "rule" | "fault" | "cache";

function texts(expected: Record<Word, string | undefined>, answer: TestAnswer): Difference[] {
  const words = Object.keys(expected) as Word[]; // Keys of just that record.
  return words.flatMap((word) => {
    const text = expected[word];
    return text === undefined ? [] : same(word, text, answer[word]);
  });
}

function sentDifferences(expected: TestSent, request: ServerRequest | undefined): Difference[] {
  if (request === undefined)
    return [{ what: "sent", expected: "a request at a server", received: "no server was asked" }];
  const { method, path, headers, body } = expected;
  return [
    ...(method === undefined ? [] : same("sent.method", method, request.method)),
    ...(path === undefined ? [] : like("sent.path", path, request.path)),
    ...fields("sent.headers", headers, request.headers),
    ...(body === undefined ? [] : like("sent.body", body, request.body)),
  ];
}

function fields(
  what: string,
  expected: Readonly<Record<string, Like>>,
  received: Readonly<Record<string, string>>,
): Difference[] {
  return Object.entries(expected).flatMap(([name, wanted]) =>
    like(`${what}.${name}`, wanted, received[name.toLowerCase()]),
  );
}

function like(what: string, wanted: Like, received: string | undefined): Difference[] {
  const shown = received === undefined ? "not there" : quoted(received);
  const differs = (expected: string): Difference[] => [{ what, expected, received: shown }];
  if (wanted === false) return received === undefined ? [] : differs("not there");
  if (typeof wanted === "string") return received === wanted ? [] : differs(quoted(wanted));
  const { contains, matches } = wanted;
  return [
    ...(contains === undefined || received?.includes(contains) === true
      ? []
      : differs(`with ${quoted(contains)} in it`)),
    ...(matches === undefined || (received !== undefined && new RegExp(matches).test(received))
      ? []
      : differs(`like /${matches}/`)),
  ];
}

function same(what: string, expected: number | string, received: number | string): Difference[] {
  if (received === expected) return [];
  const shown = (value: number | string): string => (typeof value === "number" ? `${value}` : quoted(value));
  return [{ what, expected: shown(expected), received: shown(received) }];
}

function quoted(text: string): string {
  return JSON.stringify(text.length <= shownMax ? text : `${text.slice(0, shownMax)}…`);
}
