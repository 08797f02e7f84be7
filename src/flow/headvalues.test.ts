import { expect, test } from "bun:test";
import { Head } from "../wire/http1/head.ts";
import { parseRequest } from "../wire/http1/reader.ts";
import {
  cookieList,
  cookieOf,
  fieldCount,
  fieldLines,
  fieldList,
  fieldOf,
  hostOf,
  methodOf,
  parameterList,
  parameterOf,
  pathOf,
  portOf,
  queryOf,
  targetOf,
} from "./headvalues.ts";

function headOf(target: string, ...fields: string[]): Head {
  const head = new Head(50);
  const lines = (fields.some((field) => /^host:/i.test(field)) ? fields : ["Host: a", ...fields]).join("\r\n");
  const bytes = Buffer.from(`GET ${target} HTTP/1.1\r\n${lines}\r\n\r\n`, "latin1");
  if (parseRequest(head, bytes, 0, bytes.length, 65_536) < 0) throw new Error(`refused: ${head.fault}`);
  return head;
}

test("method, target, path and query are as they were sent", () => {
  const head = headOf("/a%20b/?q=1?2");
  expect([methodOf(head), targetOf(head), pathOf(head), queryOf(head)]).toEqual([
    "GET",
    "/a%20b/?q=1?2",
    "/a%20b/",
    "q=1?2",
  ]);
  expect([pathOf(headOf("/")), queryOf(headOf("/")), queryOf(headOf("/?"))]).toEqual(["/", null, ""]);
});

test("a target with an authority is asked for its path, and for its host", () => {
  const head = headOf("http://Shop.example:8080?x", "Host: Shop.example:8080");
  expect([hostOf(head), portOf(head), pathOf(head), queryOf(head)]).toEqual(["shop.example", 8080, "/", "x"]);
});

test("a host is in lower case and has no port", () => {
  expect([hostOf(headOf("/", "Host: WWW.A")), portOf(headOf("/", "Host: WWW.A"))]).toEqual(["www.a", null]);
  const head = headOf("/", "Host: [2001:DB8::1]:81");
  expect([hostOf(head), portOf(head)]).toEqual(["[2001:db8::1]", 81]);
  expect([hostOf(headOf("/", "Host: [::1]")), hostOf(headOf("/", "Host:"))]).toEqual(["[::1]", null]);
  // The dot at its end makes it another text, and the same name.
  expect(["A.b.", "a.b.:80", "."].map((host) => hostOf(headOf("/", `Host: ${host}`)))).toEqual(["a.b", "a.b", null]);
});

test("an address has one spelling, however it was written", () => {
  const hostIn = (text: string): string | null => hostOf(headOf("/", `Host: ${text}`));
  const local = ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0X7F.0x1", "0177.0.0.1", "127.0.0.1.", "127.1:81"];
  for (const text of [...local, "[::ffff:127.0.0.1]", "[::FFFF:7f00:1]:81"]) expect(hostIn(text)).toBe("127.0.0.1");
  expect([hostIn("0"), hostIn("127.0x")]).toEqual(["0.0.0.0", "127.0.0.0"]);
  expect([hostIn("[2001:DB8:0:0::1]"), hostIn("[0:0::1]:80")]).toEqual(["[2001:db8::1]", "[::1]"]);
  // Names, and what is nothing at all.
  for (const text of ["a1", "1.a", "0x7f.a", "0x7g", "1.2.3.4.5", "256.1.1.1", "a.1"]) expect(hostIn(text)).toBe(text);
});

test("fields are joined, split and counted without regard to case", () => {
  const head = headOf("/", "X-A: 1, 2", "x-b: y", "X-a: 3", 'X-Q: "a,b" , "c\\",d",,e');
  expect([fieldOf(head, "x-a"), fieldOf(head, "x-none")]).toEqual(["1, 2, 3", null]);
  expect(fieldList(head, "x-a")).toEqual(["1", "2", "3"]);
  expect(fieldList(head, "x-q")).toEqual(['"a,b"', '"c\\",d"', "", "e"]);
  expect([fieldList(head, "x-none"), fieldCount(head, "x-a"), fieldCount(head, "x-none")]).toEqual([null, 2, 0]);
});

