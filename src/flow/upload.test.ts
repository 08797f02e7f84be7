import { expect, test } from "bun:test";
import { Playbook } from "../../test/playbook.ts";
import { coalesceBytesMax } from "./passage.ts";

const post = (length: number, body = ""): string =>
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n${body}`;

test("what of the body came with the head goes with it in one write", () => {
  const play = new Playbook();
  play.connect().sends(post(4, "abcd"));
  const server = play.accept();
  const said = play.take().filter((line) => line.startsWith(server.name));
  expect(said.length).toBe(1);
  expect(said[0]).toEndWith("\\r\\n\\r\\nabcd");
});

test("a body too large for that is sent as it lies, behind its head", () => {
  const play = new Playbook();
  const size = coalesceBytesMax + 1;
  play.connect().sends(post(size, "x".repeat(size)));
  const server = play.accept();
  const text = play.take().find((line) => line.startsWith(server.name))!;
  expect(text.length - text.indexOf("\\r\\n\\r\\n") - 8).toBe(size);
});

test("a server that takes no more stops the reading of the client until it does, and its time is not the client's", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(post(9, "abc"));
  const server = play.accept((actor) => {
    actor.isFull = true;
  });
  expect(client.isPaused).toBe(true);
  play.take();
  server.drains();
  expect(client.isPaused).toBe(false);
  client.sends("def");
  play.expectAmong(server.gets("def"));
  client.sends("ghi");
  server.sends("HTTP/1.1 204 No Content\r\n\r\n");
  play.expectAmong("report 204");
});

test("a request whose body has gone on in part is not sent again", () => {
  const play = new Playbook({ servers: ["one", "two"] });
  const client = play.connect();
  client.sends("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
  const server = play.accept();
  client.sends("def");
  play.take();
  server.closes();
  play.expectAmong("report 502 server_closed");
});

test("one whose body came with its head is, where its method allows", () => {
  const play = new Playbook({ servers: ["one", "two"] });
  play.connect().sends("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  play.accept().closes();
  const next = play.accept();
  expect(play.take().at(-1)).toContain("abc");
  next.sends("HTTP/1.1 204 No Content\r\n\r\n");
  play.expectAmong("report 204");
});

test("a read of a body is spent once it has gone on, and the one with the head when it is all over", () => {
  const play = new Playbook();
  const client = play.connect();
  const first = post(150_000, "x".repeat(90_000));
  client.sends(first);
  const server = play.accept();
  expect(play.spent).toBeNull();
  client.sends("x".repeat(60_000));
  expect(play.spent?.length).toBe(60_000);
  server.sends("HTTP/1.1 204 No Content\r\n\r\n");
  expect(play.spent?.length).toBe(first.length);
});

test("what was read with another request behind it is not spent", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(post(90_000, "x".repeat(90_000)) + post(0));
  const server = play.accept();
  play.take();
  server.sends("HTTP/1.1 204 No Content\r\n\r\n");
  expect(play.spent).toBeNull();
  play.expectAmong("report 204");
});

test("what is held for a server that is full is spent when it takes it", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(post(200_000, "abc"));
  const server = play.accept((actor) => {
    actor.isFull = true;
  });
  client.sends("x".repeat(60_000));
  expect(play.spent).toBeNull();
  server.drains();
  expect(play.spent?.length).toBe(60_000);
});
