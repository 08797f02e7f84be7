// What may be written to a terminal of texts that came from elsewhere: reasons that somebody gave, names that a source told, answers of
// servers. Control characters could give the terminal orders (move, retitle, paste), and marks that turn the writing around could make a
// line say what it does not; they are written as \uNNNN, which JSON reads as what they were. It knows characters, not what they say.

const unwanted = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
/** The same, but for ends of lines, tabs and colors, which our own texts have. */
const unwantedInLines = /\x1b\[[0-9;]*m|\r\n|[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** One that stands in a line of ours. */
export function printable(text: string): string {
  return text.replaceAll(unwanted, escaped);
}

/** Whole lines, with the colors that they have. */
export function printableLines(text: string): string {
  return text.replaceAll(unwantedInLines, (found) => (found.length > 1 ? found : escaped(found)));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
