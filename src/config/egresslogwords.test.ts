// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the characters are nginx' variables.
import { expect, test } from "bun:test";
import { groupsOf, logGroups, logVariables, namedGroups } from "./egresslogwords.ts";

test("what a log_format tells is known by its variables, with braces or without", () => {
  const format = '$remote_addr [$time_local] "$request" ${status} "$http_x_egress_key" $server_port$msec $status_code';
  expect([...groupsOf(format)].sort()).toEqual(["key", "port", "status", "time"]);
  expect(groupsOf("status server_port $$").size).toBe(0);
  expect(groupsOf("$constructor $toString").size).toBe(0);
});

test("every variable tells something that there is", () => {
  expect([...new Set(Object.values(logVariables))].sort()).toEqual([...logGroups].sort());
});

test("the groups of a regular expression are named in either way", () => {
  expect(namedGroups("(?<status>\\d+) (?P<port>\\d+) (?:x) (?<!a) (?<=b)")).toEqual(["status", "port"]);
});
