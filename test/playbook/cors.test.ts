// Requests of other origins: preflights are answered here, and every answer says who may read it.

import { expect, test } from "bun:test";
import type { CorsPlan } from "../../src/config/plan.ts";
import { Playbook } from "../playbook.ts";
import { rule, rules } from "./rules.ts";
import { get, ok } from "./words.ts";

const cors: CorsPlan = {
  origins: ["https://app.test"],
  methods: ["GET", "PUT"],
  headers: ["*"],
  exposed: ["X-Total"],
  isWithCredentials: true,
  maxAgeS: 60,
};

const allowed = "Access-Control-Allow-Origin: https://app.test\\r\\nAccess-Control-Allow-Credentials: true\\r\\n";

function preflight(origin: string, ...fields: string[]): string {
  const all = [`Origin: ${origin}`, "Access-Control-Request-Method: PUT", ...fields];
  return `OPTIONS /x HTTP/1.1\r\nHost: a\r\n${all.map((line) => `${line}\r\n`).join("")}\r\n`;
}

test("a preflight is answered without a server, for those who may and for those who may not", () => {
  const play = new Playbook({ listener: { cors } });
  const client = play.connect();
  client.sends(preflight("https://app.test", "Access-Control-Request-Headers: x-a"));
  const [said, report] = play.take();
  expect(said).toContain("HTTP/1.1 204 No Content\\r\\n");
  expect(said).toContain(
    `${allowed}Access-Control-Allow-Methods: GET, PUT\\r\\nAccess-Control-Allow-Headers: x-a\\r\\nAccess-Control-Max-Age: 60\\r\\nVary: Origin,`,
  );
  expect([report, play.dialing]).toEqual(["report 204", 0]);
  client.sends(preflight("https://evil.test"));
  const refused = play.take()[0]!;
  expect(refused).toContain("204 No Content");
  expect(refused).not.toContain("Access-Control-Allow");
  expect(refused).toContain("Vary: Origin, ");
});

test("another OPTIONS goes to the server, and so does all without a policy", () => {
  const play = new Playbook({ listener: { cors } });
  play.connect().sends("OPTIONS * HTTP/1.1\r\nHost: a\r\nOrigin: https://app.test\r\n\r\n");
  expect(play.dialing).toBe(1);
  const plain = new Playbook();
  plain.connect().sends(preflight("https://app.test"));
  expect(plain.dialing).toBe(1);
});

test("a response says who may read it, in place of what its server says", () => {
  const play = new Playbook({ listener: { cors } });
  const client = play.connect();
  client.sends(get("/", "Origin: https://app.test"));
  play
    .accept()
    .sends(
      "HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\nVary: Cookie\r\nAccess-Control-Max-Age: 9\r\nContent-Length: 2\r\n\r\nok",
    );
  play.expectAmong(
    client.gets(
      "HTTP/1.1 200 OK\r\nVary: Cookie\r\nContent-Length: 2\r\nAccess-Control-Allow-Origin: https://app.test\r\nAccess-Control-Allow-Credentials: true\r\nAccess-Control-Expose-Headers: X-Total\r\nVary: Origin\r\n\r\nok",
    ),
  );
});

test("who may not, or is of no origin, is told so by nothing, and caches are told of the difference", () => {
  const play = new Playbook({ listener: { cors } });
  const client = play.connect();
  client.sends(get("/", "Origin: https://evil.test"));
  const server = play.accept();
  server.sends("HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 2\r\n\r\nok");
  play.expectAmong(client.gets("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nVary: Origin\r\n\r\nok"));
  client.sends(get("/"));
  server.sends("HTTP/1.1 200 OK\r\nVary: accept, origin\r\nContent-Length: 2\r\n\r\nok");
  play.expectAmong(client.gets("HTTP/1.1 200 OK\r\nVary: accept, origin\r\nContent-Length: 2\r\n\r\nok"));
});

test("what is for everybody says so to whoever asks from elsewhere, and nothing of Vary", () => {
  const everybody: CorsPlan = { ...cors, origins: ["*"], isWithCredentials: false, exposed: [] };
  const play = new Playbook({ listener: { cors: everybody } });
  const client = play.connect();
  client.sends(get("/", "Origin: https://any.test"));
  const server = play.accept();
  server.sends(ok("ok"));
  play.expectAmong(client.gets("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nAccess-Control-Allow-Origin: *\r\n\r\nok"));
  client.sends(get("/"));
  server.sends(ok("ok"));
  play.expectAmong(client.gets(ok("ok")));
});

test("our own answers can be read too: of rules and of faults", () => {
  const play = new Playbook({
    listener: {
      cors,
      rules: rules({
        request: [
          rule("path == '/no'", {
            kind: "reply",
            reply: {
              status: 403,
              reason: "",
              fields: [{ name: "Access-Control-Allow-Origin", value: "*" }],
              body: null,
              isTemplate: false,
              retryAfterS: 0,
            },
            isDenial: true,
          }),
        ],
      }),
    },
  });
  const client = play.connect();
  client.sends(get("/no", "Origin: https://app.test"));
  const denied = play.take()[0]!;
  expect(denied).toContain(allowed);
  expect(denied.match(/Allow-Origin/g)).toHaveLength(1);
  client.sends(get("/", "Origin: https://app.test"));
  play.refuse();
  const said = play.take().join("\n");
  expect(said).toContain("502");
  expect(said).toContain(allowed);
});
