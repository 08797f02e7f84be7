import { describe, expect, test } from "bun:test";
import { Ledger } from "../ledger.ts";
import { Origins } from "../origins.ts";
import { readTest } from "./acltest.ts";
import { readSample } from "./fetch.ts";
import { Objection } from "./objection.ts";
import type { Site } from "./sample.ts";
import type { Conversion, Service, Word } from "./scene.ts";

const files: Record<string, string> = {
  "starts.lst": "# what begins so\n/a\n\n  /b\r\n",
  "Hosts.lst": "A.com\nb.com\n",
  "hosts.map": "/a one\n/ab   two words \n",
  "names.map": "one.com one\nTwo.com two\n",
  "values.map": "one.com One\n",
  "nets.map": "10.0.0.0/8 ten\n10.1.0.0/16 more\n",
  "regs.map": "^/x 1\n^/y 2\n",
  "big.lst": Array.from({ length: 100 }, (_, index) => `/${index}`).join("\n"),
};

function siteWith(textOf: Conversion["textOf"]): Site {
  const conversion: Conversion = {
    isLogged: false,
    isCaptureLogged: () => false,
    ledger: new Ledger(),
    origins: new Origins(),
    draft: { config: {}, listeners: {}, pools: {}, tables: {}, lists: {}, servers: {} },
    proxies: [],
    userlists: new Map(),
    resolvers: new Map(),
    errorSections: new Map(),
    nameOf: (_kind, name) => name,
    backendNamed: () => null,
    poolOf: ({ name }) => name,
    pathOf: (file) => `/etc/${file}`,
    textOf,
    variableOf: () => undefined,
  };
  const proxy: Service = { kind: "frontend", name: "web", word: wordOf("web"), statements: [], mode: "http" };
  return { conversion, proxy, stage: "request" };
}

function wordOf(text: string): Word {
  return { text, line: 1, column: 1, at: 0, index: 0, isQuoted: false };
}

const read = (file: string): string | null => files[file] ?? null;
const testOf = (written: string, site = siteWith(read)): string =>
  readTest(site, written.split(" ").map(wordOf), wordOf("{")).text;

describe("values of a file", () => {
  test("are a list where they are compared whole", () => {
    const site = siteWith(() => null);
    expect(testOf("path -f starts.lst", site)).toBe("path in lists['starts.lst']");
    expect(testOf("src -f starts.lst", site)).toBe("src in lists['starts.lst.2']");
    expect(site.conversion.draft.lists).toEqual({
      "starts.lst": { texts: "/etc/starts.lst" },
      "starts.lst.2": { addresses: "/etc/starts.lst" },
    });
  });

  test("are what addresses HAProxy reads in them, masks and all", () => {
    const held: Record<string, string> = {
      "plain.lst": "# ours\n10.0.0.0/8\r\n  10.1.2.3\n\nfd00::/8\n",
      "masks.lst": "10.0.0.0/8\n192.168.1.1/255.255.0.0\nlocalhost\n10.12\n",
      "names.lst": "10.0.0.0/255.0.0.0\nwww.test\n",
      "blank.lst": "10.0.0.0/255.0.0.0\n10.0.0.1 \n",
    };
    const site = siteWith((file) => held[file] ?? null);
    expect(testOf("src -f plain.lst", site)).toBe("src in lists['plain.lst']");
    expect(site.conversion.ledger.findings).toEqual([]);
    expect(testOf("src -f masks.lst", site)).toBe("src in lists['masks.lst']");
    expect(site.conversion.draft.lists).toEqual({
      "plain.lst": { addresses: "/etc/plain.lst" },
      "masks.lst": { addresses: ["10.0.0.0/8", "192.168.0.0/16", "127.0.0.1", "10.0.0.12"] },
    });
    const told = site.conversion.ledger.findings.map(({ message }) => message);
    expect(told).toEqual([
      expect.stringContaining('for "192.168.1.1/255.255.0.0" is written as HAProxy alone reads it'),
    ]);
    expect(() => testOf("src -f names.lst", site)).toThrow(Objection);
    expect(() => testOf("src -f blank.lst", site)).toThrow(Objection);
  });

  test("are a list where case is of no account too: the file itself, or what it holds in lower case", () => {
    const site = siteWith(read);
    expect(testOf("path -i -f starts.lst", site)).toBe("path.lowerAscii() in lists['starts.lst']");
    expect(testOf("path -i -f Hosts.lst", site)).toBe("path.lowerAscii() in lists['Hosts.lst']");
    expect(testOf("path -i -M -f hosts.map", site)).toBe("path.lowerAscii() in lists['hosts.map']");
    expect(testOf("path -i -f big.lst", site)).toBe("path.lowerAscii() in lists['big.lst']");
    expect(site.conversion.draft.lists).toEqual({
      "starts.lst": { texts: "/etc/starts.lst" },
      "Hosts.lst": { texts: ["a.com", "b.com"] },
      "hosts.map": { map: "/etc/hosts.map" },
      "big.lst": { texts: "/etc/big.lst" },
    });
  });

  test("are written out where they are not", () => {
    expect(testOf("path_beg -f starts.lst")).toBe("path.startsWith('/a') || path.startsWith('/b')");
    expect(testOf("path_beg -f starts.lst -i /C")).toBe(
      "path.startsWith('/a') || path.startsWith('/b') || path.lowerAscii().startsWith('/c')",
    );
    expect(testOf("path_end -M -f hosts.map")).toBe("path.endsWith('/a') || path.endsWith('/ab')");
  });

  test("with a blank at the end of a line are told", () => {
    const site = siteWith((name) => (name.endsWith("blank.lst") ? "/a\n/b \n" : null));
    testOf("path -f blank.lst", site);
    expect(site.conversion.ledger.findings.map(({ severity, message }) => [severity, message])).toEqual([
      ["warning", "has a blank at the end of line 2, which to HAProxy is part of the value, and is none of it here"],
    ]);
  });

  test("with a blank behind an address are refused, as HAProxy does it", () => {
    const site = siteWith(() => "10.0.0.1\n10.0.0.2 \n");
    expect(() => testOf("src -f blank.lst", site)).toThrow("line 2 has a blank behind the address");
  });

  test("are too many, or not there", () => {
    expect(() => testOf("path_beg -f big.lst")).toThrow("there is room for 64");
    expect(() => testOf("path_beg -f none.lst")).toThrow(Objection);
  });
});

