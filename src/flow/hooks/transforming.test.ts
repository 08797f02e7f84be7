// Transforms of bodies in conversations: whole bodies, bodies in pieces, and what becomes of those that fail.

import { describe, expect, test } from "bun:test";
import type { Actor } from "../../../test/playbook/actor.ts";
import { HookPlay, later } from "../../../test/playbook/hooks.ts";
import type { PlanOptions } from "../../../test/playbook/plan.ts";
import { get, ok, reply } from "../../../test/playbook/words.ts";
import type { PoolHooks } from "../../config/hooktypes.ts";
import type { HooksPlan } from "../../config/plan.ts";
import { hookCellOf } from "../hooks.ts";

const failed = reply(500, "Internal Server Error", "a hook of the configuration failed");
const json = "Content-Type: application/json";

interface Scene {
  readonly play: HookPlay;
  readonly client: Actor;
  readonly server: Actor;
}

function scene(
  transformResponse: PoolHooks["transformResponse"],
  hooks: Partial<HooksPlan> = {},
  request: string = get("/"),
  options: PlanOptions = {},
): Scene {
  const play = new HookPlay({ pools: { app: { transformResponse } } }, options, hooks);
  const client = play.connect();
  client.sends(request);
  const server = play.accept();
  play.take();
  return { play, client, server };
}

const chunked = (...lines: string[]): string =>
  `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join("")}Transfer-Encoding: chunked\r\n\r\n`;
const chunks = (...texts: string[]): string =>
  `${texts.map((text) => `${text.length.toString(16)}\r\n${text}\r\n`).join("")}0\r\n\r\n`;

test("a response without content is left alone, whatever its type", () => {
  for (const transform of [
    { text: () => "x" },
    { json: () => ({}) },
    { stream: () => ({ transform: (chunk: Uint8Array) => chunk }) },
  ]) {
    const { client, server, play } = scene({ types: ["text/html"], ...transform });
    const login = "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n";
    server.sends(login);
    play.expect(client.gets(login), "report 302");
  }
});

test("trailers are of other bytes: neither they nor their announcement goes on", () => {
  const { client, server, play } = scene({ types: ["text/plain"], text: (text) => `${text}x` });
  server.sends(
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-T: 1\r\n\r\n",
  );
  play.expect(client.gets(chunked("Content-Type: text/plain") + chunks("ax")), "report 200");
});

describe("json", () => {
  test("is given what the body says, and its answer goes on", () => {
    const { play, client, server } = scene({
      json: (value, response, request) => ({ ...value, seen: `${response.status} ${request.path}` }),
    });
    server.sends(ok('{"a":1}', json, 'ETag: "x"', "Accept-Ranges: bytes"));
    play.expect(client.gets(chunked(json, 'ETag: W/"x"') + chunks('{"a":1,"seen":"200 /"}')), "report 200");
    play.expectNothingLeftBut(1);
  });

  test("may change the value and answer nothing", () => {
    const { play, client, server } = scene({
      json: (value) => {
        value.a++;
      },
    });
    server.sends(ok('{"a":1}', json));
    play.expect(client.gets(chunked(json) + chunks('{"a":2}')), "report 200");
  });

  test("waits for a body in pieces, and for a promise; the head goes with the body", () => {
    const { play, client, server } = scene({ json: () => later });
    server.sends(ok('{"a":1}', json).slice(0, -3));
    play.expect();
    server.sends(":1}");
    play.expect();
    play.keep({ value: [1, 2] });
    play.expect(client.gets(chunked(json) + chunks("[1,2]")), "report 200");
  });

  test("that is no JSON is a failure of the hook, told to the client as one", () => {
    const { play, client, server } = scene({ json: (value) => value });
    server.sends(ok("<html>", json));
    play.expectAmong(client.gets(failed), "report 500 hook_failed");
    expect(play.complaints[0]).toContain("transformResponse of pool app failed: SyntaxError");
    expect(play.tally.cells[play.tally.workerRow() + hookCellOf("transformResponse", "threw")]).toBe(1);
    play.expectNothingLeftBut(1);
  });

  test("leaves other types alone", () => {
    const { play, client, server } = scene({ json: () => 5 });
    server.sends(ok("<p>", "Content-Type: text/html"));
    play.expect(client.gets(ok("<p>", "Content-Type: text/html")), "report 200");
  });
});

