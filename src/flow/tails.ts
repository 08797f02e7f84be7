// What ends the head of a response that is passed on: the fields that we add to each, what becomes of the connection, and the
// empty line; made once, for there are only so many.

/** What follows the fields of a response: what we add, and the empty line. */
export interface Tails {
  readonly open: Uint8Array;
  readonly close: Uint8Array;
  readonly keepAlive: Uint8Array;
  readonly upgrade: Uint8Array;
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** `lines`: whole field lines that all of them begin with. */
export function tailsWith(lines: string): Tails {
  return {
    open: encode(`${lines}\r\n`),
    close: encode(`${lines}Connection: close\r\n\r\n`),
    keepAlive: encode(`${lines}Connection: keep-alive\r\n\r\n`),
    upgrade: encode(`${lines}Connection: Upgrade\r\n\r\n`),
  };
}
