import { expect, test } from "bun:test";
import { readRedisPlace, redisUrlOf } from "./address.ts";

test("an URL says host, port, user, password and database; what is shown has no secrets", () => {
  expect(readRedisPlace("rediss://me:p%40ss@redis.local:7000/3")).toEqual({
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

test("the originals' host:port is one as well, and what is left out is as usual", () => {
  expect(redisUrlOf("localhost:16379")).toBe("redis://localhost:16379");
  expect(readRedisPlace("localhost:16379")).toMatchObject({
    host: "localhost",
    port: 16_379,
    database: 0,
    password: "",
  });
  expect(readRedisPlace("redis://redis")).toMatchObject({ host: "redis", port: 6379, shown: "redis:6379" });
  expect(readRedisPlace("valkey://[::1]:6380")).toMatchObject({ host: "::1", port: 6380, shown: "[::1]:6380" });
});

test("a socket is named by its path", () => {
  expect(readRedisPlace("unix:///run/redis.sock?db=2")).toMatchObject({ path: "/run/redis.sock", database: 2 });
  expect(readRedisPlace("redis+unix:///run/redis.sock")).toMatchObject({ shown: "/run/redis.sock" });
});

test("what is none is none", () => {
  for (const text of ["", "http://a:1", "redis://", "redis://a/x", "a b", "redis://a:99999"])
    expect([text, readRedisPlace(text)]).toEqual([text, null]);
});