describe("text", () => {
  test("is given a text of whatever charset, which goes on as UTF-8", () => {
    const { play, client, server } = scene((text) => text.replace("ä", "ö€"));
    server.sends(ok("h\xe4", "Content-Type: text/plain; charset=ISO-8859-1"));
    play.expectAmong(client.gets(chunked("Content-Type: text/plain; charset=utf-8") + chunks("h\xc3\xb6\xe2\x82\xac")));
  });

  test("that leaves it as it is goes on as UTF-8 all the same, for so its head says", () => {
    const head = chunked("Content-Type: text/plain; charset=utf-8");
    const latin = "Content-Type: text/plain; charset=ISO-8859-1";
    const nothing = scene({ text: () => undefined });
    nothing.server.sends(ok("h\xe4", latin));
    nothing.play.expectAmong(nothing.client.gets(head + chunks("h\xc3\xa4")));
    const throwing = {
      text: () => {
        throw new Error("no");
      },
    };
    const failing = scene(throwing, { failure: "pass" });
    failing.server.sends(ok("h\xe4", latin));
    failing.play.expectAmong(failing.client.gets(head + chunks("h\xc3\xa4")));
    // A character in two pieces.
    const long = scene({ text: () => "x", maxBody: "1b" }, { tooLarge: "pass" });
    long.server.sends(
      `HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-16le\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nh\0\xe4\r\n`,
    );
    long.play.expectAmong(long.client.gets(`${head}1\r\nh\r\n`));
    long.server.sends("3\r\n\0!\0\r\n0\r\n\r\n");
    long.play.expectAmong(long.client.gets("3\r\n\xc3\xa4!\r\n0\r\n\r\n"));
  });

  test("that answers nothing leaves the body as it is, byte for byte", () => {
    const { play, client, server } = scene({ text: () => undefined });
    server.sends(ok("abc", "Content-Type: text/plain"));
    play.expectAmong(client.gets(chunked("Content-Type: text/plain") + chunks("abc")));
  });

  test("that makes nothing of it sends an empty body", () => {
    const { play, client, server } = scene({ text: () => "" });
    server.sends(ok("abc", "Content-Type: text/plain"));
    play.expect(client.gets(`${chunked("Content-Type: text/plain")}0\r\n\r\n`), "report 200");
    const old = scene({ text: () => "" }, {}, "GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    old.server.sends(ok("abc", "Content-Type: text/plain"));
    expect(old.play.take()[0]).toContain("200 OK");
  });

  test("is not asked about a HEAD, whose head is made to fit all the same", () => {
    const { play, client, server } = scene({ text: () => "x" }, {}, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    server.sends("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\n");
    const said = play.take();
    expect(said[0]).toContain(client.name);
    expect(said[0]).not.toContain("Content-Length");
  });

  for (const [what, body] of [
    ["no UTF-8", "\xff\xfe"],
    ["nonsense", "abc"],
  ] as const)
    test(`a body that is ${what}, or an answer that is none, fails`, () => {
      const { play, client, server } = scene({ text: () => 5 as never });
      server.sends(ok(body, "Content-Type: text/plain"));
      play.expectAmong(client.gets(failed), "report 500 hook_failed");
    });

  test("that is late is given up, and its client answered as the config says", () => {
    const failure = { status: 418, reason: "", fields: [], body: "late", isTemplate: false, retryAfterS: 0 };
    const { play, client, server } = scene({ text: () => later }, { failure });
    server.sends(ok("abc", "Content-Type: text/plain"));
    play.expect();
    play.pass(1100);
    const said = play.take();
    expect(said.some((line) => line.startsWith(`${client.name} gets HTTP/1.1 418`))).toBe(true);
    expect(said.at(-1)).toBe("report 418 hook_timeout");
    play.keep("too late");
    play.expect();
    play.expectNothingLeftBut(1);
  });

  test("that answers late, for it computed without a pause, is late", () => {
    const { play, server } = scene({ text: () => later });
    server.sends(ok("ab", "Content-Type: text/plain"));
    play.take();
    play.nowMs += 1001;
    play.keep("late");
    expect(play.take()).toContain("report 504 hook_timeout");
    expect(play.complaints[0]).toContain("took longer than its budget, and its worker stood still: 1001 ms");
  });

  test("that fails passes the body on as it came, where the config says so", () => {
    const { play, client, server } = scene(
      () => {
        throw new Error("no");
      },
      { failure: "pass" },
    );
    server.sends(ok("abc", "Content-Type: text/plain"));
    play.expectAmong(client.gets(chunked("Content-Type: text/plain") + chunks("abc")));
  });

  test("a client that leaves while it waits is let go", () => {
    const { play, client, server } = scene({ text: () => later });
    server.sends(ok("abc", "Content-Type: text/plain"));
    client.closes();
    play.take();
    play.keep("x");
    play.expect();
    play.expectNothingLeft();
  });
});

describe("a body that is too large", () => {
  const type = "Content-Type: text/plain";

  test("fails: by its length at once, or when it becomes too long", () => {
    const told = scene({ text: (text) => text }, { bodyBytesMax: 4 });
    told.server.sends(ok("abcde", type));
    told.play.expectAmong(told.client.gets(failed), "report 500 hook_failed");
    const grown = scene({ text: (text) => text, maxBody: "4b" });
    grown.server.sends(`${chunked(type)}3\r\nabc\r\n`);
    grown.play.expect();
    grown.server.sends("2\r\nde\r\n");
    grown.play.expectAmong(grown.client.gets(failed), "report 500 hook_failed");
    expect(grown.play.complaints).toEqual([
      "transformResponse of pool app was given a body that is too large: more than 4 bytes",
    ]);
  });

  test("goes by, where the config says so", () => {
    const hooks = { bodyBytesMax: 4, tooLarge: "pass" } as const;
    const told = scene({ text: () => "never" }, hooks);
    told.server.sends(ok("abcde", type));
    told.play.expect(told.client.gets(ok("abcde", type)), "report 200");
    const grown = scene({ text: () => "never" }, hooks);
    grown.server.sends(`${chunked(type)}3\r\nabc\r\n`);
    grown.server.sends("2\r\nde\r\n1\r\nf\r\n0\r\n\r\n");
    grown.play.expectAmong(grown.client.gets(chunked(type) + chunks("abcde", "f")));
  });

  test("goes by and is counted, where failures go by", () => {
    const hooks = { bodyBytesMax: 4, failure: "pass" } as const;
    const told = scene({ text: () => "never" }, hooks);
    told.server.sends(ok("abcde", type));
    told.play.expect(told.client.gets(ok("abcde", type)), "report 200");
    const grown = scene({ text: () => "never" }, hooks);
    grown.server.sends(`${chunked(type)}3\r\nabc\r\n`);
    grown.server.sends("2\r\nde\r\n1\r\nf\r\n0\r\n\r\n");
    grown.play.expectAmong(grown.client.gets(chunked(type) + chunks("abcde", "f")));
    for (const { play } of [told, grown]) expect(play.complaints[0]).toContain("was given a body that is too large");
  });
});

describe("stream", () => {
  const upper = {
    stream: () => ({
      transform: (chunk: Uint8Array) => Buffer.from(Buffer.from(chunk).toString().toUpperCase()),
      flush: () => Buffer.from("!"),
    }),
  };

  test("is given each piece as it comes", () => {
    const { play, client, server } = scene(upper);
    server.sends(ok("abc").slice(0, -2));
    play.expect(client.gets(`${chunked()}1\r\nA\r\n`));
    server.sends("bc");
    play.expect(client.gets("2\r\nBC\r\n1\r\n!\r\n0\r\n\r\n"), "report 200");
  });

  test("that throws in the middle breaks the connection off", () => {
    let count = 0;
    const { play, client, server } = scene({
      stream: () => ({
        transform: (chunk) => {
          if (count++ > 0) throw new Error("no");
          return chunk;
        },
      }),
    });
    server.sends(ok("abc").slice(0, -2));
    play.take();
    server.sends("b");
    play.expectAmong(client.is("reset"), "report 200 hook_failed");
    play.expectNothingLeft();
  });

  test("that cannot even begin is answered as a failure", () => {
    const { play, client, server } = scene({ stream: () => undefined as never });
    server.sends(ok("abc"));
    play.expectAmong(client.gets(failed), "report 500 hook_failed");
  });
});

test("a part is not asked for: it would go by as it is", () => {
  const play = new HookPlay({ pools: { app: { transformResponse: (text) => text } } });
  play.connect().sends(get("/", "Range: bytes=0-1", "If-Range: x"));
  const server = play.accept();
  play.expectAmong(server.gets(get("/")));
});

test("of a large read the head stays as long as a transform may look at it", () => {
  const types: (string | null)[] = [];
  const { client, server, play } = scene({
    types: ["text/plain"],
    maxBody: "1mb",
    text: (text, { headers }) => {
      types.push(headers.get("content-type"));
      return `${text.length}`;
    },
  });
  server.sends(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 60000\r\n\r\n${"x".repeat(50_000)}`);
  expect(play.spent).toBeNull();
  server.sends("x".repeat(10_000));
  expect(play.spent?.length).toBe(10_000);
  expect(types).toEqual(["text/plain"]);
  play.expect(client.gets(`${chunked("Content-Type: text/plain")}${chunks("60000")}`), "report 200");
});

test("the pool's transform comes before the listener's", () => {
  const play = new HookPlay({
    web: { transformResponse: (text) => `${text}2` },
    pools: { app: { transformResponse: (text) => `${text}1` } },
  });
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  play.take();
  server.sends(ok("0", "Content-Type: text/plain"));
  play.expectAmong(client.gets(chunked("Content-Type: text/plain") + chunks("012")));
});
