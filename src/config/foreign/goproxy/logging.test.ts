import { expect, test } from "bun:test";
import { apart, reverse, scene } from "./translated.fixture.ts";

test("the log has a level, and requests a file under log_path", () => {
  const { input } = reverse('log = 1\nlog_path = "/var/log/goproxy/"');
  expect([input.log, input.accessLog]).toEqual([{ level: "debug" }, { path: "/var/log/goproxy/access.log" }]);
  const { input: other } = scene('[server]\nport = ":1"\nlog = 0\n');
  expect([other.log, other.accessLog]).toEqual([{ level: "info" }, undefined]);
});

test("that goproxy writes no log is told, and where a relative path starts", () => {
  const [absolute] = apart(reverse('log_path = "/var/log"'));
  const [relative] = apart(reverse('log_path = "./logs"'));
  expect(absolute).toStartWith(
    "warning server.log_path is approximated: goproxy writes nothing there; here /var/log/access.log",
  );
  expect(relative).toContain("here logs/access.log, starting at this file's folder,");
  expect(apart(reverse("log = 3"))).toEqual([
    "warning server.log is approximated: there are 0 for info and 1 for debug; this is 1",
  ]);
});
