// What a cache must know of a request, found in one pass over its fields into a record that is used again: where the fields
// stand that choose, forbid or condition an answer, and what Cache-Control says. Whoever needs a value reads it there. A flow
// holds one of these; nothing in it outlives the head that it was read from.

import { field } from "../wire/http1/fields.ts";
import { isNominated } from "../wire/http1/framing.ts";
import { byte } from "../wire/http1/grammar.ts";
import { type Head, method } from "../wire/http1/head.ts";
import { CacheControl, directive } from "./cachecontrol.ts";
import { cacheField, cacheFieldAt, nextField, valueEnd, valueStart } from "./fieldname.ts";

export class RequestFacts {
  readonly control: CacheControl = new CacheControl();
  /** GET or HEAD: the only ones that are looked up (RFC 9111 section 2). */
  isLookedUp = false;
  isHead = false;
  /** Index of the first field of that name, -1 without. */
  ifNoneMatch = -1;
  ifModifiedSince = -1;
  /**
   * Only the origin can answer: for If-Match or If-Unmodified-Since (RFC 9111 section 4.3.2), and where a field may say to some
   * server that another method or target is meant than the request line says. Such an answer is for nobody else.
   */
  hasOriginCondition = false;
  hasCookie = false;
  range = -1;
  ifRange = -1;
  acceptEncoding = -1;
  acceptEncodingCount = 0;
  hasAuthorization = false;
  /** A field that is to stand alone came twice: what it says is not taken up. */
  isIfModifiedSinceTwice = false;
  isRangeTwice = false;
  #cacheControl = -1;
  #cacheControlCount = 0;
  #pragma = -1;

  read(head: Head): void {
    this.#clear();
    this.isHead = head.method === method.head;
    this.isLookedUp = this.isHead || head.method === method.get;
    const { ids, fieldCount } = head;
    for (let index = 0; index < fieldCount; index++) {
      if (ids[index] !== 0) {
        if (ids[index] === field.cookie) this.hasCookie = true;
        else if (ids[index] === field.authorization) this.hasAuthorization = true;
        continue;
      }
      const id = cacheFieldAt(head, index);
      if (id !== 0) this.#note(id, index);
    }
    if (head.hasNominated) this.#forgetNominated(head);
    if (this.#cacheControl !== -1) this.control.read(head, this.#cacheControl, this.#cacheControlCount, false);
    // RFC 9111 section 5.4: Pragma counts only where there is no Cache-Control.
    else if (this.#pragma !== -1 && saysNoCache(head, this.#pragma)) this.control.flags |= directive.noCache;
  }

  #clear(): void {
    if (this.#cacheControl !== -1 || this.#pragma !== -1) this.control.clear();
    this.#cacheControl = -1;
    this.#cacheControlCount = 0;
    this.#pragma = -1;
    this.ifNoneMatch = -1;
    this.ifModifiedSince = -1;
    this.hasOriginCondition = false;
    this.range = -1;
    this.ifRange = -1;
    this.acceptEncoding = -1;
    this.acceptEncodingCount = 0;
    this.hasAuthorization = false;
    this.hasCookie = false;
    this.isIfModifiedSinceTwice = false;
    this.isRangeTwice = false;
  }

  /** What chooses a variant is what servers see: Accept-Encoding that Connection names is not there. */
  #forgetNominated(head: Head): void {
    const index = this.acceptEncoding;
    if (index === -1 || !isNominated(head, head.spans[index * 4]!, head.spans[index * 4 + 1]!)) return;
    this.acceptEncoding = -1;
    this.acceptEncodingCount = 0;
  }

  #note(id: number, index: number): void {
    switch (id) {
      case cacheField.cacheControl:
        if (this.#cacheControlCount++ === 0) this.#cacheControl = index;
        break;
      case cacheField.pragma:
        if (this.#pragma === -1) this.#pragma = index;
        break;
      case cacheField.ifNoneMatch:
        if (this.ifNoneMatch === -1) this.ifNoneMatch = index;
        break;
      case cacheField.ifModifiedSince:
        if (this.ifModifiedSince === -1) this.ifModifiedSince = index;
        else this.isIfModifiedSinceTwice = true;
        break;
      case cacheField.ifMatch:
      case cacheField.ifUnmodifiedSince:
      case cacheField.xHttpMethodOverride:
      case cacheField.xHttpMethod:
      case cacheField.xMethodOverride:
      case cacheField.xOriginalUrl:
      case cacheField.xRewriteUrl:
        this.hasOriginCondition = true;
        break;
      case cacheField.range:
        if (this.range === -1) this.range = index;
        else this.isRangeTwice = true;
        break;
      case cacheField.ifRange:
        if (this.ifRange === -1) this.ifRange = index;
        break;
      case cacheField.acceptEncoding:
        if (this.acceptEncodingCount++ === 0) this.acceptEncoding = index;
        break;
      default:
        break;
    }
  }
}

const noCache = new TextEncoder().encode("no-cache");

/** no-cache among the directives of any Pragma. */
function saysNoCache(head: Head, from: number): boolean {
  const { bytes } = head;
  for (let index = from; index !== -1; index = nextField(head, cacheField.pragma, index + 1)) {
    const end = valueEnd(head, index);
    for (let at = valueStart(head, index); at < end; at++) {
      let length = 0;
      while (length < noCache.length && at + length < end && (bytes[at + length]! | 0x20) === noCache[length]) length++;
      const after = at + length;
      if (length === noCache.length && (after === end || bytes[after] === byte.comma || bytes[after] === byte.space))
        return true;
      while (at < end && bytes[at] !== byte.comma) at++;
      while (at + 1 < end && (bytes[at + 1] === byte.space || bytes[at + 1] === byte.tab)) at++;
    }
  }
  return false;
}
