// What ipmanager looks for in a line of nginx' access log, wherever it stands: the time as $time_local, the status, and the marks
// `Exgress_key: KEY`, `-> Request Host: HOST <-` and `127.0.0.1:PORT`. Mended: the status is the token behind the quoted request, and
// only without one the first of three digits with a space on each side; a port has any number of digits, and one that no address
// listens on is none; what stands in quotes is a client's, and no mark. Of the key ipmanager takes letters and digits; here it goes
// to the next space. It is a client's as well, and stands in no quotes: a mark in it would tell of another address. So what stood before the
// key is kept, and of what is found behind where it begins the last counts, for nginx' own marks come behind it.

import { clearLine, type LineVerdict, type LogFormat, type LogLine, lineVerdict } from "./line.ts";
import { LogTexts } from "./logtext.ts";
import { LogTimes } from "./logtime.ts";

const keyMarks: readonly Uint8Array[] = ["Exgress_key: ", "Egress_key: "].map((text) => new TextEncoder().encode(text));
const hostMark = new TextEncoder().encode("-> Request Host: ");
const portMark = new TextEncoder().encode("127.0.0.1:");
const timeLength = 26;

const space = 32;
const quoteMark = 34;
const comma = 44;
const dash = 45;
const slash = 47;
const one = 49;
const capitalE = 69;

export class IpmanagerFormat implements LogFormat {
  readonly tellsMember = true;
  readonly #isPort: (port: number) => boolean;
  readonly #texts: LogTexts = new LogTexts("default");
  readonly #times: LogTimes = new LogTimes();
  /** Whether the key has begun, and port and host stood before it. */
  #isBehindKey = false;
  #isPortSure = false;
  #isHostSure = false;

  /** `isPort`: whether an outbound address listens there. */
  constructor(isPort: (port: number) => boolean) {
    this.#isPort = isPort;
  }

  read(bytes: Buffer, start: number, end: number, line: LogLine): LineVerdict {
    clearLine(line);
    this.#isBehindKey = false;
    let atMs = Number.NaN;
    let loose = 0;
    for (let at = start; at < end; at++) {
      switch (bytes[at]) {
        case quoteMark: {
          const close = bytes.indexOf(quoteMark, at + 1);
          if (close < 0 || close >= end) break;
          if (line.status === 0) line.status = statusAt(bytes, pastGap(bytes, close + 1, end), end);
          at = close;
          break;
        }
        case slash:
          if (Number.isNaN(atMs) && at - 2 >= start && at - 2 + timeLength <= end)
            atMs = this.#times.local(bytes, at - 2, at - 2 + timeLength);
          break;
        case space:
          if (loose === 0) loose = statusAt(bytes, at + 1, end);
          break;
        case capitalE:
          if (!this.#isBehindKey) at = this.#key(bytes, at, end, line);
          break;
        case dash:
          if ((line.host === "" || (this.#isBehindKey && !this.#isHostSure)) && startsWith(bytes, at, end, hostMark)) {
            const from = at + hostMark.length;
            const to = pastWord(bytes, from, end);
            line.host = this.#texts.read(bytes, from, to);
            at = to - 1;
          }
          break;
        case one:
          if (line.port !== 0 && (!this.#isBehindKey || this.#isPortSure)) break;
          if (at === start || !isNumeric(bytes[at - 1]!)) this.#port(bytes, at, end, line);
          break;
      }
    }
    if (line.status === 0) line.status = loose;
    if (line.status === 0) return lineVerdict.unlike;
    if (Number.isNaN(atMs)) return lineVerdict.badTime;
    line.atMs = atMs;
    return lineVerdict.good;
  }

  /** Index of the last byte that was looked at. */
  #key(bytes: Buffer, at: number, end: number, line: LogLine): number {
    for (const mark of keyMarks) {
      if (!startsWith(bytes, at, end, mark)) continue;
      const from = at + mark.length;
      const to = pastWord(bytes, from, end);
      line.key = this.#texts.read(bytes, from, to > from && bytes[to - 1] === comma ? to - 1 : to);
      this.#isBehindKey = true;
      this.#isPortSure = line.port !== 0;
      this.#isHostSure = line.host !== "";
      return to - 1;
    }
    return at;
  }

  #port(bytes: Buffer, at: number, end: number, line: LogLine): void {
    if (!startsWith(bytes, at, end, portMark)) return;
    let port = 0;
    let digit = at + portMark.length;
    for (; digit < end && isDigit(bytes[digit]!) && port <= 65_535; digit++) port = port * 10 + bytes[digit]! - 48;
    if (port > 0 && port <= 65_535 && this.#isPort(port)) line.port = port;
  }
}

/** Three digits and then a space, a comma or the end; 0 for what is no status. */
function statusAt(bytes: Buffer, at: number, end: number): number {
  if (at + 3 > end) return 0;
  const [hundreds, tens, ones] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!];
  if (hundreds < one || !isDigit(hundreds) || !isDigit(tens) || !isDigit(ones)) return 0;
  const behind = at + 3 === end ? space : bytes[at + 3]!;
  if (behind !== space && behind !== comma) return 0;
  return (hundreds - 48) * 100 + (tens - 48) * 10 + ones - 48;
}

function startsWith(bytes: Buffer, at: number, end: number, text: Uint8Array): boolean {
  if (at + text.length > end) return false;
  for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text[index]) return false;
  return true;
}

function pastGap(bytes: Buffer, at: number, end: number): number {
  while (at < end && (bytes[at] === space || bytes[at] === comma)) at++;
  return at;
}

function pastWord(bytes: Buffer, at: number, end: number): number {
  while (at < end && bytes[at] !== space) at++;
  return at;
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

/** Part of a longer address. */
function isNumeric(byte: number): boolean {
  return isDigit(byte) || byte === 46;
}
