// Ways past an ACL: what is said twice, in another order or in disguise is seen by Sluice as HAProxy itself sees it. Every condition sets a
// field of its own name where it holds, at the request or at the answer, and what servers and clients see must be the same.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout } from "bun:test";
import { type Handler, ok } from "./harness/origin.ts";
import { find, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { Twins } from "./harness/twins.ts";

setDefaultTimeout(60_000);
const test = testWith(["haproxy"]);

/** What of the request is HAProxy's doing: fields that begin with c. The answer has the fields that the request asks for. */
const echo: Handler = ({ fields }) => {
  const seen = [...fields]
    .filter(([name]) => /^c\d+$/.test(name))
    .map(([name, values]) => `${name}: ${values.join("|")}`);
  return ok(seen.sort().join("\n"), ...(fields.get("x-say")?.[0]?.split("|") ?? []));
};

interface Group {
  /** Told as formats, at the request. */
  readonly formats?: readonly string[];
  readonly conditions?: readonly string[];
  /** Conditions of the answer. */
  readonly answers?: readonly string[];
  /** Fields, or a target. */
  readonly requests: readonly (readonly string[])[];
}

const groups: Readonly<Record<string, Group>> = {
  cookies: {
    formats: ["%[cook(s)]", "%[req.cook_cnt(s)]"],
    conditions: [
      "{ cook(s) abc }",
      "{ cook(s) -m found }",
      "{ cook_beg(s) a }",
      "{ cook_val(s) 5 }",
      "{ cook_cnt(s) 2 }",
    ],
    requests: [
      ["Cookie: s=abc"],
      ["Cookie: s=5; s=abc"],
      ["Cookie: s=abc; s=5"],
      ["Cookie: s=5", "Cookie: t=1; s=abc"],
      ["Cookie: t=1; s =abc; x"],
      ["Cookie: t=1;\ts\t= abc ;s= 5"],
      ["Cookie: S=abc; xs=abc; $s=abc; s"],
      ["Cookie: s="],
      ["Cookie: s=abc", "Cookie: s="],
      ["Cookie: s=abc;s="],
      ["Cookie: s=abc; s="],
      ["Cookie: s=; s=abc"],
      ["Cookie: s=;"],
    ],
  },
  parameters: {
    formats: ["%[urlp(a)]", "%[urlp(a),url_dec]"],
    conditions: [
      "{ urlp(a) 1 }",
      "{ urlp(a) 2 }",
      "{ urlp(a),url_dec x/y }",
      "{ urlp_val(a) gt 1 }",
      "{ urlp(a) -m found }",
    ],
    requests: [
      "?a=1&a=2",
      "?b=1;a=2",
      "?b=?a=2",
      "?a=1?a=2",
      "?a=1&a=x%2Fy",
      "?x;a=2",
      "?%61=2",
      "?a=x%2Fy&%61=1",
      "?b;a=x%2fy",
      "?A=1&xa=2&a",
    ].map((query) => [`GET /${query} HTTP/1.1`]),
  },
  fields: {
    formats: ["%[req.fhdr(x)]", "%[req.fhdr(x,1)]", "%[hdr(x)]"],
    conditions: [
      "{ req.fhdr(x) a }",
      "{ req.fhdr(x) a,b }",
      "{ req.fhdr(x) -m beg b }",
      "{ req.fhdr(x,2) a }",
      "{ hdr(x) a }",
    ],
    requests: [
      ["X: a"],
      ["X: b", "X: a"],
      ["X: a", "X: b"],
      ["X: a,b"],
      ["X: b,a", "X:"],
      ["X: c", "x: a,b", "X: d"],
      [],
    ],
  },
  hosts: {
    formats: ["%[hdr(host),host_only]", "%[hdr(host),port_only]", "%[req.body_size]", "<%[hdr_val(n),bool]>"],
    conditions: ["{ hdr(host),host_only a.test }", "{ hdr(host),port_only 80 }", "{ req.body_size lt 1 }"],
    requests: [["Host: a.test"], ["Host: A.Test:80"], ["Host: [::A]:80"], ["Host: A.test:"], ["N: 0"], ["N: 2"]],
  },
  answers: {
    answers: [
      "{ res.cook(s) 1 }",
      "{ res.cook(s) 2 }",
      "{ res.cook(s) -m found }",
      "{ res.fhdr(y) a }",
      "{ res.fhdr(y) -m beg b }",
      "{ res.hdr(y) a }",
    ],
    requests: [
      "Set-Cookie: s=1",
      "Set-Cookie: s=1; HttpOnly|Set-Cookie: s=2; Path=/",
      "Set-Cookie: t=1; s=2",
      "Set-Cookie: t=1; Path=/|Set-Cookie: s = 2",
      "Y: a",
      "Y: b|Y: a",
      "Y: b,a",
    ].map((said) => [`X-Say: ${said}`]),
  },
};

function frontend(name: string, { formats = [], conditions = [], answers = [] }: Group): string {
  return [
    `frontend ${name}`,
    `bind 127.0.0.1:{PORT:${name}}`,
    ...conditions.map((condition, index) => `http-request set-header c${index} 1 if ${condition}`),
    ...formats.map((format, index) => `http-request set-header c9${index} "${format}"`),
    ...answers.map((condition, index) => `http-response set-header c${index} 1 if ${condition}`),
    "default_backend app",
  ].join("\n  ");
}

const config = `
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
${Object.entries(groups)
  .map(([name, group]) => frontend(name, group))
  .join("\n")}
backend app
  server app {ORIGIN:app}
`;

describe("what is said twice or in disguise", () => {
  const room = new Room();
  let twins: Twins;
  beforeAll(async () => {
    if (find("haproxy") !== null) twins = await Twins.start(room, config, { origins: { app: echo } });
  });
  afterAll(() => room[Symbol.asyncDispose]());

  for (const [port, { answers = [], requests }] of Object.entries(groups))
    test(port, async () => {
      const seen = { haproxy: [] as unknown[], sluice: [] as unknown[] };
      for (const said of requests) {
        const lines = said[0]?.startsWith("GET ") ? said : ["GET / HTTP/1.1", ...said];
        const [line, ...fields] = lines;
        const host = fields.some((field) => field.startsWith("Host:")) ? [] : ["Host: x.test"];
        const both = await twins.both(`${[line, ...host, ...fields].join("\r\n")}\r\n\r\n`, { port });
        for (const name of ["haproxy", "sluice"] as const) {
          const { status, body, fields: answered } = both[name];
          const held = answers.filter((_, index) => `c${index}` in answered);
          seen[name].push({ said, status, reached: body.split("\n"), held });
        }
      }
      expect(seen.sluice).toEqual(seen.haproxy);
    });
});
