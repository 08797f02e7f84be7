import { expect, test } from "bun:test";
import { proxyPlan, socks } from "../../test/playbook/proxies.ts";
import { get } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import { listenerCell } from "../memory/tally.ts";

test("one connection is one connection, whatever it turns out to speak", () => {
  const play = new Playbook(proxyPlan({ proxy: { socks: true } }));
  const count = (cell: number): number => play.totals.listener(0, cell);
  const [http, other] = [play.connect(), play.connect()];
  http.sends(get("/"));
  other.sends(socks.greeting(0));
  play.expectAmong("report 400 no_target", other.gets("\x05\x00"));
  expect([count(listenerCell.accepted), count(listenerCell.connections)]).toEqual([2, 2]);
  http.closes(false);
  other.closes(false);
  expect([count(listenerCell.accepted), count(listenerCell.connections)]).toEqual([2, 0]);
  play.expectNothingLeft();
});

test("a client that says nothing has the time of a head", () => {
  const play = new Playbook(proxyPlan({ proxy: { socks: true }, downstream: { headMs: 1_000 } }));
  const client = play.connect();
  play.pass(1_200);
  play.expect(client.is("destroyed"));
  play.expectNothingLeft();
});

test("rules of the connection are asked before anything is said", () => {
  const reject = { kind: "reject" } as const;
  const own = { name: "", slot: 0, mode: "enforce", place: "here", condition: null, effects: [], rules: [] } as const;
  const rules = { connection: [{ ...own, outcome: reject }], request: [], response: [], afterResponse: [] };
  const play = new Playbook(proxyPlan({ proxy: { socks: true }, listener: { rules } }));
  const client = play.connect();
  play.expect(client.is("destroyed"));
  expect(client.flow).toBeNull();
});
