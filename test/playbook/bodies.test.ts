// Bodies that become others on their way: opened, replaced, compressed; and what their heads say of it.

import { expect, test } from "bun:test";
import type { BodyPlan, CompressPlan, ReplacePlan } from "../../src/config/plan.ts";
import { Playbook } from "../playbook.ts";
import type { Actor } from "./actor.ts";
import { coded } from "./coder.ts";
import { Caller } from "./http2.ts";
import type { PlanOptions } from "./plan.ts";

const compress: CompressPlan = { codings: ["zstd", "br", "gzip"], types: ["text/*"], bytesMin: 10, level: 4 };

function replaces(find: string, by: string, own: Partial<ReplacePlan> = {}): ReplacePlan {
  return { find, by, isPattern: false, types: ["text/html"], matchBytesMax: find.length, ...own };
}

function body(own: Partial<BodyPlan>): BodyPlan {
  return { isSaid: own.compress !== undefined, compress: null, replace: [], ...own };
}

interface Scene {
  readonly play: Playbook;
  readonly client: Actor;
  readonly server: Actor;
}

/** A request has come to its server; what that was sent is in `asked`. */
function ask(options: PlanOptions, fields = "Accept-Encoding: gzip\r\n", method = "GET"): Scene & { asked: string } {
  const play = new Playbook(options);
  const client = play.connect();
  client.sends(`${method} / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
  const server = play.accept();
  return { play, client, server, asked: play.take().join("\n") };
}

/** What the client was sent since the last time, as one text. */
function sent({ play, client }: Scene): string {
  play.code();
  const start = `${client.name} gets `;
  return play
    .take()
    .filter((line) => line.startsWith(start))
    .map((line) => JSON.parse(`"${line.slice(start.length)}"`) as string)
    .join("");
}

/** The content of chunks, and whether they have ended. */
function unchunked(text: string): { content: string; isWhole: boolean } {
  let content = "";
  for (let at = 0; at < text.length; ) {
    const line = text.indexOf("\r\n", at);
    const size = Number.parseInt(text.slice(at, line), 16);
    if (size === 0) return { content, isWhole: true };
    content += text.slice(line + 2, line + 2 + size);
    at = line + 4 + size;
  }
  return { content, isWhole: false };
}

function split(text: string): { head: string; content: string; isWhole: boolean } {
  const end = text.indexOf("\r\n\r\n") + 4;
  return { head: text.slice(0, end), ...unchunked(text.slice(end)) };
}

const pool = (own: Partial<BodyPlan>): PlanOptions => ({ pool: { body: body(own) } });
const listener = (own: Partial<BodyPlan>): PlanOptions => ({ listener: { body: body(own) } });

test("a body is compressed for a client that takes it, and its head is made to fit", () => {
  const scene = ask(pool({ compress }), "Accept-Encoding: gzip;q=0.5, br\r\n");
  scene.server.sends(
    'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\nETag: "x"\r\nAccept-Ranges: bytes\r\nContent-Digest: sha-256=:x:\r\nLast-Modified: then\r\n\r\nHello world',
  );
  const { head, content, isWhole } = split(sent(scene));
  expect(head).toBe(
    'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nLast-Modified: then\r\nContent-Encoding: br\r\nVary: Accept-Encoding\r\nETag: W/"x"\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  expect([content, isWhole]).toEqual(["<br>hELLO WORLD</br>", true]);
});

test("a listener's compression is for all its pools but those that say something of it themselves", () => {
  const answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nHello world";
  const ofListener = ask(listener({ compress }));
  ofListener.server.sends(answer);
  expect(sent(ofListener)).toContain("Content-Encoding: gzip\r\n");
  const off = ask({ ...listener({ compress }), pool: { body: { isSaid: true, compress: null, replace: [] } } });
  off.server.sends(answer);
  expect(sent(off)).toBe(answer);
});

test("what is not to be compressed goes on as it is", () => {
  const plain: [string, string][] = [
    ["HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 11\r\n\r\nHello world", "another type"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nHello world", "no type"],
    ["HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nHello", "short"],
    ["HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 11\r\n\r\nHello world", "events"],
    [
      "HTTP/1.1 206 Partial Content\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-10/20\r\nContent-Length: 11\r\n\r\nHello world",
      "a part",
    ],
    [
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: 11\r\n\r\nHello world",
      "coded",
    ],
    [
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: max-age=1, no-transform\r\nContent-Length: 11\r\n\r\nHello world",
      "no-transform",
    ],
    ['HTTP/1.1 304 Not Modified\r\nContent-Type: text/plain\r\nETag: "x"\r\n\r\n', "304"],
    ["HTTP/1.1 204 No Content\r\nContent-Type: text/plain\r\n\r\n", "204"],
    ["HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n", "empty"],
  ];
  for (const [answer, why] of plain) {
    const scene = ask(pool({ compress }));
    scene.server.sends(answer);
    expect([why, sent(scene)]).toEqual([why, answer]);
    expect(scene.play.coders).toBe(0);
  }
});

test("who takes no coding gets none, and caches are told that others would", () => {
  for (const fields of ["", "Accept-Encoding: deflate\r\n", "Accept-Encoding: gzip;q=0\r\n"]) {
    const scene = ask(pool({ compress }), fields);
    scene.server.sends(
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\nVary: Cookie\r\n\r\nHello world",
    );
    expect(sent(scene)).toBe(
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\nVary: Cookie\r\nVary: Accept-Encoding\r\n\r\nHello world",
    );
  }
});

test("HEAD is told what GET would be", () => {
  const scene = ask(pool({ compress }), "Accept-Encoding: gzip\r\n", "HEAD");
  scene.server.sends('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\nETag: "x"\r\n\r\n');
  expect(sent(scene)).toBe(
    'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nVary: Accept-Encoding\r\nETag: W/"x"\r\n\r\n',
  );
  scene.play.expectNothingLeftBut(1);
});

test("a stream is compressed as it comes: nothing is held back until its end", () => {
  const scene = ask(pool({ compress }));
  scene.server.sends("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n");
  expect(split(sent(scene)).content).toBe("<gzip>ONE\n");
  scene.server.sends("4\r\ntwo\n\r\n");
  expect(unchunked(sent(scene)).content).toBe("TWO\n");
  scene.server.sends("0\r\n\r\n");
  expect(unchunked(sent(scene))).toEqual({ content: "</gzip>", isWhole: true });
});

const trailed = (content: string): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTrailer: X-Sum, Content-Digest\r\nTransfer-Encoding: chunked\r\n\r\n${content.length.toString(16)}\r\n${content}\r\n`;
const trailers = "0\r\nX-Sum: 42\r\nContent-Digest: sha-256=:x:\r\n\r\n";

test("trailers stand behind a compressed body, but for those that tell of the bytes that came", () => {
  const scene = ask(pool({ compress }));
  scene.server.sends(trailed("Hello world") + trailers);
  expect(sent(scene)).toBe(
    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nVary: Accept-Encoding\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n" +
      "18\r\n<gzip>hELLO WORLD</gzip>\r\n0\r\nX-Sum: 42\r\n\r\n",
  );
  scene.play.expectNothingLeftBut(1);
});

test("trailers that come by themselves, in pieces, wait for the end of the filters", () => {
  for (const options of [pool({ compress }), pool({ compress, replace: [replaces("old", "new")] })]) {
    const scene = ask(options);
    scene.server.sends(trailed("Hello world"));
    expect(sent(scene)).toContain("\r\nTrailer: X-Sum\r\n");
    for (const piece of [trailers.slice(0, 1), trailers.slice(1, 9), trailers.slice(9, -1)]) {
      scene.server.sends(piece);
      expect(sent(scene)).toBe("");
    }
    scene.server.sends("\n");
    expect(sent(scene)).toEndWith("</gzip>\r\n0\r\nX-Sum: 42\r\n\r\n");
    scene.play.expectNothingLeftBut(1);
  }
});

test("a client of HTTP/2 gets the trailers of a compressed body", () => {
  const play = new Playbook(pool({ compress }));
  const caller = new Caller(play);
  caller.asks(1, "/", { fields: [["accept-encoding", "gzip"]] });
  const server = play.accept();
  caller.hears();
  server.sends(trailed("Hello world") + trailers);
  play.code();
  const [head, ...rest] = caller.hears();
  expect(head).toContain(" trailer=X-Sum");
  expect(rest.slice(-2)).toEqual(["HEADERS 1 x-sum=42 END", "report 200"]);
});

test("an old client gets no trailers, and is told of none", () => {
  const play = new Playbook(pool({ compress }));
  const client = play.connect();
  client.sends("GET / HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n");
  const server = play.accept();
  play.take();
  server.sends(trailed("Hello world") + trailers);
  const text = sent({ play, client, server });
  expect(text).not.toContain("Trailer");
  expect(text).toEndWith("\r\n\r\n<gzip>hELLO WORLD</gzip>");
});

test("too many trailers end a compressed body as they end any other", () => {
  const scene = ask(pool({ compress }));
  scene.server.sends(trailed("Hello world"));
  sent(scene);
  scene.server.sends(`0\r\nX-Sum: ${"v".repeat(17_000)}\r\n\r\n`);
  scene.play.expectAmong(scene.client.is("reset"), "report 200 truncated_response");
  expect(sent(scene)).toBe("");
});

test("an old client is told the end of a compressed body by the end of its connection", () => {
  const play = new Playbook(pool({ compress }));
  const client = play.connect();
  client.sends("GET / HTTP/1.0\r\nAccept-Encoding: gzip\r\nConnection: keep-alive\r\n\r\n");
  const server = play.accept();
  server.sends("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nHello world");
  play.take();
  play.code();
  play.expectAmong(client.gets("<gzip>hELLO WORLD</gzip>"), client.is("ended"));
});

test("text is replaced over the borders of reads, by the pool first and then by the listener", () => {
  const scene = ask({
    pool: { body: body({ replace: [replaces("one", "two")] }) },
    listener: {
      body: body({
        replace: [replaces("two", "three"), replaces("t(h)", "[$1]", { isPattern: true, matchBytesMax: 2 })],
      }),
    },
  });
  scene.server.sends(
    'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: "x"\r\nLast-Modified: then\r\nContent-Length: 13\r\n\r\na o',
  );
  scene.server.sends("ne b tw");
  scene.server.sends("o c");
  const { head, content, isWhole } = split(sent(scene));
  expect(head).toBe('HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: W/"x"\r\nTransfer-Encoding: chunked\r\n\r\n');
  expect([content, isWhole]).toEqual(["a [h]ree b [h]ree c", true]);
});

test("what came in a coding is opened for it, and goes back into that coding or a better one", () => {
  const answer = (coding: string): string => {
    const bytes = Buffer.from(coded(coding, "a one b")).toString("latin1");
    return `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: ${coding}\r\nContent-Length: ${bytes.length}\r\n\r\n${bytes}`;
  };
  const replace = [replaces("one", "two")];
  const same = ask(pool({ replace }), "Accept-Encoding: gzip, br\r\n");
  same.server.sends(answer("gzip"));
  expect(sent(same)).toContain("Content-Encoding: gzip\r\nVary: Accept-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n");
  const again = ask(pool({ replace }), "Accept-Encoding: gzip, br\r\n");
  again.server.sends(answer("gzip"));
  expect(split(sent(again)).content).toBe("<gzip>A TWO B</gzip>");
  const better = ask(
    pool({ replace, compress: { ...compress, types: ["text/html"] } }),
    "Accept-Encoding: gzip, br\r\n",
  );
  better.server.sends(answer("gzip"));
  expect(split(sent(better)).content).toBe("<br>A TWO B</br>");
  const plain = ask(pool({ replace }), "");
  plain.server.sends(answer("br"));
  expect(split(sent(plain))).toMatchObject({ content: "a two b", isWhole: true });
  const deflate = ask(pool({ replace }), "Accept-Encoding: deflate\r\n");
  deflate.server.sends(answer("deflate"));
  expect(split(sent(deflate))).toMatchObject({ content: "a two b", isWhole: true });
});

test("a server is told of no coding that cannot be opened, where something may be replaced", () => {
  const asked = (options: PlanOptions, accept: string): string => ask(options, `Accept-Encoding: ${accept}\r\n`).asked;
  const replacing = pool({ replace: [replaces("one", "two")] });
  expect(asked(replacing, "gzip, dcb, *;q=0.1")).toContain("Accept-Encoding: gzip\\r\\n");
  expect(asked(replacing, "gzip, br")).toContain("Accept-Encoding: gzip, br\\r\\n");
  expect(asked(replacing, "compress")).not.toContain("Accept-Encoding");
  expect(asked(pool({ compress }), "gzip, dcb")).toContain("Accept-Encoding: gzip, dcb\\r\\n");
});

test("what cannot be looked into goes on as it is", () => {
  for (const answer of [
    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: dcb\r\nContent-Length: 3\r\n\r\none",
    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip, br\r\nContent-Length: 3\r\n\r\none",
    "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-16\r\nContent-Length: 3\r\n\r\none",
    "HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nContent-Length: 3\r\n\r\none",
    "HTTP/1.1 206 Partial Content\r\nContent-Type: text/html\r\nContent-Range: bytes 0-2/9\r\nContent-Length: 3\r\n\r\none",
  ]) {
    const scene = ask(pool({ replace: [replaces("one", "two")] }));
    scene.server.sends(answer);
    expect(sent(scene)).toBe(answer);
  }
});

test("content that does not open ends the connection by a reset, so that nobody takes it for whole", () => {
  const scene = ask(pool({ replace: [replaces("one", "two")] }));
  scene.server.sends(
    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: 12\r\n\r\nno such gzip",
  );
  scene.play.code();
  scene.play.expectAmong("report 200 bad_coding", scene.client.is("reset"));
  scene.play.expectNothingLeft();
});

test("a server that closes when it has said all does not disturb the filters; its connection is not used again", () => {
  for (const how of ["ended", "closed", "reset"]) {
    const scene = ask(pool({ compress }));
    scene.server.sends("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nHello world");
    if (how === "ended") scene.server.ends();
    else scene.server.closes(how === "reset");
    expect(split(sent(scene))).toMatchObject({ content: "<gzip>hELLO WORLD</gzip>", isWhole: true });
    scene.client.sends("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    scene.play.expect("dial one:80");
  }
});

test("a body without a length ends with its connection, told once or twice", () => {
  const scene = ask(pool({ compress }));
  scene.server.sends("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nHello world");
  scene.server.ends();
  scene.server.closes(false);
  expect(split(sent(scene))).toMatchObject({ content: "<gzip>hELLO WORLD</gzip>", isWhole: true });
  scene.play.expectNothingLeftBut(1);
});

test("a server that breaks off takes the compressed body with it", () => {
  const scene = ask(pool({ compress }));
  scene.server.sends("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nHello world");
  scene.server.closes(false);
  scene.play.code();
  scene.play.expectAmong("report 200 truncated_response", scene.client.is("reset"));
  scene.play.expectNothingLeft();
});

test("a client that does not read stops the coder and the server, and one that leaves ends both", () => {
  const scene = ask(pool({ compress }));
  const { play, client, server } = scene;
  client.isFull = true;
  server.sends("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\nHello world");
  play.code();
  expect(server.isPaused).toBe(true);
  play.take();
  client.isFull = false;
  client.drains();
  play.code();
  expect(server.isPaused).toBe(false);
  server.sends("x".repeat(8000));
  expect(server.isPaused).toBe(true);
  play.code();
  expect(server.isPaused).toBe(false);
  client.closes();
  play.code();
  play.expectAmong("report 200 client_closed");
  play.expectNothingLeft();
});
