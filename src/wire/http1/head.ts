// A parsed head: places in the bytes it was parsed from, and what those bytes mean for framing and persistence. It copies
// nothing: `bytes` must stay as it is for as long as the head is used; only `takeLine` writes there. Heads are made once and parsed into again and again,
// for a head in use costs 3 kB and an idle connection shall not.
//
//   spans  [ name start, name end, value start, value end ] for each field; values are trimmed of OWS
//          a field's line starts with its name and ends where the next one starts (lineEnd)

import type { FaultCode } from "../../base/fault.ts";

export const bodyKind = { none: 0, length: 1, chunked: 2, close: 3 } as const;
export type BodyKind = (typeof bodyKind)[keyof typeof bodyKind];

/** Methods that matter to framing or to retries. */
export const method = {
  other: 0,
  get: 1,
  head: 2,
  options: 3,
  put: 4,
  delete: 5,
  trace: 6,
  connect: 7,
  post: 8,
} as const;

export class Head {
  bytes: Uint8Array = new Uint8Array(0);
  /** First byte of the start line, and the byte after the empty line. */
  start = 0;
  end = 0;
  /** Of lines that were taken out again (`takeLine`): they came, and stand nowhere now. */
  takenBytes = 0;
  /** Where the first field's line starts (0: the start line is not whole yet), and where the empty line starts. */
  fieldsStart = 0;
  fieldsEnd = 0;
  readonly fieldsMax: number;
  fieldCount = 0;
  readonly spans: Int32Array;
  readonly ids: Uint8Array;

  /** Request line. */
  method = 0;
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  /** Status line; 0 in a request. */
  status = 0;
  /** HTTP/1.minor. */
  minor = 1;

  /** Index of the field, -1 when there is none. */
  hostIndex = -1;
  upgradeIndex = -1;
  /** X-Request-Id. */
  requestIdIndex = -1;
  /** -1 when there is none. */
  contentLength = -1;
  isChunked = false;
  isContinueExpected = false;
  /**
   * Whether a target that names another host than Host wins, as for a proxy (RFC 9112 section 3.2.2), and is not refused. Set before the
   * head is read, and stays. `isHostOther`: that is so here.
   */
  isHostFree = false;
  isHostOther = false;
  /** Options of Connection. */
  hasClose = false;
  hasKeepAlive = false;
  hasUpgrade = false;
  /** Connection names fields other than the three above. */
  hasNominated = false;
  /** Length of all values of Connection together. */
  connectionBytes = 0;
  /** TE holds "trailers". */
  hasTrailers = false;
  /** There is an Authorization. */
  hasAuthorization = false;
  /** Some field is not passed on as it is: hop-by-hop, or one that forwarding decides about. */
  hasSpecial = false;

  /** Why the last parse refused. */
  fault: FaultCode | null = null;

  constructor(fieldsMax: number) {
    this.fieldsMax = fieldsMax;
    this.spans = new Int32Array(fieldsMax * 4);
    this.ids = new Uint8Array(fieldsMax);
  }

  reset(bytes: Uint8Array, start: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = start;
    this.takenBytes = 0;
    this.method = method.other;
    this.methodEnd = start;
    this.targetStart = start;
    this.targetEnd = start;
    this.status = 0;
    this.minor = 1;
    this.fieldsStart = 0;
    this.fieldCount = 0;
    this.hostIndex = -1;
    this.upgradeIndex = -1;
    this.requestIdIndex = -1;
    this.isHostOther = false;
    this.contentLength = -1;
    this.isChunked = false;
    this.isContinueExpected = false;
    this.hasClose = false;
    this.hasKeepAlive = false;
    this.hasUpgrade = false;
    this.hasNominated = false;
    this.connectionBytes = 0;
    this.hasTrailers = false;
    this.hasAuthorization = false;
    this.hasSpecial = false;
    this.fault = null;
  }

  /** All that `other` is known to say, but for its bytes and what it says of each field; places are those in its bytes. */
  takeFacts(other: Head): void {
    this.method = other.method;
    this.methodEnd = other.methodEnd;
    this.targetStart = other.targetStart;
    this.targetEnd = other.targetEnd;
    this.status = other.status;
    this.minor = other.minor;
    this.contentLength = other.contentLength;
    this.isChunked = other.isChunked;
    this.isContinueExpected = other.isContinueExpected;
    this.isHostFree = other.isHostFree;
    this.isHostOther = other.isHostOther;
    this.hasClose = other.hasClose;
    this.hasKeepAlive = other.hasKeepAlive;
    this.hasUpgrade = other.hasUpgrade;
    this.hasNominated = other.hasNominated;
    this.connectionBytes = other.connectionBytes;
    this.hasTrailers = other.hasTrailers;
    this.hasAuthorization = other.hasAuthorization;
    this.hasSpecial = other.hasSpecial;
    this.fault = null;
  }

  /** Let go of the bytes, so that a head waiting to be used again holds none; of a request that never comes, nothing is known. */
  release(): void {
    this.bytes = noBytes;
    this.fieldCount = 0;
    this.method = method.other;
    this.minor = 1;
  }

  /** Persistence as the sender of this head wants it (RFC 9112 section 9.3). */
  get wantsKeepAlive(): boolean {
    return this.minor === 1 ? !this.hasClose : this.hasKeepAlive && !this.hasClose;
  }

  /** Where the line of a field ends, CRLF and white space before it included. */
  lineEnd(index: number): number {
    return index + 1 === this.fieldCount ? this.fieldsEnd : this.spans[index * 4 + 4]!;
  }

  /** As it came. */
  get receivedBytes(): number {
    return this.end - this.start + this.takenBytes;
  }

  /** The line of a field that no index names is taken out: what stands before it moves up to what stands behind, in the same bytes. */
  takeLine(index: number): void {
    const { spans, ids } = this;
    const from = spans[index * 4]!;
    const size = this.lineEnd(index) - from;
    this.bytes.copyWithin(this.start + size, this.start, from);
    this.start += size;
    this.takenBytes += size;
    this.methodEnd += size;
    this.targetStart += size;
    this.targetEnd += size;
    this.fieldsStart += size;
    for (let at = 0; at < index * 4; at++) spans[at]! += size;
    this.fieldCount--;
    for (let at = index * 4; at < this.fieldCount * 4; at++) spans[at] = spans[at + 4]!;
    for (let at = index; at < this.fieldCount; at++) ids[at] = ids[at + 1]!;
    if (this.hostIndex > index) this.hostIndex--;
    if (this.upgradeIndex > index) this.upgradeIndex--;
    if (this.requestIdIndex > index) this.requestIdIndex--;
  }

  /** First field with this id, or -1. */
  find(id: number): number {
    for (let index = 0; index < this.fieldCount; index++) if (this.ids[index] === id) return index;
    return -1;
  }
}

const noBytes = new Uint8Array(0);
