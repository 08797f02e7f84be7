import { expect, test } from "bun:test";
import { partsOf, tried } from "./translated.fixture.ts";

const named = (...servers: readonly string[]): ReturnType<typeof partsOf> =>
  partsOf([], ["http-response set-header X %[srv_name]-%s", ...servers]);
const answered = (trial: ReturnType<typeof partsOf>): unknown => (trial.pool.rules as { response: unknown }).response;

test("a server is called by its name", () => {
  const one = named("server a 127.0.0.1:1");
  expect([answered(one), one.told]).toEqual([[{ setHeader: { X: "{'a'}-{'a'}" } }], []]);
  const name = "response.server == '127.0.0.1:1' ? 'a' : response.server == '[::1]:2' ? 'b' : response.server";
  const two = named("server a 127.0.0.1:1", "server b ::1:2");
  expect([answered(two), two.told]).toEqual([[{ setHeader: { X: `{${name}}-{${name}}` } }], []]);
});

test("two of one address are told", () => {
  expect(named("server a 127.0.0.1:1", "server b 127.0.0.1:1").told).toContainEqual(
    expect.stringContaining("servers of one address (127.0.0.1:1) are called by the name of the first of them"),
  );
});

test("in a frontend it may be one of any backend", () => {
  const { input } = tried(`defaults
  mode http
  timeout connect 1s
  timeout client 1s
  timeout server 1s
frontend web
  bind :80
  http-response set-header X %s
  use_backend one if { path /one }
  default_backend two
backend one
  server a 127.0.0.1:1
backend two
  server b 127.0.0.1:2`);
  expect((input.listeners["web"]!.rules as { response: unknown }).response).toEqual([
    {
      setHeader: {
        X: "{response.server == '127.0.0.1:1' ? 'a' : response.server == '127.0.0.1:2' ? 'b' : response.server}",
      },
    },
  ]);
});
