// The key of an entry as people read it: an address (with its prefix where bits are left out), digits, text, bytes in
// hexadecimal. As the listings of tables show it.

import { shownBytes } from "../base/shownbytes.ts";
import type { TableKey } from "../memory/tablekey.ts";
import { addressBytes, formatAddress } from "../wire/ipaddress.ts";

const mappedStart = 12;

/** Of a key that is laid. */
export function keyText({ plan, bytes, length, isIPv4 }: TableKey): string {
  switch (plan.kind) {
    case "ip": {
      const octets = new Uint8Array(addressBytes);
      if (!isIPv4) octets.set(bytes);
      else {
        octets.fill(0xff, mappedStart - 2, mappedStart);
        octets.set(bytes.subarray(bytes.length - 4), mappedStart);
      }
      const address = formatAddress(octets, 0);
      return isIPv4 || plan.prefix6 === addressBytes * 8 ? address : `${address}/${plan.prefix6}`;
    }
    case "integer":
      return String(bytes.reduce((sum, byte, index) => sum + byte * 2 ** (index * 8), 0));
    case "string":
      return shownBytes(bytes.subarray(0, length));
    case "binary":
      return bytes.subarray(0, length).toHex();
  }
}
