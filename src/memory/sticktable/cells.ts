// What the words of a column mean, by its form: reading them, and what adding, assigning and clearing make of them. It knows no
// entries, no keys and no locks: the caller says where the words stand, and the changes are told to the journal.

import type { Column } from "../column.ts";
import { addToRate, assignRate, rateAt, type WordSink } from "../freqcounter.ts";
import { assignTokens, takeTokens, tokensAt } from "../tokenbucket.ts";

const wordValues = 2 ** 32;
const elementWords = { count: 1, bytes: 2, gauge: 1, rate: 3, tag: 1, tokens: 2 } as const;

/** Of one element, from the column's first word; -1 when the column does not have it. */
export function cellOffset(column: Column, element: number): number {
  const index = element - column.first;
  return index >= 0 && index < column.length ? index * elementWords[column.form] : -1;
}

/** Whether one word says it all, so that it can be read without a lock. */
export function isOneWord(column: Column): boolean {
  return elementWords[column.form] === 1;
}

export function readCell(words: Int32Array, at: number, column: Column, nowMs: number): number {
  switch (column.form) {
    case "rate":
      return rateAt(words, at, column.periodMs, nowMs);
    case "bytes":
      return (words[at]! >>> 0) + (words[at + 1]! >>> 0) * wordValues;
    case "tokens":
      return tokensAt(words, at, column, nowMs);
    case "count":
    case "gauge":
    case "tag":
      return words[at]! >>> 0;
  }
}

/** Answers the new value. Counts go on at 0 behind 2^32 - 1, as HAProxy's do; none falls below 0. */
export function addToCell(sink: WordSink, at: number, column: Column, amount: number, nowMs: number): number {
  if (column.form === "rate") return addToRate(sink, at, column.periodMs, amount, nowMs);
  const sum = readCell(sink.words, at, column, nowMs) + amount;
  return assignCell(sink, at, column, sum, nowMs);
}

/** Answers what it is now. */
export function assignCell(sink: WordSink, at: number, column: Column, value: number, nowMs: number): number {
  const whole = Math.max(Math.floor(value), 0) || 0;
  switch (column.form) {
    case "rate":
      assignRate(sink, at, whole, nowMs);
      return whole;
    case "tokens":
      return assignTokens(sink, at, column, whole, nowMs);
    case "bytes":
      sink.set(at, whole % wordValues);
      sink.set(at + 1, Math.floor(whole / wordValues));
      return whole;
    case "count":
    case "gauge":
    case "tag":
      sink.set(at, whole % wordValues);
      return whole % wordValues;
  }
}

/** To what it is in a new entry. */
export function clearCell(sink: WordSink, at: number, column: Column): void {
  for (let word = 0; word < elementWords[column.form]; word++) sink.set(at + word, 0);
}

export function takeFromCell(sink: WordSink, at: number, column: Column, amount: number, nowMs: number): number {
  return column.form === "tokens" ? takeTokens(sink, at, column, amount, nowMs) : 0;
}
