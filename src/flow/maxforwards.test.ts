import { expect, test } from "bun:test";
import { ok } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";

const asks = (method: string, ...fields: string[]): string =>
  `${method} /a HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`;
const date = "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n";

test("an OPTIONS that may go no further is answered here, and the connection goes on", () => {
  for (const value of ["0", "00", "3, 0"]) {
    const play = new Playbook();
    const client = play.connect();
    client.sends(asks("OPTIONS", `max-forwards: ${value}`));
    const allowed = "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n";
    const [said, report] = play.take();
    expect([said, report, play.dialing]).toEqual([
      client.gets(`HTTP/1.1 204 No Content\r\n${date}${allowed}\r\n`),
      "report 204",
      0,
    ]);
    client.sends(asks("GET"));
    play.expect("dial one:80");
    const server = play.accept();
    play.expect(server.gets(asks("GET")));
    server.sends(ok("hello"));
    play.expect(client.gets(ok("hello")), "report 200");
  }
});

test("one that may goes on with one less, its body with it", () => {
  for (const [value, left] of [
    ["1", "0"],
    ["10", "9"],
    ["007", "6"],
    ["3,2", "1"],
    ["99999999999999999999", "2147483646"],
  ] as const) {
    const play = new Playbook();
    const client = play.connect();
    client.sends(`${asks("OPTIONS", `Max-Forwards: ${value}`, "X-One: 1", "Content-Length: 4")}body`);
    play.expect("dial one:80");
    const server = play.accept();
    play.expect(server.gets(`${asks("OPTIONS", "X-One: 1", "Content-Length: 4", `Max-Forwards: ${left}`)}body`));
    server.sends(ok("hello"));
    play.expect(client.gets(ok("hello")), "report 200");
  }
});

test("what is no number, or of another method, is passed on as it came", () => {
  for (const request of [
    asks("OPTIONS", "Max-Forwards: -1"),
    asks("OPTIONS", "Max-Forwards: one"),
    asks("OPTIONS", "Max-Forwards:"),
    asks("OPTIONS"),
    asks("GET", "Max-Forwards: 0"),
  ]) {
    const play = new Playbook();
    const client = play.connect();
    client.sends(request);
    play.expect("dial one:80");
    const server = play.accept();
    play.expect(server.gets(request));
    server.sends(ok("hello"));
    play.expect(client.gets(ok("hello")), "report 200");
  }
});

test("an OPTIONS whose hops are counted has no copy", () => {
  const mirror = { pool: 1, share: 1, bodyBytesMax: 20, concurrencyMax: 2 };
  for (const [value, dials] of [
    ["0", 0],
    ["5", 1],
  ] as const) {
    const play = new Playbook({ pools: ["shadow"], own: { app: { mirror } } });
    play.connect().sends(asks("OPTIONS", `Max-Forwards: ${value}`));
    expect(play.dialing).toBe(dials);
  }
});

test("TRACE never goes on", () => {
  const play = new Playbook();
  const client = play.connect();
  client.sends(asks("TRACE", "Max-Forwards: 0"));
  expect(play.take().join()).toContain("report 405 method_refused");
});
