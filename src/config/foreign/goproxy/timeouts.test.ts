import { expect, test } from "bun:test";
import { apart, reverse } from "./translated.fixture.ts";

test("what a request may take bounds its head and each silence in it, what a response may take its wait and each silence", () => {
  const { input } = reverse("http_read_timeout = 7\nhttp_write_timeout = 90");
  expect(input.timeouts).toEqual({ head: "7s", response: "1m30s", read: "1m30s" });
  expect(input.listeners["proxy"]?.timeouts).toEqual({ read: "7s" });
});

test("where nothing is said the usual limits are", () => {
  const { input } = reverse("");
  expect([input.timeouts, input.listeners["proxy"]?.timeouts]).toEqual([undefined, undefined]);
  const none = reverse("http_read_timeout = 0");
  expect(none.input.timeouts).toBeUndefined();
  expect(apart(none)).toEqual([
    "warning server.http_read_timeout is approximated: there is a limit always; it is the usual one",
  ]);
  expect(apart(reverse("http_write_timeout = 9999999"))[0]).toBe(
    "error server.http_write_timeout must be at most 2073600 seconds",
  );
});
