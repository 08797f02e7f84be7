// What comes of reading a text that an operator wrote: a value, or a sentence that says what is wrong with the text.
// The sentence continues "the key …", so it starts with a verb: `must be a duration such as "30s", not "soon"`.

export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

export function read<T>(value: T): Reading<T> {
  return { ok: true, value };
}

export function misread<T>(message: string): Reading<T> {
  return { ok: false, message };
}

/** A text as messages quote it: on one line, and short whatever the file holds. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}
