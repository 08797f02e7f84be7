// Bytes as an operator writes them in a text: "PING\r\n", "\x00\x01". The result holds one character a byte (latin-1), for bytes
// are not always text; characters beyond ASCII stand for their bytes in UTF-8. An escape that is not known is refused: a
// forgotten backslash would otherwise be sent as it stands and looked for at night.

import { misread, quote, type Reading, read } from "../base/reading.ts";

const single: Record<string, string> = { r: "\r", n: "\n", t: "\t", "0": "\0", "\\": "\\" };

export function readEscaped(text: string): Reading<string> {
  if (text === "") return misread("must not be empty");
  let unknown: string | null = null;
  const bytes = text.replaceAll(/\\(x[0-9A-Fa-f]{2}|.|$)|[^\\]+/gs, (token: string, escaped: string | undefined) => {
    if (escaped === undefined) return Buffer.from(token, "utf8").toString("latin1");
    if (escaped.length === 3) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    if (single[escaped] === undefined) unknown ??= token;
    return single[escaped] ?? "";
  });
  if (unknown === null) return read(bytes);
  const shown = /^[\x21-\x7e]+$/.test(unknown) ? unknown : quote(unknown);
  return misread(
    `must have no other escapes than \\r \\n \\t \\0 \\\\ and \\xHH, not ${shown}; a backslash itself is written \\\\`,
  );
}
