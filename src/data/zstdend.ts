// Whether Zstandard content has come to its end: the runtime's own decoder takes what is cut off in the middle for whole. Frames are
// walked by the lengths that they are written in (RFC 8878 section 3.1), nothing is decoded. What stands behind a frame and
// is none is of no meaning, as it is to the decoder.
//
//   magic(4) descriptor(1) window(0-1) dictionary(0-4) size(0-8)   block: header(3) content ... the last one   checksum(0/4)

const magic = 0xfd2fb528;
/** And the 15 behind it. */
const skippableMagic = 0x184d2a50;
const dictionaryBytes = [0, 1, 2, 4];
const sizeBytes = [0, 2, 4, 8];

type State = "magic" | "descriptor" | "skippable" | "block" | "over";

export class ZstdEnd {
  #state: State = "magic";
  /** Bytes to pass over before what the state waits for. */
  #skip = 0;
  #hasChecksum = false;
  /** Of a number in little-endian order. */
  #value = 0;
  #have = 0;
  #isEmpty = true;

  /** Between two frames, or where nothing more is meant. */
  get isWhole(): boolean {
    return (
      this.#state === "over" || (this.#state === "magic" && this.#skip === 0 && (this.#have === 0 || !this.#isEmpty))
    );
  }

  add(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && this.#state !== "over") {
      const passed = Math.min(this.#skip, bytes.length - at);
      this.#skip -= passed;
      at += passed;
      if (at < bytes.length) this.#next(bytes[at++]!);
    }
  }

  #next(byte: number): void {
    this.#value += byte * 256 ** this.#have++;
    if (this.#have < wanted[this.#state]) return;
    const value = this.#value;
    this.#value = 0;
    this.#have = 0;
    switch (this.#state) {
      case "magic":
        if (value === magic) this.#state = "descriptor";
        else if (value >= skippableMagic && value < skippableMagic + 16) this.#state = "skippable";
        else this.#state = "over";
        break;
      case "descriptor":
        this.#describe(value);
        break;
      case "skippable":
        this.#skip = value;
        this.#endFrame();
        break;
      case "block":
        this.#skip = (value & 6) === 2 ? 1 : value >>> 3;
        if ((value & 1) === 1) {
          this.#skip += this.#hasChecksum ? 4 : 0;
          this.#endFrame();
        }
        break;
      case "over":
    }
  }

  #describe(descriptor: number): void {
    const isSingle = (descriptor & 0x20) !== 0;
    const size = descriptor >>> 6;
    this.#hasChecksum = (descriptor & 4) !== 0;
    this.#skip =
      (isSingle ? 0 : 1) + dictionaryBytes[descriptor & 3]! + (size === 0 && isSingle ? 1 : sizeBytes[size]!);
    this.#state = "block";
  }

  #endFrame(): void {
    this.#state = "magic";
    this.#isEmpty = false;
  }
}

const wanted: Readonly<Record<State, number>> = { magic: 4, descriptor: 1, skippable: 4, block: 3, over: 1 };
