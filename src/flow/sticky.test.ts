import { expect, test } from "bun:test";
import type { StickyPlan } from "../config/plan.ts";
import { Head } from "../wire/http1/head.ts";
import { parseRequest } from "../wire/http1/reader.ts";
import { cookieValue, stickyCookie, stickyField } from "./sticky.ts";

const plan: StickyPlan = {
  cookie: "srv",
  isPrefix: false,
  maxAgeS: null,
  secure: false,
  httpOnly: false,
  sameSite: null,
  path: "/",
};

function headWith(...cookies: string[]): Head {
  const head = new Head(16);
  const lines = cookies.map((value) => `Cookie: ${value}\r\n`).join("");
  const bytes = new TextEncoder().encode(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`);
  expect(parseRequest(head, bytes, 0, bytes.length, 65_536)).toBe(bytes.length);
  return head;
}

const valueIn = (head: Head): string => stickyCookie({ head, asked: head }, plan);

test("the cookie is found among others, first or last, in any Cookie field", () => {
  expect(valueIn(headWith("srv=a1"))).toBe("a1");
  expect(valueIn(headWith("x=1; srv=a2; y=2"))).toBe("a2");
  expect(valueIn(headWith("x=1;srv=a3"))).toBe("a3");
  expect(valueIn(headWith("x=1", "y=2; srv=a4"))).toBe("a4");
});

test("a name that only begins or ends like ours is another cookie", () => {
  expect(valueIn(headWith("srvx=1; xsrv=2; srv2=3; SRV=4"))).toBe("");
  expect(valueIn(headWith(";;; =; srv; ="))).toBe("");
});

test("of two cookies with our name the first counts, and a value too long is none", () => {
  expect(valueIn(headWith("srv=one; srv=two"))).toBe("one");
  expect(valueIn(headWith(`srv=${"v".repeat(520)}`))).toBe("v".repeat(520));
  expect(valueIn(headWith(`srv=${"v".repeat(521)}`))).toBe("");
  expect(cookieValue(headWith("srv=a=b"), "srv", 64)).toBe("a=b");
});

test("the field that names a server holds the attributes that are asked for", () => {
  expect(stickyField(plan, "a1")).toBe("Set-Cookie: srv=a1; Path=/\r\n");
  const full: StickyPlan = {
    cookie: "s",
    isPrefix: false,
    maxAgeS: 60,
    secure: true,
    httpOnly: true,
    sameSite: "Lax",
    path: "/app",
  };
  expect(stickyField(full, "b")).toBe("Set-Cookie: s=b; Path=/app; Max-Age=60; Secure; HttpOnly; SameSite=Lax\r\n");
});
