import { describe, expect, test } from "bun:test";
import { partsOf } from "./translated.fixture.ts";

const wrong: readonly (readonly [string, string])[] = [
  ["option httpclose now", "error now is one word too many: option httpclose stands alone, as in HAProxy"],
  ["option httplog cfl", 'error cfl cannot stand behind option httplog; did you mean "clf"?'],
  [
    "option forwardfor except 300.1.1/8",
    'error 300.1.1/8 must be an address or a block such as 10.0.0.0/8, not "300.1.1/8"',
  ],
  [
    "option originalto except host.test",
    'error host.test is refused: "host.test" is a name, which HAProxy resolves once at its start: write its addresses',
  ],
  [
    "option forwardfor except fd00::5/ffff::",
    'error fd00::5/ffff:: must be an address or a block such as fd00::/8, not "fd00::5/ffff::"',
  ],
  ["option forwardfor header", "error header needs a value behind it"],
  [
    "option originalto if-none",
    "error if-none cannot stand behind option originalto; known are except, header and if-none",
  ],
  ["log 127.0.0.1", 'error 127.0.0.1 needs a facility behind it, such as "local0"'],
  ["log 127.0.0.1 len 99 local9", 'error local9 is no facility of syslog; did you mean "local0"?'],
  ["log 127.0.0.1 local0 loud", "error loud is no level of syslog"],
  ["http-check expct status 200", 'error expct is nothing that http-check can do; did you mean "expect"?'],
  ["retry-on 404 sometimes", "error sometimes is no event that retry-on knows"],
  ["hash-type consistant", 'error consistant must be map-based or consistent; did you mean "consistent"?'],
  ["hash-type consistent md5", "error md5 is no hash function of HAProxy's"],
  ["hash-balance-factor 50", "error 50 must be 0 or greater than 100, as in HAProxy"],
  ["cookie A insert rewrite", "error rewrite cannot stand beside insert: a cookie is inserted, rewritten or prefixed"],
  ["server b 127.0.0.1:2 resolvers dns", "error dns is the name of no section resolvers"],
  ["server b 127.0.0.1:2 track app/c", 'error app/c names a server "c", which backend app does not have'],
  ["server b 127.0.0.1:2 track other/c", 'error other/c names a backend "other", and there is none'],
  ["server b 127.0.0.1:2 id 0", "error 0 must be a whole number from 1 to 2147483647"],
];

describe("a line that HAProxy would not take is not taken, though little is made of it here", () => {
  for (const [line, expected] of wrong)
    test(line, () => {
      const { told } = partsOf([], ["server a 127.0.0.1:1", line]);
      expect(told.filter((each) => each.startsWith("error"))).toEqual([expected]);
    });
});

const right = [
  "option httplog clf",
  "option forwardfor except 10.0.0.0/8 header X-Client if-none",
  "option forwardfor except 10.0.0.0/255.0.0.0",
  "option originalto except localhost",
  "option forwardfor except fd00::5/8",
  "log global",
  "no log",
  "log 127.0.0.1:514 len 900 format rfc5424 local0 notice alert",
  "retry-on conn-failure 503",
  "hash-type map-based crc32 avalanche",
  "server b 127.0.0.1:2 track a",
  "server b 127.0.0.1:2 track app/a",
];

describe("one that it takes is taken", () => {
  for (const line of right)
    test(line, () => {
      const { told } = partsOf([], ["server a 127.0.0.1:1", line]);
      expect(told.filter((each) => each.startsWith("error"))).toEqual([]);
    });
});
