// What a cache must know of a response, found in one pass over its fields into a record that is used again. Which field
// speaks is decided here (RFC 9213 section 2.2): CDN-Cache-Control where it is there and can be read; else Surrogate-Control
// where something in it is for us, with private of Cache-Control beside it; else Cache-Control and Expires, which are not
// looked at otherwise. Dates are read once. It judges nothing.

import type { Head } from "../wire/http1/head.ts";
import { CacheControl, directive, secondsOf } from "./cachecontrol.ts";
import { cacheField, cacheFieldAt, valueEnd, valueStart } from "./fieldname.ts";
import { noDate, parseDate } from "./httpdate.ts";
import { readSurrogate } from "./surrogate.ts";
import { readTargeted } from "./targeted.ts";

/** Cache-Control beside a Surrogate-Control that speaks in its place. One for all: nothing here is entered twice. */
const beside = new CacheControl();

export class ResponseFacts {
  /** What counts: of CDN-Cache-Control where `isTargeted`, of Surrogate-Control where `isSurrogate`. */
  readonly control: CacheControl = new CacheControl();
  status = 0;
  isTargeted = false;
  isSurrogate = false;
  /**
   * Expires is there and counts; `expiresMs` is `noDate` when it is no date, which is a time long past (RFC 9111 section 5.3).
   */
  hasExpires = false;
  expiresMs: number = noDate;
  dateMs: number = noDate;
  lastModifiedMs: number = noDate;
  /** -1 without one that can be read (RFC 9111 section 5.1). */
  ageS = -1;
  /** Span of the head's bytes; both 0 without. */
  etagStart = 0;
  etagEnd = 0;
  /** Index of the first field of that name, -1 without. */
  vary = -1;
  lastModified = -1;
  location = -1;
  contentLocation = -1;
  hasSetCookie = false;
  contentLength = -1;
  #cacheControl = -1;
  #cacheControlCount = 0;
  #targeted = -1;
  #targetedCount = 0;
  #surrogate = -1;
  #surrogateCount = 0;
  #expires = -1;
  #hasAge = false;
  #hasDate = false;

  /** `nowMs`: the wall clock, for the century of dates that have two digits for their year. */
  read(head: Head, nowMs: number): void {
    this.#clear();
    this.status = head.status;
    this.contentLength = head.contentLength;
    const { ids, fieldCount } = head;
    for (let index = 0; index < fieldCount; index++) {
      if (ids[index] !== 0) continue;
      const id = cacheFieldAt(head, index);
      if (id !== 0) this.#note(head, id, index, nowMs);
    }
    if (this.#targeted !== -1) this.isTargeted = readTargeted(this.control, head, this.#targeted, this.#targetedCount);
    if (this.isTargeted) return;
    if (this.#surrogate !== -1)
      this.isSurrogate = readSurrogate(this.control, head, this.#surrogate, this.#surrogateCount);
    if (this.isSurrogate) return this.#readBeside(head);
    if (this.#cacheControl !== -1) this.control.read(head, this.#cacheControl, this.#cacheControlCount, true);
    if (this.#expires === -1) return;
    this.hasExpires = true;
    this.expiresMs = dateAt(head, this.#expires, nowMs);
  }

  #readBeside(head: Head): void {
    if (this.#cacheControl === -1) return;
    beside.clear();
    beside.read(head, this.#cacheControl, this.#cacheControlCount, true);
    if (beside.has(directive.private)) this.control.flags |= directive.private;
    // Of lists it is not kept which word they stood behind; leaving a field out too many does no harm.
    for (let index = 0; index < beside.listCount; index++)
      if (!this.control.addList(head.bytes, beside.spans[index * 2]!, beside.spans[index * 2 + 1]!))
        this.control.flags |= directive.private;
  }

  #clear(): void {
    this.control.clear();
    this.isTargeted = false;
    this.isSurrogate = false;
    this.hasExpires = false;
    this.expiresMs = noDate;
    this.dateMs = noDate;
    this.lastModifiedMs = noDate;
    this.ageS = -1;
    this.etagStart = 0;
    this.etagEnd = 0;
    this.vary = -1;
    this.lastModified = -1;
    this.location = -1;
    this.contentLocation = -1;
    this.hasSetCookie = false;
    this.#cacheControl = -1;
    this.#cacheControlCount = 0;
    this.#targeted = -1;
    this.#targetedCount = 0;
    this.#surrogate = -1;
    this.#surrogateCount = 0;
    this.#expires = -1;
    this.#hasAge = false;
    this.#hasDate = false;
  }

  /** Of a field that ought to come once the first counts. */
  #note(head: Head, id: number, index: number, nowMs: number): void {
    switch (id) {
      case cacheField.cacheControl:
        if (this.#cacheControlCount++ === 0) this.#cacheControl = index;
        break;
      case cacheField.cdnCacheControl:
        if (this.#targetedCount++ === 0) this.#targeted = index;
        break;
      case cacheField.surrogateControl:
        if (this.#surrogateCount++ === 0) this.#surrogate = index;
        break;
      case cacheField.expires:
        if (this.#expires === -1) this.#expires = index;
        break;
      case cacheField.date:
        if (!this.#hasDate) this.dateMs = dateAt(head, index, nowMs);
        this.#hasDate = true;
        break;
      case cacheField.lastModified:
        if (this.lastModified !== -1) break;
        this.lastModified = index;
        this.lastModifiedMs = dateAt(head, index, nowMs);
        break;
      case cacheField.age:
        if (!this.#hasAge) this.ageS = ageAt(head, index);
        this.#hasAge = true;
        break;
      case cacheField.etag:
        if (this.etagEnd !== 0) break;
        this.etagStart = valueStart(head, index);
        this.etagEnd = valueEnd(head, index);
        if (this.etagStart === this.etagEnd) this.etagStart = this.etagEnd = 0;
        break;
      case cacheField.vary:
        if (this.vary === -1) this.vary = index;
        break;
      case cacheField.location:
        if (this.location === -1) this.location = index;
        break;
      case cacheField.contentLocation:
        if (this.contentLocation === -1) this.contentLocation = index;
        break;
      case cacheField.setCookie:
      case cacheField.setCookie2:
        this.hasSetCookie = true;
        break;
      default:
        break;
    }
  }
}

function dateAt(head: Head, index: number, nowMs: number): number {
  return parseDate(head.bytes, valueStart(head, index), valueEnd(head, index), nowMs);
}

/** Of a list the first member; what is no number of seconds is no Age (RFC 9111 section 5.1). */
function ageAt(head: Head, index: number): number {
  const start = valueStart(head, index);
  let end = start;
  const last = valueEnd(head, index);
  while (end < last && head.bytes[end] !== 0x2c) end++;
  while (end > start && (head.bytes[end - 1] === 0x20 || head.bytes[end - 1] === 0x09)) end--;
  return secondsOf(head.bytes, start, end);
}
