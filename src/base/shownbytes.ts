// Bytes that came from somewhere as a text that can be shown on a terminal, in a log or in a page: UTF-8 where they are that, and
// \xNN for all that is no character to be seen or could give orders to whoever shows it. It knows no meaning of the bytes.

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A backslash is written \x5c, so that what is shown can be read back without doubt. */
export function shownBytes(bytes: Uint8Array): string {
  if (isPlain(bytes)) return strict.decode(bytes);
  let text: string;
  try {
    text = strict.decode(bytes);
  } catch {
    text = "";
    for (const byte of bytes) text += byte < 0x80 ? escapedCharacter(String.fromCharCode(byte)) : hexEscape(byte);
    return text;
  }
  return text.replaceAll(/[\\\p{C}\p{Z}]/gu, escapedCharacter);
}

/** As almost all bytes are: shown as what they are. */
function isPlain(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte < 0x20 || byte > 0x7e || byte === 0x5c) return false;
  }
  return true;
}

/** A space is one that can be seen; other separators, controls and what turns the writing around are not. */
function escapedCharacter(character: string): string {
  if (character === " " || !/^[\\\p{C}\p{Z}]$/u.test(character)) return character;
  return Array.from(Buffer.from(character), hexEscape).join("");
}

function hexEscape(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}
