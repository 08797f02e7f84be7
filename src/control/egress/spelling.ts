// Members are called by their addresses as RFC 5952 writes them; who asks for one may write it in another way, or in brackets. An id
// that is written as it stands always counts first: a config may call members as it likes. What means no member stays as it was, for
// the answer that there is none.

import { addressText, readAddressRange } from "../../config/addressrange.ts";

/** What is meant, among the ids of members: what was written, where that is one, or else the address that it is. */
export function memberMeant(written: string, isId: (id: string) => boolean): string {
  if (isId(written)) return written;
  const [, bracketed, port] = /^\[([^[\]]+)\](:\d+)?$/.exec(written) ?? [];
  const address = canonical(bracketed ?? written);
  if (address === null) return written;
  const meant = port === undefined ? address : `[${address}]${port}`;
  return isId(meant) ? meant : written;
}

function canonical(text: string): string | null {
  const range = readAddressRange(text);
  return range.ok && range.value.size === 1 && range.value.hostBits === null ? addressText(range.value.first) : null;
}
