import { expect, test } from "bun:test";
import { type RedisPlace, readRedisPlace } from "./redisplace.ts";

function placeOf(text: string): RedisPlace {
  const reading = readRedisPlace(text);
  if (!reading.ok) throw new Error(`${text} ${reading.message}`);
  return reading.value;
}

function faultOf(text: string): string | null {
  const reading = readRedisPlace(text);
  return reading.ok ? null : reading.message;
}

test("an URL says host, port, user, password and database; what is shown has no secrets", () => {
  expect(placeOf("rediss://me:p%40ss@redis.local:7000/3")).toEqual({
    url: "rediss://me:p%40ss@redis.local:7000/3",
    host: "redis.local",
    port: 7000,
    path: null,
    isSecure: true,
    user: "me",
    password: "p@ss",
    database: 3,
    shown: "redis.local:7000",
  });
});

test("host:port is one as well, and what is left out is as usual", () => {
  expect(placeOf("localhost:16379")).toMatchObject({
    url: "redis://localhost:16379",
    host: "localhost",
    port: 16_379,
    database: 0,
    password: "",
  });
  expect(placeOf("redis:6379")).toMatchObject({ url: "redis://redis:6379", host: "redis", port: 6379 });
  expect(placeOf("redis:6379/2")).toMatchObject({ url: "redis://redis:6379/2", database: 2 });
  expect(placeOf("me:secret@10.0.0.1:6379/2")).toMatchObject({ user: "me", password: "secret", database: 2 });
  expect(placeOf("[::1]:6380")).toMatchObject({ host: "::1", port: 6380, shown: "[::1]:6380" });
  expect(placeOf("redis://redis")).toMatchObject({ host: "redis", port: 6379, shown: "redis:6379" });
  expect(placeOf("redis://redis/")).toMatchObject({ database: 0 });
  expect(placeOf("valkey://[::1]:6380")).toMatchObject({ host: "::1", port: 6380, shown: "[::1]:6380" });
});

test("a socket is named by its path, and its URL is one that the runtime's client takes", () => {
  expect(placeOf("unix:///run/redis.sock?db=2")).toMatchObject({ path: "/run/redis.sock", database: 2 });
  expect(placeOf("redis+unix:///run/redis.sock")).toMatchObject({ shown: "/run/redis.sock" });
  expect(placeOf("unix:/run/redis.sock").url).toBe("redis+unix:///run/redis.sock");
});

test("what is none says what is wrong with it", () => {
  const forms = "must be host:port, or redis://[user:password@]host[:port][/database]";
  for (const [text, message] of [
    ["", forms],
    ["a b", forms],
    ["::1:6379", forms],
    ["6379", forms],
    ["a:6379/x", forms],
    ["redis", "must have a port: write redis:6379"],
    ["10.0.0.1", "must have a port: write 10.0.0.1:6379"],
    ["a:99999", "must have a port from 1 to 65535"],
    ["redis://a:99999", "must have a port from 1 to 65535"],
    ["redis://a:0", "must have a port from 1 to 65535"],
    ["redis://", "must name a host, as in redis://127.0.0.1:6379"],
    ["redis://:6379", "must name a host, as in redis://127.0.0.1:6379"],
    ["redis:///1", "must name a host, as in redis://127.0.0.1:6379"],
    ["redis://a/x", "must have the number of a database, or nothing, behind the host"],
    ["redis//127.0.0.1", 'must have "://" behind redis: host:port, or redis://[user:password@]host[:port][/database]'],
    ["http://a:1", "must be host:port, or begin with redis://, rediss:// for TLS, valkey:// or unix:, not http://"],
    ["/run/redis.sock", 'must have "unix:" before the path of a socket, as in unix:/run/redis.sock'],
    ["unix:run/redis.sock", "must have an absolute path behind unix:, as in unix:/run/redis.sock"],
    ["unix://run/redis.sock", "must have an absolute path behind unix:, as in unix:/run/redis.sock"],
    ["unix:/run/redis.sock?db=x", "must have the number of a database behind ?db="],
  ] as const)
    expect([text, faultOf(text)]).toEqual([text, message]);
});

test("no message says a password", () => {
  for (const text of [
    "me:secret@h",
    "redis://me:secret@h/x",
    "redis://me:secret@",
    "redis:/me:secret@h:1",
    "http://me:secret@h",
  ])
    expect([text, faultOf(text) ?? "none"]).toEqual([text, expect.not.stringContaining("secret")]);
  for (const text of ["me:secret@h", "redis://me:secret@h/x", "redis://me:secret@"])
    expect(faultOf(text)).not.toBeNull();
});
