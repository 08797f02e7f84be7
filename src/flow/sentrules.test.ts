import { expect, test } from "bun:test";
import type { PlanOptions } from "../../test/playbook/plan.ts";
import { deny, field, page, rewrite, rule, rules } from "../../test/playbook/rules.ts";
import { get } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import type { RulePlan } from "../config/plan.ts";

const secure: RulePlan = rule(null, null, { does: [field("set", "X-Safe", "yes")] });

function sentBy(
  afterResponse: readonly RulePlan[],
  options: PlanOptions = {},
  before: readonly RulePlan[] = [],
): Playbook {
  return new Playbook({
    ...options,
    listener: { rules: rules({ request: before, afterResponse }), ...options.listener },
  });
}

test("every answer of ours has what rules of what is sent give: a denial, a page, an error, a mistake of the client", () => {
  const play = sentBy([secure], { listener: { errors: [page(404, { body: "no {path}", isTemplate: true })] } }, []);
  play.setServer(0, false);
  for (const text of [get("/"), "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"]) {
    play.connect().sends(text);
    expect(play.take()[0]).toContain("\\r\\nX-Safe: yes\\r\\n");
  }
  const denying = sentBy([secure], {}, [rule("path == '/no'", deny(404)), rule(null, deny(429))]);
  for (const [path, status] of [
    ["/no", 404],
    ["/", 429],
  ] as const) {
    denying.connect().sends(get(path));
    const [said, report] = denying.take();
    expect(said).toContain(`HTTP/1.1 ${status} `);
    expect(said).toContain("\\r\\nX-Safe: yes\\r\\n");
    expect(report).toStartWith(`report ${status}`);
  }
});

test("a server's response has it too: what the rules of its phase have made of it is what these see, the pool's before the listener's", () => {
  const last = rule("response.status == 404", null, { does: [field("add", "X-Seen", "{response.headers['x-pool']}")] });
  const play = new Playbook({
    listener: {
      rules: rules({ response: [rule(null, null, { does: [rewrite("status", "404")] })], afterResponse: [last] }),
    },
    own: {
      app: {
        rules: rules({ afterResponse: [rule(null, null, { does: [field("set", "X-Pool", "{response.server}")] })] }),
      },
    },
  });
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  play.take();
  server.sends("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  play.expect(
    client.gets("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nX-Pool: one:80\r\nX-Seen: one:80\r\n\r\nok"),
    "report 404",
  );
});

test("of an answer of ours its status and fields are known, and no server; the connection goes on as it did", () => {
  const rule1 = rule("response.status == 403 && !has(response.server) && !has(response.duration)", null, {
    does: [
      field("set", "X-Own", "{response.headers['content-type']}"),
      field("remove", "Cache-Control"),
      field("set", "Content-Length", "7"),
    ],
  });
  const play = sentBy([rule1], {}, [rule("path == '/no'", deny())]);
  const client = play.connect();
  client.sends(get("/no"));
  const said = play.take()[0]!;
  expect(said).toContain("\\r\\nX-Own: text/plain; charset=utf-8\\r\\n");
  expect(said).not.toContain("Cache-Control");
  expect(said).toContain("\\r\\nContent-Length: 14\\r\\n");
  expect(said).toEndWith("\\r\\n\\r\\n403 Forbidden\\n");
  client.sends(get("/"));
  play.expect("dial one:80");
});

test("what a rule has changed of a request that is then denied is what these see; what it has changed of a response that is denied is void", () => {
  const seen = rule("has(headers['x-part'])", null, { does: [field("set", "X-Part", "{headers['x-part']}")] });
  const early = sentBy([seen], {}, [rule(null, null, { does: [field("set", "X-Part", "api")] }), rule(null, deny())]);
  early.connect().sends(get("/"));
  expect(early.take()[0]).toContain("\\r\\nX-Part: api\\r\\n");
  const late = new Playbook({
    listener: {
      rules: rules({
        response: [rule(null, null, { does: [field("set", "X-Secret", "1")] }), rule(null, deny(502))],
        afterResponse: [secure],
      }),
    },
  });
  late.connect().sends(get("/"));
  late.accept().sends("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  const said = late.take().find((line) => line.includes("502"))!;
  expect(said).toContain("X-Safe: yes");
  expect(said).not.toContain("X-Secret");
});

test("a status is rewritten where the message stays framed as it is", () => {
  for (const [to, line] of [
    ["503", "503 Service Unavailable"],
    ["204", "403 Forbidden"],
  ] as const) {
    const seen = rule(null, null, { does: [field("set", "X-Status", "{response.status}")] });
    const play = sentBy([rule(null, null, { does: [rewrite("status", to)] }), seen], {}, [rule(null, deny())]);
    play.connect().sends(get("/"));
    const [said, report] = play.take();
    expect(said).toContain(`HTTP/1.1 ${line}\\r\\n`);
    expect(said).toContain(`\\r\\nX-Status: ${line.slice(0, 3)}\\r\\n`);
    expect(report).toStartWith(`report ${line.slice(0, 3)}`);
  }
});

test("an answer that rules cannot be put on goes as it is, whole", () => {
  const play = sentBy([rule(null, null, { does: [field("set", "X-Long", "x".repeat(40_000))] })], {}, [
    rule(null, deny()),
  ]);
  const client = play.connect();
  client.sends(get("/"));
  const said = play.take()[0]!;
  expect(said).not.toContain("X-Long");
  expect(said).toStartWith(`${client.name} gets HTTP/1.1 403 Forbidden\\r\\nDate: `);
  expect(said).toEndWith("\\r\\n\\r\\n403 Forbidden\\n");
});

test("accept ends its list and no other, and what decided on the request is still told", () => {
  const accept = rule(null, { kind: "accept" }, { name: "enough" });
  const play = new Playbook({
    listener: { rules: rules({ request: [rule(null, deny(), { name: "no" })], afterResponse: [accept, secure] }) },
    own: { app: { rules: rules({ afterResponse: [rule(null, null, { does: [field("set", "X-Pool", "1")] })] }) } },
  });
  play.connect().sends(get("/"));
  const [said] = play.take();
  expect(said).toContain("X-Pool: 1");
  expect(said).not.toContain("X-Safe");
});
