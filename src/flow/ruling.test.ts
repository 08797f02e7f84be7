import { expect, test } from "bun:test";
import type { PlanOptions } from "../../test/playbook/plan.ts";
import { deny, field, rewrite, rule, rules } from "../../test/playbook/rules.ts";
import { get } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import type { RulePlan } from "../config/plan.ts";
import { routeCell, serverCell } from "../memory/tally.ts";

function judged(
  phases: { request?: readonly RulePlan[]; response?: readonly RulePlan[] },
  options: PlanOptions = {},
): Playbook {
  return new Playbook({ ...options, listener: { rules: rules(phases), ...options.listener } });
}

test("a response is changed before it goes on; the pool's rules come before the listener's", () => {
  const play = judged(
    { response: [rule(null, null, { does: [field("add", "X-Seen", "{response.headers['x-pool']}")] })] },
    {
      own: {
        app: {
          rules: rules({
            response: [
              rule("response.status == 200", null, {
                does: [field("set", "X-Pool", "{response.server}"), field("remove", "Server")],
              }),
            ],
          }),
        },
      },
    },
  );
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  play.take();
  server.sends("HTTP/1.1 200 Fine\r\nServer: x\r\nContent-Length: 2\r\n\r\nok");
  play.expect(
    client.gets("HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nX-Pool: one:80\r\nX-Seen: one:80\r\n\r\nok"),
    "report 200",
  );
  expect(play.totals.server(0, serverCell.idle)).toBe(1);
});

test("a response is replaced, and its server's connection let go", () => {
  const play = judged({ response: [rule("response.status == 500", deny(502), { name: "mask" })] });
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  play.take();
  server.sends("HTTP/1.1 500 Oops\r\nContent-Length: 6\r\n\r\nsecret");
  const [reset, said, report] = play.take();
  expect([reset, report]).toEqual([server.is("reset"), "report 502 denied"]);
  expect(said).toContain("502 Bad Gateway");
  expect(said).not.toContain("secret");
  expect([play.totals.server(0, serverCell.status5xx), play.totals.route(0, routeCell.status5xx)]).toEqual([1, 1]);
  client.sends(get("/"));
  play.expect("dial one:80");
});

test("a status is rewritten for the client, and counted as the server said it; not to or from one without a body", () => {
  for (const [from, to, line] of [
    [200, "404", "404 Not Found"],
    [204, "200", "204 X"],
    [200, "204", "200 X"],
    [200, "bad", "200 X"],
  ] as const) {
    const play = judged({ response: [rule(null, null, { does: [rewrite("status", to)] })] });
    const client = play.connect();
    client.sends(get("/"));
    const server = play.accept();
    play.take();
    server.sends(`HTTP/1.1 ${from} X\r\n${from === 204 ? "" : "Content-Length: 0\r\n"}\r\n`);
    const [said, report] = play.take();
    expect(said).toStartWith(`${client.name} gets HTTP/1.1 ${line}\\r\\n`);
    expect(report).toBe(`report ${line.slice(0, 3)}`);
    expect(play.totals.server(0, serverCell.status2xx)).toBe(1);
  }
});

test("a response that is denied is counted for the route as it was answered, and not as cut short", () => {
  const play = judged({ response: [rule(null, deny(404))] });
  play.connect().sends(get("/"));
  play.accept().sends("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  play.expectAmong("report 404 denied");
  const cells = [routeCell.status4xx, routeCell.aborted, routeCell.dropped];
  expect(cells.map((cell) => play.totals.route(0, cell))).toEqual([1, 0, 0]);
  expect(play.totals.server(0, serverCell.status2xx)).toBe(1);
});

test("a response is answered by closing, too", () => {
  for (const [kind, said] of [
    ["reject", "destroyed"],
    ["reset", "reset"],
    ["drop", "dropped"],
  ] as const) {
    const play = judged({ response: [rule(null, { kind })] });
    const client = play.connect();
    client.sends(get("/"));
    const server = play.accept();
    play.take();
    server.sends("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    play.expect(server.is("reset"), "report 0 rejected", `${client.name} ${said}`);
    play.expectNothingLeft();
  }
});
