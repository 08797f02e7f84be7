// Beside HAProxy 2.6: a client that asks for TWO.test is matched by `TWO.test` and not by `two.test`, one that asks for two.test the
// other way round. Here both ask for two.test.

import { expect, test } from "bun:test";
import { ruleScene } from "./rules.fixture.ts";

const patterns = (matter: string, advice = "-i matches both"): string =>
  `is approximated: names of SNI are in lower case here, so that ${matter}; in HAProxy it is for clients that send the same capitals; ${advice}`;

function tcp(...lines: readonly string[]): readonly string[] {
  return ruleScene(["  tcp-request inspect-delay 1s", ...lines.map((line) => `  ${line}`)].join("\n"), {
    mode: "tcp",
    more: "backend two.test\n  mode tcp\nbackend Three.test\n  mode tcp\nbackend at_Four\n  mode tcp\n",
  }).told.filter((line) => line.includes("names of SNI"));
}

const rejected = (condition: string): readonly string[] => tcp(`tcp-request content reject if { ${condition} }`);

test("a pattern with capitals and without -i matches nobody, and that is told where it stands", () => {
  expect(rejected("req.ssl_sni TWO.test")).toEqual([`warning 2:6 ${patterns("this matches nobody")}`]);
  expect(rejected("req.ssl_sni one.test TWO.test")).toEqual([`warning 2:7 ${patterns("this matches nobody")}`]);
  for (const told of ["-m beg TWO", "-m end .Test", "-m sub W", "-m dom Two", "-m reg ^[A-Z]+\\.test$", "-m reg ^Two"])
    expect([told, rejected(`req.ssl_sni ${told}`).length]).toEqual([told, 1]);
  for (const named of ["ssl_fc_sni_end .Test", "ssl_fc_sni_reg ^T", "ssl_fc_sni T", "req_ssl_sni,field(1,.) TWO"])
    expect([named, rejected(named).length]).toEqual([named, 1]);
});

test("what is the same in capitals is not told", () => {
  for (const condition of [
    "req.ssl_sni two.test",
    "req.ssl_sni -i TWO.test",
    "req.ssl_sni -m reg -i ^TWO",
    "req.ssl_sni -m reg (?i)^TWO",
    "req.ssl_sni -m reg ^[a-zA-Z0-9.-]+\\.test$",
    "req.ssl_sni -m reg ^\\D[aA][[:alpha:]]\\S+$",
    "req.ssl_sni -m len 8",
    "req.ssl_sni -m found",
    "req.ssl_sni,lower TWO.test",
    "req.ssl_sni,upper TWO.TEST",
    "req.ssl_sni,concat(/A) two.test/A",
    "str(TWO) TWO",
  ])
    expect([condition, rejected(condition)]).toEqual([condition, []]);
});

test("a variable that may hold a name is no way around it", () => {
  const set = "tcp-request content set-var(sess.name) req.ssl_sni";
  const compared = "tcp-request content reject if { var(sess.name) -m str TWO.test }";
  expect(tcp(set, compared)).toEqual([`warning 3:8 ${patterns("this matches nobody")}`]);
  expect(tcp("tcp-request content set-var(sess.name) str(TWO.test)", compared)).toEqual([]);
  expect(tcp(`${set},upper`, compared)).toEqual([]);
});

test("a backend with capitals is one that no name leads to, but for those that are written", () => {
  expect(tcp("use_backend %[req.ssl_sni]")).toEqual([
    `warning 2:1 ${patterns("nobody is led to Three.test", "name the backend in lower case")}`,
  ]);
  expect(tcp("use_backend %[req.ssl_sni,lower]")).toEqual([]);
  expect(tcp("use_backend at_F%[req.ssl_sni]")).toEqual([]);
});