test("a line or key with capitals is found for no name of SNI, and that is told", () => {
  const told = (asked: (site: Site) => unknown): readonly string[] => {
    const site = siteWith(read);
    asked(site);
    return site.conversion.ledger.findings.map(({ message }) => message);
  };
  const found = (key: string): string[] => [
    `is approximated: names of SNI are in lower case here, so that "${key}" in this file is found for nobody; in HAProxy it is for clients that send the same capitals; write it in lower case`,
  ];
  expect(told((site) => testOf("ssl_fc_sni -f Hosts.lst", site))).toEqual(found("A.com"));
  expect(told((site) => testOf("ssl_fc_sni -m end -f Hosts.lst", site))).toEqual(found("A.com"));
  expect(told((site) => readSample(site, wordOf("ssl_fc_sni,map(names.map,x)")))).toEqual(found("Two.com"));
  expect(told((site) => testOf("ssl_fc_sni -M -f names.map", site))).toEqual(found("Two.com"));
  for (const fine of ["ssl_fc_sni -i -f Hosts.lst", "ssl_fc_sni -f big.lst", "hdr(host) -f Hosts.lst"])
    expect(told((site) => testOf(fine, site))).toEqual([]);
  // What stands behind a key may have capitals.
  expect(told((site) => readSample(site, wordOf("ssl_fc_sni,map(values.map)")))).toEqual([]);
  expect(told((site) => readSample(site, wordOf("ssl_fc_sni,lower,map(names.map)")))).toEqual([]);
});

describe("a map", () => {
  const sampleOf = (written: string): string => readSample(siteWith(read), wordOf(written)).code.text;

  test("by beginnings finds the longest", () => {
    expect(sampleOf("path,map_beg(hosts.map,none)")).toBe(
      "path.startsWith('/ab') ? 'two words' : path.startsWith('/a') ? 'one' : 'none'",
    );
  });

  test("has its other value only for what is there", () => {
    expect(sampleOf("query,map_beg(hosts.map,none)")).toBe(
      "has(query) ? (query.startsWith('/ab') ? 'two words' : query.startsWith('/a') ? 'one' : 'none') : null",
    );
  });

  test("by addresses finds the smallest block", () => {
    expect(sampleOf("src,map_ip(nets.map)")).toBe(
      "src in cidr('10.1.0.0/16') ? 'more' : src in cidr('10.0.0.0/8') ? 'ten' : null",
    );
  });

  test("by expressions finds the first", () => {
    expect(sampleOf("path,map_reg_int(regs.map,0)")).toBe("path.matches('^/x') ? 1 : path.matches('^/y') ? 2 : 0");
  });
});
