import { expect, test } from "bun:test";
import type { Scope } from "./compiled.ts";
import { compileExpression } from "./expression.ts";
import { habitOf, variableOf } from "./habits.ts";
import { compileTemplate } from "./template.ts";

const scope: Scope = { phase: "request", tables: [], lists: [], pools: [] };

test("words of HAProxy are told in our own", () => {
  expect(habitOf("src_get_gpc0")).toBe("; write TABLE[src].gpc0");
  expect(habitOf("src_inc_gpc0")).toBe("; write increment(TABLE[src].gpc0)");
  expect(habitOf("sc1_http_req_rate")).toBe("; write tracked[1].http_req_rate");
  expect(habitOf("sc_http_req_rate")).toBe("; write tracked[0].http_req_rate");
  expect(habitOf("http_req_rate")).toBe("; write TABLE[src].http_req_rate");
  expect(habitOf("path_beg")).toBe("; write path.startsWith('/x')");
  expect(habitOf("url_sub")).toBe("; write target.contains('x')");
  expect(habitOf("hdr_sub")).toBe("; write headers['name'], or host for that of Host");
  expect(habitOf("header")).toBe("; write headers['name']");
  expect(habitOf("nonsense")).toBe("");
  expect(habitOf("constructor")).toBe("");
});

test("variables of nginx are told in our own", () => {
  expect(variableOf("http_user_agent")).toBe("headers['user-agent']");
  expect(variableOf("request_uri")).toBe("target");
  expect(variableOf("arg_user")).toBe("params['user']");
  expect(variableOf("host")).toBe("host");
  expect(variableOf("nonsense")).toBeNull();
});

function mistakeIn(text: string): string {
  const outcome = compileExpression(text, scope, "bool");
  return outcome.ok ? "" : outcome.errors[0]!.message;
}

test("an expression of habit is refused with what is to be written", () => {
  expect(mistakeIn("src_get_gpc0(clients) > 0")).toBe('is not a known function: "src_get_gpc0"; write TABLE[src].gpc0');
  expect(mistakeIn("hdr(host) -i example.com")).toContain("\"hdr\" is not known here; write headers['name']");
  expect(mistakeIn("sc_http_req_rate(0) gt 20")).toContain("write tracked[0].http_req_rate");
  expect(mistakeIn("path_beg /admin")).toContain("write path.startsWith('/x')");
  expect(mistakeIn("$request_uri == '/x'")).toBe('"$request_uri" is not known here; write target');
  expect(mistakeIn("path ~ '^/x'")).toContain("write path.matches('^/x')");
  expect(mistakeIn("path =~ '^/x'")).toContain("write path.matches('^/x')");
  expect(mistakeIn("{ method POST }")).toContain("a condition has no braces around it");
  expect(mistakeIn("clients[src].http_req_rate(10s) > 20")).toContain("a rate has its period in the table's store");
  expect(mistakeIn("not secure")).toBe('"not" is no operator: write "!"');
  expect(mistakeIn("method == POST")).toBe("is not a known name: \"POST\"; a text stands in quotes: 'POST'");
  expect(mistakeIn("headers['content-length'] > 1000")).toContain("write int(headers['content-length'])");
});

test("what is nearly right is told by what is right", () => {
  expect(mistakeIn("src in '10.0.0.0/8'")).toEndWith("write cidr('10.0.0.0/8')");
  expect(mistakeIn("host in 'a.example'")).toEndWith("write ['a.example']");
  expect(mistakeIn("src == '10.0.0.0/8'")).toEndWith("write src in cidr('10.0.0.0/8') for a block");
  expect(mistakeIn("!headers['x']")).toEndWith("has(…) asks whether there is one");
  expect(mistakeIn("contentLength > 10mb")).toContain("a size is a number of bytes");
});

test("what can never be so is warned of", () => {
  const warningsOf = (text: string): readonly string[] => {
    const outcome = compileExpression(text, scope, "bool");
    return outcome.ok ? outcome.warnings.map(({ message }) => message) : ["refused"];
  };
  expect(warningsOf("host == 'Example.com'")).toEqual(["is never so: host is in lower case and without the port"]);
  expect(warningsOf("host == 'example.com:8080' || path != '/x?a'")).toHaveLength(2);
  expect(warningsOf("host == 'example.com' && path == '/x' && host != '[::1]'")).toEqual([]);
});

test("a template that has words of nginx or HAProxy is taken as it is written, with a warning", () => {
  const warningsOf = (text: string): readonly string[] => {
    const outcome = compileTemplate(text, scope);
    return outcome.ok ? outcome.warnings.map(({ message }) => message) : ["refused"];
  };
  expect(warningsOf("https://$host{target}")).toEqual(['has "$host", which stands for itself here: write {host}']);
  expect(warningsOf("a %[src] b")).toEqual([
    'has "%[", which stands for itself here: an expression is written in braces, such as {src}',
  ]);
  expect(warningsOf("$5 for {src} and $nonsense")).toEqual([]);
});