test("each field of a name is told whole too", () => {
  const head = headOf("/", "X-A: 1, 2", "x-b: y", "X-a:", "x-a: z ");
  expect([fieldLines(head, "x-a"), fieldLines(head, "x-c")]).toEqual([["1, 2", "", "z"], null]);
});

test("an empty value is one, the only one and those between commas", () => {
  expect(["X:", "X: ,", "X: a,", "X: ,a"].map((line) => fieldList(headOf("/", line), "x"))).toEqual([
    [""],
    ["", ""],
    ["a", ""],
    ["", "a"],
  ]);
});

test("a name may hold what tokens may", () => {
  expect([fieldOf(headOf("/", "X_A^: 1"), "x_a^"), fieldOf(headOf("/", "X-A: 1"), "x\ra")]).toEqual(["1", null]);
});

test("a quoted string that never ends is one value, a backslash may be the last byte", () => {
  expect(fieldList(headOf("/", 'X: a, "b,c'), "x")).toEqual(["a", '"b,c']);
  expect(fieldList(headOf("/", 'X: "a\\'), "x")).toEqual(['"a\\']);
});

test("the last byte of a letter is no space around a value", () => {
  const voila = Buffer.from("voil\u00e0").toString("latin1");
  const head = headOf("/", `X-L: ${voila} , b`, `Cookie: a=${voila} ; b=1`);
  expect([fieldList(head, "x-l"), cookieOf(head, "a")]).toEqual([[voila, "b"], voila]);
});

test("cookies are found by their name, whatever stands around them; one may be empty", () => {
  const head = headOf("/", "Cookie: aa=1;a=2 ; b=", "Cookie: c=x=y; a=3");
  expect([cookieOf(head, "a"), cookieOf(head, "b"), cookieOf(head, "c"), cookieOf(head, "d")]).toEqual([
    "2",
    "",
    "x=y",
    null,
  ]);
  expect(fieldOf(head, "cookie")).toBe("aa=1;a=2 ; b=; c=x=y; a=3");
});

test("cookies of one name are all told, in whatever field they stand, with blanks around the name or none", () => {
  const head = headOf("/", "Cookie: a=1; b=2;\ta = 2 ;a", "Cookie: a=3; aa=4; A=5");
  expect([cookieList(head, "a"), cookieList(head, "b"), cookieList(head, "c")]).toEqual([["1", "2", "3"], ["2"], null]);
  expect(cookieOf(headOf("/", "Cookie: role =admin"), "role")).toBe("admin");
  // As HAProxy has it, which looks no further where a name and its sign alone would fill the field.
  for (const [sent, list] of [
    ["a=", null],
    ["a=1;a=", ["1"]],
    ["a=1; a=", ["1", ""]],
    ["a=;b=1", [""]],
  ] as const) {
    expect(cookieList(headOf("/", `Cookie: ${sent}`), "a")).toEqual(list as string[] | null);
    expect(cookieOf(headOf("/", `Cookie: ${sent}`), "a")).toBe(list?.[0] ?? "");
  }
});

test("parameters are percent-decoded to octets; what cannot be stays as it came", () => {
  const query = "a=1&b&a=2&%63=%C3%A9&bad=%zz&e==";
  expect(["a", "b", "c", "bad", "e", "none"].map((name) => parameterOf(query, name))).toEqual([
    "1",
    "",
    "\xc3\xa9",
    "%zz",
    "=",
    null,
  ]);
});

test("parameters of one name are all told", () => {
  const query = "a=1&b&%61=%32&a";
  expect([parameterList(query, "a"), parameterList(query, "b"), parameterList(query, "c")]).toEqual([
    ["1", "2", ""],
    [""],
    null,
  ]);
});
