import { expect, test } from "bun:test";
import type { PlanOptions } from "../../test/playbook/plan.ts";
import { Playbook } from "../../test/playbook.ts";

/** What a client of that version is sent for what the server sends. */
function heard(version: string, response: string, options: PlanOptions = {}, ...fields: string[]): string {
  const play = new Playbook(options);
  const client = play.connect();
  const lines = ["Host: a", ...fields].map((line) => `${line}\r\n`).join("");
  client.sends(`GET / HTTP/${version}\r\n${lines}\r\n`);
  const server = play.accept();
  play.take();
  server.sends(response);
  const said = play.take().filter((line) => line.startsWith(`${client.name} gets `));
  return said.map((line) => JSON.parse(`"${line.slice(line.indexOf(" gets ") + 6)}"`) as string).join("");
}

test("a body without a length is put into chunks, and ends the connection of HTTP/1.0", () => {
  expect(heard("1.1", "HTTP/1.1 200 OK\r\n\r\nab")).toBe(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
  );
  expect(heard("1.0", "HTTP/1.1 200 OK\r\n\r\nab")).toBe("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nab");
});

test("HTTP/1.0 hears of no chunks, and of no interim answers", () => {
  const chunked =
    "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n";
  expect(heard("1.0", chunked, {}, "Connection: keep-alive")).toBe("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nab");
  expect(heard("1.1", chunked)).toBe(chunked);
});

test("the cookie that names the server is given to those who do not bring it", () => {
  const sticky = {
    cookie: "srv",
    isPrefix: false,
    maxAgeS: null,
    secure: false,
    httpOnly: true,
    sameSite: null,
    path: "/",
  } as const;
  const response = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  const given = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: srv=one; Path=/; HttpOnly\r\n\r\n";
  expect(heard("1.1", response, { balance: { sticky } })).toBe(given);
  expect(heard("1.1", response, { balance: { sticky } }, "Cookie: srv=one")).toBe(response);
});
