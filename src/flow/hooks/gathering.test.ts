import { expect, test } from "bun:test";
import type { Actor } from "../../../test/playbook/actor.ts";
import { HookPlay, later } from "../../../test/playbook/hooks.ts";
import { get, ok, put } from "../../../test/playbook/words.ts";
import type { PoolHooks } from "../../config/hooktypes.ts";
import type { HooksPlan } from "../../config/plan.ts";

const json = "Content-Type: application/json";
const plain = "Content-Type: text/plain";

function scene(
  transformRequest: PoolHooks["transformRequest"],
  hooks: Partial<HooksPlan> = {},
): { readonly play: HookPlay; readonly client: Actor } {
  const play = new HookPlay({ pools: { app: { transformRequest } } }, {}, hooks);
  return { play, client: play.connect() };
}

const request = (body: string, ...fields: string[]): string =>
  `POST /x HTTP/1.1\r\nHost: a\r\n${fields.map((field) => `${field}\r\n`).join("")}Content-Length: ${body.length}\r\n\r\n${body}`;

test("a body is given whole, and what is made of it goes on with its own length", () => {
  const { play, client } = scene({ json: (value, { path }) => ({ ...value, path }) });
  client.sends(put("POST", '{"a":1}', json, "Digest: x"));
  play.expect("dial one:80");
  const server = play.accept();
  play.expect(server.gets(request('{"a":1,"path":"/"}', json).replace("/x", "/")));
  server.sends(ok("yes"));
  play.expect(client.gets(ok("yes")), "report 200");
  play.expectNothingLeftBut(1);
});

test("a chunked body in pieces is gathered; the next request on the connection is its own", () => {
  const { play, client } = scene((text) => text.toUpperCase());
  client.sends(`POST /x HTTP/1.1\r\nHost: a\r\n${plain}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n`);
  play.expectAmong(client.is("paused"));
  client.sends("3\r\ncde\r\n0\r\nX-T: 1\r\n\r\n");
  play.expectAmong("dial one:80");
  const server = play.accept();
  play.expectAmong(server.gets(request("ABCDE", plain)));
  server.sends(ok("1"));
  play.expectAmong(client.gets(ok("1")), "report 200");
  client.sends(get("/y"));
  play.expect(server.gets(get("/y")));
});

test("a client that waits to be told is told to go on", () => {
  const { play, client } = scene((text) => `${text}!`);
  client.sends(`POST /x HTTP/1.1\r\nHost: a\r\n${plain}\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
  play.expectAmong(client.gets("HTTP/1.1 100 Continue\r\n\r\n"));
  client.sends("ab");
  play.expectAmong("dial one:80");
  const server = play.accept();
  play.expectAmong(server.gets(request("ab!", plain)));
});

test("a hook may take its time, and the client may leave meanwhile", () => {
  const { play, client } = scene({ text: () => later });
  client.sends(put("POST", "ab", plain));
  play.expect();
  play.keep("later");
  play.expect("dial one:80");
  const server = play.accept();
  play.expect(server.gets(request("later", plain).replace("/x", "/")));
  const other = scene({ text: () => later });
  other.client.sends(put("POST", "ab", plain));
  other.client.closes();
  other.play.take();
  other.play.keep("x");
  other.play.expect();
  other.play.expectNothingLeft();
});

test("nothing leaves a text as it is, and a value with what was changed in it", () => {
  const same = scene({ text: () => undefined });
  same.client.sends(put("POST", "ab", plain));
  same.play.take();
  const server = same.play.accept();
  same.play.expect(server.gets(request("ab", plain).replace("/x", "/")));
  const changed = scene({
    json: (value) => {
      value.push(2);
    },
  });
  changed.client.sends(put("POST", "[1]", json));
  changed.play.take();
  const other = changed.play.accept();
  changed.play.expect(other.gets(request("[1,2]", json).replace("/x", "/")));
});

test("what is no JSON, no UTF-8, or coded is the client's mistake; what is too large is 413", () => {
  const answered = (hooks: Partial<HooksPlan>, body: string, ...fields: string[]): string => {
    const { play, client } = scene({ json: (value) => value, text: (text) => text }, hooks);
    client.sends(put("POST", body, ...fields));
    return play.take()[0]!.slice(0, 40);
  };
  expect(answered({}, "{", json)).toContain("400 Bad Request");
  expect(answered({}, "\xff", plain)).toContain("400 Bad Request");
  expect(answered({}, "ab", plain, "Content-Encoding: gzip")).toContain("415 ");
  expect(answered({}, "ab", `${plain}; charset=latin1`)).toContain("415 ");
  expect(answered({ bodyBytesMax: 1 }, "ab", plain)).toContain("413 ");
  expect(answered({ bodyBytesMax: 1, tooLarge: "pass" }, "ab", plain)).toBe("dial one:80");
  expect(answered({ bodyBytesMax: 1, failure: "pass" }, "ab", plain)).toBe("dial one:80");
  expect(answered({}, "ab", "Content-Type: image/png")).toBe("dial one:80");
});

test("what is answered in place of a gathered body leaves the next request on the connection alone", () => {
  const { play, client } = scene({ json: (value) => value });
  const head = `POST /x HTTP/1.1\r\nHost: a\r\n${json}\r\nContent-Length: 5\r\n\r\n`;
  client.sends(`${head}{`);
  play.take();
  client.sends(`nope${get("/next")}`);
  const said = play.take();
  expect(said[0]).toContain("400 Bad Request");
  expect(said.filter((line) => line.startsWith("report"))).toEqual(["report 400"]);
  expect(said).toContain("dial one:80");
  const server = play.accept();
  play.expectAmong(server.gets(get("/next")));
});

test("a body that grows too large, or never comes, ends there", () => {
  const { play, client } = scene((text) => text, { bodyBytesMax: 3 });
  const head = `POST /x HTTP/1.1\r\nHost: a\r\n${plain}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  client.sends(`${head}2\r\nab\r\n`);
  play.take();
  client.sends("2\r\ncd\r\n");
  expect(play.take().join()).toContain("413 ");
  const silent = scene((text) => text);
  silent.client.sends(`${head}2\r\nab\r\n`);
  silent.play.pass(31_000);
  expect(silent.play.take().join()).toContain("408 ");
  const bad = scene((text) => text);
  bad.client.sends(`${head}2\r\nab\r\n`);
  bad.play.take();
  bad.client.sends("nonsense\r\n");
  expect(bad.play.take().join()).toContain("400 ");
});

test("a hook that fails is answered as one, or passed over", () => {
  const throws = (): string => {
    throw new Error("no");
  };
  const failing = scene(throws);
  failing.client.sends(put("POST", "ab", plain));
  expect(failing.play.take()[0]).toContain("500 ");
  expect(failing.play.complaints[0]).toContain("transformRequest of pool app failed: Error: no");
  const nonsense = scene({ text: () => 5 as never });
  nonsense.client.sends(put("POST", "ab", plain));
  expect(nonsense.play.take()[0]).toContain("500 ");
  const passed = scene(throws, { failure: "pass" });
  passed.client.sends(put("POST", "ab", plain));
  passed.play.take();
  const server = passed.play.accept();
  passed.play.expect(server.gets(request("ab", plain).replace("/x", "/")));
});
