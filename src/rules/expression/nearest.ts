// "Did you mean" inside expressions: the known name that a mistyped one is nearest to, or none when all are far. Small names
// are the rule here, so what differs in a third of its letters is another name.

/** Longer names are not compared: the work is their product. */
const lengthMax = 64;

/** `; did you mean "x"?` as the end of a message, or nothing. */
export function didYouMean(word: string, names: readonly string[]): string {
  const found = nearest(word, names);
  return found === null ? "" : `; did you mean ${JSON.stringify(found)}?`;
}

export function nearest(word: string, names: readonly string[]): string | null {
  const bare = word.slice(0, lengthMax).toLowerCase();
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(bare.length / 3)) + 1;
  for (const name of names) {
    const distance = distanceOf(bare, name.slice(0, lengthMax).toLowerCase());
    // Names that share nothing are not near, however short they are.
    if (distance >= bestDistance || distance >= Math.max(bare.length, 1)) continue;
    best = name;
    bestDistance = distance;
  }
  return best;
}

/** Insertions, deletions, replacements, and swaps of neighbours. */
function distanceOf(from: string, to: string): number {
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
