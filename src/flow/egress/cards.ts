// What a request needs to know of the member that it goes out by: members are thousands of objects, which are seldom near at hand, and
// their texts lie elsewhere again. Most are IPv4 addresses of this machine: these are 4 bytes each, and a text is soon made of them.
// Of the others there are cards of 64 bytes, all of them one behind the other; what has no room on its card stands behind all of
// them, and the card says where.
//
//   0    family      4 or 6 of a source address, 0 of others
//   1    lengths     of its id, and of what clients are told of it
//   4    texts       the id, and what is told where that is not the id; or, where they are too long, where they stand: 4 bytes

import { addressBytes, formatAddress, isMapped, readAddress } from "../../wire/ipaddress.ts";

export interface Card {
  readonly family: 0 | 4 | 6;
  readonly id: string;
  /** What clients are told. */
  readonly told: string;
}

const cardBytes = 64;
const textsAt = 4;
/** As a length is kept. An id is half as long at most (memory/egressboard/layout.ts). */
const lengthMax = 255;
const encoder = new TextEncoder();

export class MemberCards {
  /** Of all texts. */
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #addresses: Uint32Array;

  constructor(cards: readonly Card[]) {
    const texts = cards.map(({ id, told }) => {
      const [one, other] = [encoder.encode(id), encoder.encode(told === id ? "" : told)];
      return { id: one.subarray(0, lengthMax), told: other.subarray(0, lengthMax), isSame: told === id };
    });
    const isLong = ({ id, told }: { id: Uint8Array; told: Uint8Array }): boolean =>
      textsAt + id.length + told.length > cardBytes;
    const long = texts.filter(isLong).reduce((sum, { id, told }) => sum + id.length + told.length, 0);
    this.bytes = new Uint8Array(cards.length * cardBytes + long);
    this.#view = new DataView(this.bytes.buffer);
    this.#addresses = Uint32Array.from(cards, ({ id, told }) => (told === id ? ipv4In(id) : 0));
    let behind = cards.length * cardBytes;
    texts.forEach((each, member) => {
      const card = member * cardBytes;
      this.bytes.set([cards[member]!.family, each.id.length, each.isSame ? each.id.length : each.told.length], card);
      this.bytes[card + 3] = (isLong(each) ? 1 : 0) + (each.isSame ? 2 : 0);
      const at = isLong(each) ? behind : card + textsAt;
      if (isLong(each)) {
        this.#view.setUint32(card + textsAt, behind, true);
        behind += each.id.length + each.told.length;
      }
      this.bytes.set(each.id, at);
      this.bytes.set(each.told, at + each.id.length);
    });
  }

  /** Of a source address; 0 of what is none. */
  familyOf(member: number): number {
    return this.bytes[member * cardBytes]!;
  }

  /** Where the id, and what is told, is an IPv4 address: that, as `putIPv4` takes it; else 0. */
  addressOf(member: number): number {
    return this.#addresses[member]!;
  }

  /** Where the id starts. */
  idAt(member: number): number {
    const card = member * cardBytes;
    return (this.bytes[card + 3]! & 1) === 0 ? card + textsAt : this.#view.getUint32(card + textsAt, true);
  }

  idLength(member: number): number {
    return this.bytes[member * cardBytes + 1]!;
  }

  /** Where what is told starts. */
  toldAt(member: number): number {
    const id = this.idAt(member);
    return (this.bytes[member * cardBytes + 3]! & 2) !== 0 ? id : id + this.idLength(member);
  }

  toldLength(member: number): number {
    return this.bytes[member * cardBytes + 2]!;
  }
}

/** 0, which is nobody's address, where the text is anything but an IPv4 address as we write them. */
function ipv4In(text: string): number {
  const octets = new Uint8Array(addressBytes);
  if (!readAddress(text, octets) || !isMapped(octets, 0) || formatAddress(octets, 0) !== text) return 0;
  return new DataView(octets.buffer).getUint32(12);
}
