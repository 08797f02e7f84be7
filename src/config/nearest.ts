// "Did you mean": the word of a list that a mistyped one stands nearest to, or none when all are far. It knows words only.
// Spelling habits come first: round-robin and ROUND_ROBIN are roundRobin however many characters differ.

/** Longer words are not compared: the work is their product, and nobody mistypes this much. */
const lengthMax = 64;

export function nearest(word: string, words: readonly string[]): string | null {
  const bare = strip(word);
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(bare.length / 3)) + 1;
  for (const candidate of words) {
    const distance = levenshtein(bare, strip(candidate));
    // Two words that share nothing are not near, however short they are.
    if (distance < bestDistance && distance < Math.max(bare.length, 1)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** The end of a message: ` — did you mean "x"?`, or nothing. */
export function didYouMean(word: string, words: readonly string[]): string {
  const found = nearest(word, words);
  return found === null ? "" : `; did you mean ${JSON.stringify(found)}?`;
}

function strip(word: string): string {
  return word.slice(0, lengthMax).toLowerCase().replaceAll(/[-_ ]/g, "");
}

/** Insertions, deletions, replacements, and swaps of neighbours (the most common slip of fingers). */
export function levenshtein(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (isSame ? 0 : 1));
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (isSwap) cost = Math.min(cost, beforeLast[j - 2]! + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[to.length]!;
}
