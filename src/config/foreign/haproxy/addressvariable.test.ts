// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the characters are meant, as an operator writes them.
// What HAProxy 2.6 makes of these words was seen at the addresses that it listens at and connects to.

import { expect, test } from "bun:test";
import { readLines } from "./lines.ts";
import { tried } from "./translated.fixture.ts";

const environment = { PORT: "8080", BACK: "176", HOST: "10.0.0.9", constructor: "x" };
const line = (text: string): string =>
  readLines(text, environment)
    .lines[0]!.map((word) => word.text)
    .join(" ");

test.each([
  ["bind *:$PORT", "bind *:8080"],
  ["bind '127.0.0.1:${PORT}'", "bind 127.0.0.1:8080"],
  ["bind 10.0.0.1:${PORT}$NOPE,10.0.0.2:$PORT$", "bind 10.0.0.1:8080,10.0.0.2:8080"],
  ["bind 10.0.0.1:${PORT", "bind 10.0.0.1:8080"],
  ["bind ${NOPE-10.0.0.1}:80", "bind -10.0.0.1}:80"],
  ["bind $toString:80", "bind :80"],
  [
    "server $HOST $HOST:${BACK}5 check addr $HOST port $PORT",
    "server $HOST 10.0.0.9:1765 check addr 10.0.0.9 port $PORT",
  ],
  ["server-template w 3 $HOST:80", "server-template w 3 10.0.0.9:80"],
  ["default-server source $HOST", "default-server source 10.0.0.9"],
  ["source $HOST", "source 10.0.0.9"],
  ["log $HOST local0", "log 10.0.0.9 local0"],
  ["stats socket /run/$HOST.sock", "stats socket /run/10.0.0.9.sock"],
  ["stats uri /$HOST", "stats uri /$HOST"],
  ["acl x path_reg ^/$HOST$", "acl x path_reg ^/$HOST$"],
])("%s is %s", (text, filled) => {
  expect(line(text)).toBe(filled);
});

test("what a line above sets counts", () => {
  const { input, told } = tried(
    "global\n setenv P 81\ndefaults\n timeout client 1s\n timeout server 1s\n timeout connect 1s\nlisten x\n bind 10.0.0.1:$P\n server a 10.0.0.2:$P",
  );
  expect(told).toEqual([]);
  expect([input.listeners["x"]?.listen, input.pools?.["x"]?.servers]).toEqual(["10.0.0.1:81", ["10.0.0.2:81"]]);
});
