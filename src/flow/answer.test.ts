import { expect, test } from "bun:test";
import type { PlanOptions } from "../../test/playbook/plan.ts";
import { deny, page, rule, rules } from "../../test/playbook/rules.ts";
import { get } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";

test("answers of our own are the pages of the pool, then the listener's", () => {
  const options: PlanOptions = {
    listener: {
      rules: rules({ request: [rule("path == '/no'", deny())] }),
      errors: [
        page(403, { body: "no {path}", isTemplate: true }),
        page(503, { body: "listener" }),
        page(400, { body: "bad" }),
      ],
    },
    pool: { errors: [page(503, { body: "pool", retryAfterS: -1 })] },
  };
  const play = new Playbook(options);
  play.setServer(0, false);
  const client = play.connect();
  const bodies: string[] = [];
  for (const text of [get("/no"), get("/"), "nonsense\r\n\r\n"]) {
    client.sends(text);
    const said = play.take();
    bodies.push(said[0]!.slice(said[0]!.indexOf("\\r\\n\\r\\n") + 8));
    if (text === get("/")) expect(said[0]).toContain("Retry-After: 5");
  }
  expect(bodies).toEqual(["no /no", "pool", "bad"]);
});

test("a page for a request that never became whole knows nothing of one", () => {
  const errors = [page(408, { body: "{has(method) ? method : 'none'}", isTemplate: true })];
  const play = new Playbook({ listener: { errors } });
  const former = play.connect();
  former.sends(get("/former"));
  former.closes();
  const client = play.connect();
  client.sends("GET /x HT");
  play.take();
  play.pass(10_100);
  expect(play.take()[0]).toEndWith("\\r\\n\\r\\nnone");
});
