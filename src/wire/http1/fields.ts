// The field names that a proxy must know by sight, and how to know them: by length first, then byte for byte without case.
// Everything else is passed on unread. An id is a small number so that a head can keep one byte for each field.

/** 0 is every field that we need not know. */
export const field = {
  other: 0,
  host: 1,
  connection: 2,
  contentLength: 3,
  transferEncoding: 4,
  upgrade: 5,
  expect: 6,
  te: 7,
  keepAlive: 8,
  proxyConnection: 9,
  proxyAuthorization: 10,
  via: 11,
  forwarded: 12,
  xForwardedFor: 13,
  xForwardedProto: 14,
  xForwardedHost: 15,
  cookie: 16,
  userAgent: 17,
  referer: 18,
  proxyAuthenticate: 19,
  xRequestId: 20,
  /** A name that CGI and its heirs take for one of X-Forwarded-*: "_" stands there for "-". */
  lookalike: 21,
  // The rest of that family: what applications build their links from. Each has its own id, since rules give each by itself.
  xForwardedPort: 22,
  authorization: 23,
  /** The same of what says where a body ends: who takes it for the real one reads another message. */
  framingLookalike: 24,
  xForwardedPrefix: 25,
  xForwardedServer: 26,
  xForwardedScheme: 27,
  xForwardedSsl: 28,
  xForwardedProtocol: 29,
} as const;

const names: Readonly<Record<string, number>> = {
  host: field.host,
  connection: field.connection,
  "content-length": field.contentLength,
  "transfer-encoding": field.transferEncoding,
  upgrade: field.upgrade,
  expect: field.expect,
  te: field.te,
  "keep-alive": field.keepAlive,
  "proxy-connection": field.proxyConnection,
  "proxy-authorization": field.proxyAuthorization,
  "proxy-authenticate": field.proxyAuthenticate,
  via: field.via,
  forwarded: field.forwarded,
  "x-forwarded-for": field.xForwardedFor,
  "x-forwarded-proto": field.xForwardedProto,
  "x-forwarded-host": field.xForwardedHost,
  cookie: field.cookie,
  "user-agent": field.userAgent,
  referer: field.referer,
  "x-request-id": field.xRequestId,
  "x-forwarded-port": field.xForwardedPort,
  authorization: field.authorization,
  "x-forwarded-prefix": field.xForwardedPrefix,
  "x-forwarded-server": field.xForwardedServer,
  "x-forwarded-scheme": field.xForwardedScheme,
  "x-forwarded-ssl": field.xForwardedSsl,
  "x-forwarded-protocol": field.xForwardedProtocol,
};

/** The nine of X-Forwarded-* that servers take for what a proxy says of its client; those of applications are not among them. */
const forwardedNames = Object.keys(names).filter((name) => name.startsWith("x-forwarded-"));

/** One bit for each field, by its id, that says who a client is and how it came; what strangers say there goes no further. */
export const clientFields: number = ["forwarded", ...forwardedNames].reduce(
  (bits, name) => bits | (1 << names[name]!),
  0,
);

/** How a name looks to `fieldId`: setting bit 0x20 turns "_" into 0x7f, which no token holds. */
const folded = (name: string): string => name.replaceAll("_", "\x7f");

/** Every spelling of a name with at least one "_" for a "-". */
function lookalikes(name: string): string[] {
  const spellings = name
    .split("-")
    .reduce<string[]>(
      (heads, part) => (heads.length === 0 ? [part] : heads.flatMap((head) => [`${head}-${part}`, `${head}_${part}`])),
      [],
    );
  return spellings.filter((spelling) => spelling.includes("_"));
}

/** All names whose id is `lookalike`, in lower case. */
export const lookalikeNames: readonly string[] = [...forwardedNames, "x-request-id"].flatMap(lookalikes);

const known: readonly (readonly [string, number])[] = [
  ...Object.entries(names),
  ...lookalikeNames.map((name): readonly [string, number] => [folded(name), field.lookalike]),
  ...["content-length", "transfer-encoding"]
    .flatMap(lookalikes)
    .map((name): readonly [string, number] => [folded(name), field.framingLookalike]),
];

// All names of one length lie behind one another in `packed`, from `firstOf[length]` on, their ids in step with them: a lookup
// touches two short tables and no objects.
const longest = Math.max(...known.map(([name]) => name.length));
const sorted = [...known].sort(([one], [other]) => one.length - other.length);
const packed = new TextEncoder().encode(sorted.map(([name]) => name).join(""));
const ids = Uint8Array.from(sorted, ([, id]) => id);
const countOf = new Uint8Array(longest + 1);
const firstOf = new Uint16Array(longest + 1);
const firstIdOf = new Uint8Array(longest + 1);
const lettersOf = new Int32Array(longest + 1);
for (const [name] of known) lettersOf[name.length]! |= 1 << (name.charCodeAt(0) & 31);
for (let length = 0, place = 0, index = 0; length <= longest; length++) {
  countOf[length] = sorted.filter(([name]) => name.length === length).length;
  firstOf[length] = place;
  firstIdOf[length] = index;
  place += length * countOf[length]!;
  index += countOf[length]!;
}

/** The id of the field name in bytes[start, end). */
export function fieldId(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > longest || (lettersOf[length]! & (1 << (bytes[start]! & 31))) === 0) return field.other;
  let place = firstOf[length]!;
  for (let rest = countOf[length]!, index = firstIdOf[length]!; rest > 0; rest--, index++, place += length) {
    let at = 0;
    // Setting bit 0x20 folds letters; a name holds only token bytes, so that no other byte can be folded onto "-".
    while (at < length && (bytes[start + at]! | 0x20) === packed[place + at]!) at++;
    if (at === length) return ids[index]!;
  }
  return field.other;
}

/** Whether bytes[start, end) is `lower`, which holds lower-case letters, without regard to case. The bit of case in "_" is no case. */
export function isName(bytes: Uint8Array, start: number, end: number, lower: Uint8Array): boolean {
  if (end - start !== lower.length) return false;
  for (let index = 0; index < lower.length; index++) {
    const byte = bytes[start + index]!;
    if (byte !== lower[index]! && (byte | 0x20) !== lower[index]!) return false;
  }
  return true;
}
