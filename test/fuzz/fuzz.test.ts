import { expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import { parseClientHello } from "../../src/wire/clienthello.ts";
import { Head } from "../../src/wire/http1/head.ts";
import { parseRequest, parseResponse } from "../../src/wire/http1/reader.ts";
import { parseProxyHeader } from "../../src/wire/proxyprotocol.ts";
import { Inputs } from "./inputs.ts";
import { checkServerFrames } from "./serverframes.ts";

test("a seed gives the same inputs again", () => {
  const draw = (): string[] => {
    const inputs = new Inputs(new Prng(5));
    return [
      inputs.request(),
      inputs.response(),
      inputs.chunked(),
      inputs.cuts(100).join(),
      inputs.proxyHeader(),
      inputs.clientHello(),
    ];
  };
  expect(draw()).toEqual(draw());
});

test("cuts end at the end and never stand still", () => {
  for (let seed = 0; seed < 100; seed++) {
    const cuts = new Inputs(new Prng(seed)).cuts(50);
    expect(cuts.at(-1)).toBe(50);
    for (let index = 1; index < cuts.length; index++) expect(cuts[index]!).toBeGreaterThan(cuts[index - 1]!);
  }
});

test("a good part of the inputs is right, and every kind of fault is met", () => {
  const head = new Head(12);
  const seen = new Map<string, number>();
  for (let seed = 0; seed < 3_000; seed++) {
    const inputs = new Inputs(new Prng(seed));
    for (const [parse, text] of [
      [parseRequest, inputs.request()],
      [parseResponse, inputs.response()],
    ] as const) {
      const bytes = Uint8Array.from(Buffer.from(text, "latin1"));
      const verdict = parse(head, bytes, 0, bytes.length, 1_000) > 0 ? "right" : (head.fault ?? "more");
      seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
    }
  }
  expect(seen.get("right")).toBeGreaterThan(1_000);
  for (const code of [
    "bad_start_line",
    "bad_version",
    "bad_target",
    "bad_field",
    "bad_line_ending",
    "bad_host",
    "bad_content_length",
    "bad_transfer_encoding",
    "expectation_refused",
    "head_too_large",
    "bad_response",
    "more",
  ])
    expect(seen.get(code) ?? 0).toBeGreaterThan(3);
});

test("the first bytes of connections are right, broken off and wrong, each often", () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < 1_000; seed++) {
    const inputs = new Inputs(new Prng(seed));
    for (const [name, parse, text] of [
      ["proxy", parseProxyHeader, inputs.proxyHeader()],
      ["tls", parseClientHello, inputs.clientHello()],
    ] as const) {
      const bytes = Uint8Array.from(Buffer.from(text, "latin1"));
      const verdict = `${name} ${parse(bytes, 0, bytes.length).kind}`;
      seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
    }
  }
  for (const verdict of ["proxy header", "proxy more", "proxy bad", "tls hello", "tls more", "tls bad"])
    expect([verdict, (seen.get(verdict) ?? 0) > 30]).toEqual([verdict, true]);
});

test("servers that are asked by HTTP/2 say what is right, what is not, and what is asked again, each often", () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < 600; seed++) {
    const verdict = checkServerFrames(new Inputs(new Prng(seed))).split(" ")[0]!;
    seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
  }
  for (const verdict of ["200", "no", "asked"])
    expect([verdict, (seen.get(verdict) ?? 0) > 5]).toEqual([verdict, true]);
  expect(seen.get("200")).toBeGreaterThan(100);
});
