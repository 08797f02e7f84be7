// What POST /api/v1/explain is asked, and how people write headers: a line each, as they stand in a request. Pure.
// What is wrong with a question is for the server to say, in its own words.

export interface Asked {
  readonly url: string;
  readonly method?: string;
  readonly source?: string;
  readonly listener?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly status?: number;
}

/** A line without a colon is a name without a value: the server says what is wrong with it. */
export function headersOf(text: string): readonly (readonly [string, string])[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => {
      const colon = line.indexOf(":");
      return colon === -1
        ? ([line, ""] as const)
        : ([line.slice(0, colon).trim(), line.slice(colon + 1).trim()] as const);
    });
}
