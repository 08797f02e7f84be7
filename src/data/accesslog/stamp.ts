// The time of a log line, formatted once a second: what changes within a second are three digits. Times that go back and
// forth over the edge of a second are right too, only slower.

import { appendBytes, appendThreeDigits, ascii } from "./append.ts";

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;
const two = (value: number): string => String(value).padStart(2, "0");

/** 2026-11-21T06:17:59.123Z (RFC 3339, UTC). */
export class IsoStamp {
  #second = -1;
  #formatted: Uint8Array = ascii("");

  append(out: Uint8Array, at: number, wallMs: number): number {
    const second = Math.floor(wallMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#formatted = ascii(new Date(second * 1000).toISOString().slice(0, -4));
    }
    at = appendBytes(out, at, this.#formatted);
    at = appendThreeDigits(out, at, Math.floor(wallMs) - second * 1000);
    out[at] = 0x5a;
    return at + 1;
  }
}

/** 21/Nov/2026:07:17:59 +0100: local time, as the common log format wants it. */
export class LocalStamp {
  #second = -1;
  #formatted: Uint8Array = ascii("");

  append(out: Uint8Array, at: number, wallMs: number): number {
    const second = Math.floor(wallMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#formatted = ascii(localTime(new Date(second * 1000)));
    }
    return appendBytes(out, at, this.#formatted);
  }
}

/** 21/Nov/2026:07:17:59.123: local time, as HAProxy begins its lines. */
export class DotStamp {
  #second = -1;
  #formatted: Uint8Array = ascii("");

  append(out: Uint8Array, at: number, wallMs: number): number {
    const second = Math.floor(wallMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#formatted = ascii(`${localTime(new Date(second * 1000)).slice(0, -6)}.`);
    }
    at = appendBytes(out, at, this.#formatted);
    return appendThreeDigits(out, at, Math.floor(wallMs) - second * 1000);
  }
}

/** 21/Nov/2026:06:17:59 +0000. */
export class UtcStamp {
  #second = -1;
  #formatted: Uint8Array = ascii("");

  append(out: Uint8Array, at: number, wallMs: number): number {
    const second = Math.floor(wallMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      const [date, time] = new Date(second * 1000).toISOString().slice(0, -5).split("T");
      const [year, month, day] = date!.split("-");
      this.#formatted = ascii(`${day}/${months[Number(month) - 1]}/${year}:${time} +0000`);
    }
    return appendBytes(out, at, this.#formatted);
  }
}

function localTime(date: Date): string {
  const eastMinutes = -date.getTimezoneOffset();
  const zone = Math.abs(eastMinutes);
  const day = `${two(date.getDate())}/${months[date.getMonth()]}/${date.getFullYear()}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day}:${time} ${eastMinutes < 0 ? "-" : "+"}${two(Math.floor(zone / 60))}${two(zone % 60)}`;
}
