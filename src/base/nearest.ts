// "Did you mean": the word of a list that a mistyped one stands nearest to, or none when all are far. It knows words only.
// Spelling habits come first: round-robin and ROUND_ROBIN are roundRobin however many characters differ.

/** Longer words are not compared: the work is their product, and nobody mistypes this much. */
const lengthMax = 64;
const separators = /[-_ ]/;
const everySeparator = /[-_ ]/g;

export function nearest(word: string, words: readonly string[]): string | null {
  const bare = strip(word);
  let best: string | null = null;
  // Two words that share nothing are not near, however short they are.
  let bestDistance = Math.min(Math.max(1, Math.floor(bare.length / 3)) + 1, Math.max(bare.length, 1));
  for (const candidate of words) {
    const distance = levenshtein(bare, strip(candidate), bestDistance);
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

/** The end of a message: `; did you mean "x"?`, or nothing. */
export function didYouMean(word: string, words: readonly string[]): string {
  const found = nearest(word, words);
  return found === null ? "" : `; did you mean ${JSON.stringify(found)}?`;
}

function strip(word: string): string {
  const lower = word.slice(0, lengthMax).toLowerCase();
  return separators.test(lower) ? lower.replaceAll(everySeparator, "") : lower;
}

/**
 * Insertions, deletions, replacements, and swaps of neighbours (the most common slip of fingers). Of words that are `most` apart or
 * farther it says `most`, and is done with them soon. A list may be that of 65,536 addresses: nothing is made for each of them.
 */
export function levenshtein(from: string, to: string, most: number = Number.POSITIVE_INFINITY): number {
  if (Math.abs(from.length - to.length) >= most) return most;
  let [beforeLast, last, row] = rowsFor(to.length + 1);
  for (let j = 0; j <= to.length; j++) last[j] = j;
  let lastLeast = 0;
  for (let i = 1; i <= from.length; i++) {
    row[0] = i;
    let least = i;
    for (let j = 1; j <= to.length; j++) {
      const isSame = from.charCodeAt(i - 1) === to.charCodeAt(j - 1);
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (isSame ? 0 : 1));
      const isSwap =
        i > 1 &&
        j > 1 &&
        from.charCodeAt(i - 1) === to.charCodeAt(j - 2) &&
        from.charCodeAt(i - 2) === to.charCodeAt(j - 1);
      if (isSwap) cost = Math.min(cost, beforeLast[j - 2]! + 1);
      row[j] = cost;
      if (cost < least) least = cost;
    }
    // What follows is made of these two rows, a swap of the one before.
    if (least >= most && lastLeast >= most) return most;
    lastLeast = least;
    const free = beforeLast;
    beforeLast = last;
    last = row;
    row = free;
  }
  return Math.min(last[to.length]!, most);
}

type Rows = [beforeLast: Float64Array, last: Float64Array, row: Float64Array];

/** Used again: what stands in them is of the words before. */
let rows: Rows = rowsOf(lengthMax + 1);

function rowsFor(length: number): Rows {
  if (rows[0].length < length) rows = rowsOf(length);
  return rows;
}

function rowsOf(length: number): Rows {
  return [new Float64Array(length), new Float64Array(length), new Float64Array(length)];
}
