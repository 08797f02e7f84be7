import { expect, test } from "bun:test";
import type { Actor } from "../../test/playbook/actor.ts";
import { get } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import { Downstream } from "./downstream.ts";
import { Errand } from "./errand.ts";
import type { Exchange } from "./exchange.ts";
import type { Onlooker } from "./filter.ts";

const line = (text: string): Uint8Array => Buffer.from(`${text}\r\n`);

class Watching implements Onlooker {
  seen = "";
  isWhole: boolean | null = null;

  add(bytes: Uint8Array, start: number, end: number): void {
    this.seen += Buffer.from(bytes.subarray(start, end)).toString("latin1");
  }

  over(isWhole: boolean): void {
    this.isWhole = isWhole;
  }
}

function underWay(play: Playbook): Exchange {
  for (const session of play.context.downstreams)
    if (session instanceof Downstream && session.exchange !== null) return session.exchange;
  throw new Error("no exchange is under way");
}

/** A client whose request is answered, and an errand that asks the same, over the connection that this has left. */
function sent(lines = 'If-None-Match: "a"'): { play: Playbook; server: Actor; asked: string[] } {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/page"));
  const server = play.accept();
  const exchange = underWay(play);
  const errand = Errand.prepare(play.context, exchange, exchange.route, line(lines));
  server.sends("HTTP/1.1 204 No Content\r\n\r\n");
  play.take();
  errand!.seekServer();
  return { play, server, asked: play.take() };
}

test("an errand asks what the client has asked, with what was added, and nobody hears of it", () => {
  const { play, server, asked } = sent();
  expect(asked.length).toBe(1);
  expect(asked[0]).toContain("gets GET /page HTTP/1.1");
  expect(asked[0]).toContain('If-None-Match: \\"a\\"\\r\\n');
  expect(play.context.downstreams.size).toBe(2);
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  play.expect();
  play.expectNothingLeftBut(1);
});

test("an errand has the version of whose request it repeats", () => {
  for (const isHttp2 of [false, true]) {
    const play = new Playbook();
    play.connect().sends(get("/page"));
    const exchange = underWay(play);
    expect(exchange.downstream!.isHttp2).toBe(false);
    Object.defineProperty(exchange.downstream, "isHttp2", { value: isHttp2 });
    const errand = Errand.prepare(play.context, exchange, exchange.route, line("X-Again: 1"));
    expect(errand!.downstream!.isHttp2).toBe(isHttp2);
  }
});

test("a server that fails it is told nothing more, and nothing is left", () => {
  const { play, server } = sent();
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\nhi");
  server.closes();
  play.expect();
  play.expectNothingLeftBut(1);
});

test("a silent server ends it when the time for an answer is over", () => {
  const { play, server } = sent();
  play.pass(120_000);
  expect(play.take()).toContain(server.is("reset"));
  play.expectNothingLeftBut(0);
});

test("what cannot be a head is not asked for", () => {
  const play = new Playbook();
  play.connect().sends(get("/page"));
  const exchange = underWay(play);
  expect(Errand.prepare(play.context, exchange, exchange.route, line("no field"))).toBeNull();
  expect(play.context.downstreams.size).toBe(1);
});

test("a client that leaves while somebody looks on is counted when the whole has come", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/page"));
  const server = play.accept();
  const watching = new Watching();
  underWay(play).passage.onlooker = watching;
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
  play.take();
  client.closes();
  play.expect();
  expect(watching.isWhole).toBeNull();
  server.sends("world");
  play.expect("report 200 client_closed");
  expect(watching).toMatchObject({ seen: "helloworld", isWhole: true });
  play.expectNothingLeft();
});

test("its server is read on although the client had stopped taking", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/page"));
  const server = play.accept();
  underWay(play).passage.onlooker = new Watching();
  client.isFull = true;
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
  expect(server.isPaused).toBe(true);
  client.closes();
  expect(server.isPaused).toBe(false);
});

test("without anybody who looks on, the server is left at once", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(get("/page"));
  const server = play.accept();
  play.take();
  client.closes();
  play.expect(server.is("reset"), "report 0 client_closed");
});

test("a worker that ends cuts errands off", () => {
  const { play, server } = sent();
  play.drain();
  play.take();
  play.cut();
  expect(play.take()).toContain(server.is("reset"));
  play.expectNothingLeft();
});
