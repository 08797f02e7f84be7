import { expect, test } from "bun:test";
import { Breaker, failuresMax, restMs, restMsMax } from "./breaker.ts";

function opened(): Breaker {
  const breaker = new Breaker();
  for (let index = 0; index < failuresMax; index++) breaker.failed(0, breaker.isOpen);
  return breaker;
}

test("some failures in a row, and nothing is asked for a while", () => {
  const breaker = new Breaker();
  for (let index = 1; index < failuresMax; index++) expect(breaker.failed(0, breaker.isOpen)).toBe(false);
  expect(breaker.allows(0)).toBe(true);
  expect(breaker.failed(0, breaker.isOpen)).toBe(true);
  expect([breaker.isOpen, breaker.allows(restMs - 1)]).toEqual([true, false]);
});

test("a success between them begins the count again", () => {
  const breaker = new Breaker();
  for (let index = 0; index < 10; index++) {
    breaker.failed(0, breaker.isOpen);
    breaker.succeeded(breaker.isOpen);
  }
  expect([breaker.isOpen, breaker.allows(0)]).toEqual([false, true]);
});

test("then one question is let through, and its answer decides for all", () => {
  const breaker = opened();
  expect([breaker.allows(restMs), breaker.allows(restMs)]).toEqual([true, false]);
  breaker.succeeded(breaker.isOpen);
  expect([breaker.allows(restMs), breaker.allows(restMs)]).toEqual([true, true]);
});

test("each try in vain doubles the rest, up to a bound", () => {
  const breaker = opened();
  let now = restMs;
  let rest = restMs;
  for (let tries = 0; tries < 10; tries++) {
    expect(breaker.allows(now)).toBe(true);
    expect(breaker.failed(now, true)).toBe(false);
    rest = Math.min(restMsMax, rest * 2);
    expect(breaker.allows(now + rest - 1)).toBe(false);
    now += rest;
  }
});

test("questions that were under way when it was found away do not make its rest longer", () => {
  const breaker = opened();
  for (let index = 0; index < 100; index++) expect(breaker.failed(restMs - 1, false)).toBe(false);
  expect(breaker.allows(restMs)).toBe(true);
});

test("answers to questions from before it was found away do not end that, not even while it is tried", () => {
  const breaker = opened();
  breaker.succeeded(false);
  expect([breaker.isOpen, breaker.allows(restMs - 1)]).toEqual([true, false]);
  expect(breaker.allows(restMs)).toBe(true);
  breaker.succeeded(false);
  breaker.failed(restMs, false);
  expect([breaker.isOpen, breaker.allows(restMs)]).toEqual([true, false]);
  breaker.succeeded(true);
  expect(breaker.isOpen).toBe(false);
});

test("where somebody knows that it is back, one question is let through before its time", () => {
  const breaker = opened();
  expect(breaker.allows(restMs - 1)).toBe(false);
  breaker.hasten();
  expect([breaker.allows(restMs - 1), breaker.allows(restMs - 1)]).toEqual([true, false]);
});
