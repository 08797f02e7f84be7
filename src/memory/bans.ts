// Who is banned, as flows ask it: a list of addresses with the time at which each ban ends. Whoever maps the file (listfile.ts)
// puts each new one into the same `BanHolder`, so that a ban holds from then on for connections that are open already too.

export interface BanList {
  /** Index of the narrowest ban that the 16 octets from `at` on lie in; -1 without. */
  findAddress(octets: Uint8Array, at: number): number;
  /** Seconds since 1970 in wall-clock time from which on that ban is over; 0 is never. */
  endOf(index: number): number;
  readonly size: number;
}

export const noBans: BanList = { findAddress: () => -1, endOf: () => 0, size: 0 };

export class BanHolder {
  list: BanList = noBans;

  /** When the ban of an address ends: seconds since 1970, 0 is never, and -1 when it is not banned at `wallMs`. */
  endOf(octets: Uint8Array, at: number, wallMs: number): number {
    const { list } = this;
    if (list.size === 0) return -1;
    const index = list.findAddress(octets, at);
    if (index === -1) return -1;
    const end = list.endOf(index);
    return end === 0 || end * 1000 > wallMs ? end : -1;
  }
}
