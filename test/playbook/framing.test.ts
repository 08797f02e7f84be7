import { expect, test } from "bun:test";
import { Playbook } from "../playbook.ts";
import { get, ok } from "./words.ts";

/** A client that has asked, and the server that has its request. */
function asked(request: string, options = {}) {
  const play = new Playbook(options);
  const client = play.connect();
  client.sends(request);
  const server = play.accept();
  play.take();
  return { play, client, server };
}

test("100 Continue goes to the client, and then its body to the server", () => {
  const head = "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  const play = new Playbook();
  const client = play.connect();
  client.sends(head);
  play.expect(client.is("paused"), "dial one:80");
  const server = play.accept();
  play.expect(server.gets(head), client.is("resumed"));
  server.sends("HTTP/1.1 100 Continue\r\n\r\n");
  play.expect(client.gets("HTTP/1.1 100 Continue\r\n\r\n"));
  client.sends("ab");
  play.expect(server.gets("ab"));
  server.sends(ok("1"));
  play.expect(client.gets(ok("1")), "report 200");
});

test("a final answer instead of 100 Continue ends the connection of a client that has not sent its body", () => {
  const { play, client, server } = asked(
    "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
  );
  server.sends("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
  play.expect(
    client.gets("HTTP/1.1 417 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    server.is("destroyed"),
    "report 417",
    client.is("ended"),
  );
});

test("interim responses are passed on, and are no answer", () => {
  const { play, client, server } = asked(get("/"));
  server.sends("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 2");
  play.expect(client.gets("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"));
  server.sends("00 OK\r\nContent-Length: 0\r\n\r\n");
  play.expect(client.gets("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "report 200");
});

test("an HTTP/1.0 client is told no interim response", () => {
  const { play, client, server } = asked("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  server.sends("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  play.expect(
    client.gets("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    "report 200",
    client.is("destroyed"),
  );
});

test("a flood of interim responses ends in 502", () => {
  const { play, client, server } = asked(get("/"));
  server.sends("HTTP/1.1 102 Processing\r\n\r\n".repeat(40));
  const said = play.take();
  expect(said.filter((line) => line.includes("502 Bad Gateway"))).toHaveLength(1);
  expect(said).toContain(server.is("reset"));
  expect(client.isPaused).toBe(false);
});

for (const [what, request, head] of [
  ["the answer to HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"],
  [
    "the answer to HEAD, chunked",
    "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
  ],
  ["204", get("/"), "HTTP/1.1 204 No Content\r\n\r\n"],
  ["304", get("/"), "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"],
] as const) {
  test(`${what} has no body, and both connections go on`, () => {
    const { play, client, server } = asked(request);
    server.sends(head);
    play.expect(client.gets(head), `report ${head.slice(9, 12)}`);
    client.sends(get("/2"));
    play.expect(server.gets(get("/2")));
  });
}

test("a body behind an answer that has none is not passed on, and ends the server's connection", () => {
  const { play, client, server } = asked("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody");
  play.expect(client.gets("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"), server.is("destroyed"), "report 200");
});

test("an HTTP/1.0 client that asks for keep-alive is told of it", () => {
  const { play, client, server } = asked("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
  server.sends(ok("1"));
  play.expect(client.gets("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n1"), "report 200");
});

test("the request of an HTTP/1.0 client goes on as HTTP/1.1, with a Host if it had none", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends("GET /a?b HTTP/1.0\r\nX: 1\r\n\r\n");
  const server = play.accept();
  play.expect("dial one:80", server.gets("GET /a?b HTTP/1.1\r\nX: 1\r\nHost: one:80\r\n\r\n"));
});

test("chunks go through as they are, both ways, extensions and trailers with them", () => {
  const body = "3;a=b\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n";
  const { play, client, server } = asked("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const piece of ["3;a=", "b\r\nab", "c\r", "\n0\r\nX-Su", "m: 1\r\n\r\n"]) client.sends(piece);
  play.expect(server.gets(body));
  server.sends(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n${body.slice(0, 7)}`);
  play.expect(
    client.gets(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n${body.slice(0, 7)}`),
  );
  server.sends(body.slice(7));
  play.expect(client.gets(body.slice(7)), "report 200");
});

test("chunks are opened for an HTTP/1.0 client, and the end is the connection's", () => {
  const { play, client, server } = asked("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
  server.sends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  play.expect(client.gets("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc"));
  server.sends("2\r\nde\r\n0\r\nX: 1\r\n\r\n");
  play.expect(client.gets("de"), "report 200", client.is("ended"));
});

test("a truncated chunked answer to an HTTP/1.0 client ends in a reset, never in a FIN", () => {
  const { play, client, server } = asked("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  server.sends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab");
  play.expect(client.gets("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nab"));
  server.ends();
  play.expect(server.is("destroyed"), "report 200 truncated_response", client.is("reset"));
});

test("an answer that ends with its connection is put into chunks", () => {
  const { play, client, server } = asked(get("/"));
  server.sends("HTTP/1.0 200 OK\r\n\r\nab");
  play.expect(client.gets("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"));
  server.sends("c");
  play.expect(client.gets("1\r\nc\r\n"));
  server.ends();
  play.expect(client.gets("0\r\n\r\n"), server.is("destroyed"), "report 200");
  client.sends(get("/2"));
  play.expect("dial one:80");
});

test("an answer that ends with its connection and is reset is not ended for the client", () => {
  const { play, client, server } = asked(get("/"));
  server.sends("HTTP/1.1 200 OK\r\n\r\nab");
  play.take();
  server.closes(true);
  play.expect("report 200 truncated_response", client.is("reset"));
});

test("the first byte of a stream is not kept back", () => {
  const { play, client, server } = asked(get("/"));
  const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
  server.sends(head);
  play.expect(client.gets(head));
  server.sends("8\r\ndata: 1\n\r\n");
  play.expect(client.gets("8\r\ndata: 1\n\r\n"));
});

test("two Content-Length of the same value go on as one", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nX: 1\r\nContent-Length: 2\r\n\r\nab");
  const server = play.accept();
  play.expect("dial one:80", server.gets("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nX: 1\r\n\r\nab"));
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nc");
  play.expect(client.gets("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nc"), "report 200");
});

test("an answer before the whole request is passed on, and ends both connections", () => {
  const { play, client, server } = asked("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nab");
  server.sends("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nn");
  play.expect(client.gets("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nn"));
  client.sends("more");
  play.expect(server.gets("more"));
  server.sends("o");
  play.expect(client.gets("o"), server.is("destroyed"), "report 413", client.is("ended"));
  client.sends("still more");
  play.expect();
  client.ends();
  play.expect(client.is("destroyed"));
  play.expectNothingLeft();
});

test("an HTTP/1.0 client is not told of chunks, not even in the answer to HEAD", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends("HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const server = play.accept();
  play.take();
  server.sends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: 1\r\n\r\n");
  play.expect(client.gets("HTTP/1.1 200 OK\r\nX: 1\r\nConnection: keep-alive\r\n\r\n"), "report 200");
});

test("a response head that comes byte by byte is understood all the same", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const server = play.accept();
  play.take();
  const answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX: 1\r\n\r\n1";
  for (const letter of answer) server.sends(letter);
  play.expect(client.gets(answer), "report 200");
});
