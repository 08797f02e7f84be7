import { expect, test } from "bun:test";
import { fullName, readProxy } from "./egressproxy.ts";

test("a proxy is read with its credentials, decoded", () => {
  expect(readProxy("http://user:s%40cret@Proxy.Example:3128")).toEqual({
    ok: true,
    value: { scheme: "http", host: "proxy.example", port: 3128, user: "user", password: "s@cret" },
  });
  expect(readProxy("socks5h://10.0.0.9:1080/")).toMatchObject({ ok: true, value: { scheme: "socks5", port: 1080 } });
  expect(readProxy("https://a:b:c@[2001:DB8::1]:443")).toMatchObject({
    value: { scheme: "https", host: "2001:db8::1", user: "a", password: "b:c" },
  });
  expect(readProxy("http://u:p@ss@h:80")).toMatchObject({ value: { user: "u", password: "p@ss" } });
});

test("no message tells a word of what was written", () => {
  const wrong = [
    "xyzzy",
    "xyzzy:secret@host:1",
    "http://xyzzy:secret@host",
    "http://xyzzy:secret@host:0",
    "http://xyzzy:secret@host:80/path",
    "http://xyzzy:sec%ret@host:80",
    "http://xy%3Azzy:secret@host:80",
    "http://:secret@host:80",
    "socks5://xyzzy@host:80",
    "socks4://xyzzy:secret@host:80",
    "host:80:xyzzy:secret",
    `http://xyzzy:${"secret".repeat(60)}@host:80`,
    "http://xyzzy:secret%0a@host:80",
    "http://xyzzy:secret@ho st:80",
    "http://host:80^3",
  ];
  for (const text of wrong) {
    const reading = readProxy(text);
    expect([text, reading.ok]).toEqual([text, false]);
    const message = reading.ok ? "" : reading.message;
    expect(message).toMatch(/^must /);
    expect(message).not.toMatch(/xyzzy|secret/);
  }
});

test("two that differ by their users only have different names, and none tells a password", () => {
  const name = (text: string): string => {
    const reading = readProxy(text);
    return reading.ok ? fullName(reading.value) : "";
  };
  expect(name("http://a:b@h:1")).toBe("http://a@h:1");
  expect(name("http://a@b:c@h:1")).toBe("http://a%40b@h:1");
  expect(name("socks5://[::1]:1")).toBe("socks5://[::1]:1");
});
