import { expect, test } from "bun:test";
import { cached, date } from "../../test/playbook/caching.ts";
import { rule, rules } from "../../test/playbook/rules.ts";
import { get, ok } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";

const set = (name: string) => rule(null, null, { does: [{ kind: "field", operation: "set", name, value: "1" }] });

test("a server's response takes the steps of pool and listener; one that is shown from the cache those of the listener only", () => {
  const ofPool = { rules: rules({ response: [set("X-Pool")] }) };
  const ofListener = { rules: rules({ response: [set("X-Listener")] }) };
  const seen: string[] = [];
  const play = new Playbook(cached({ isTold: false }, { listener: ofListener, pool: ofPool }), ({ visit }) =>
    seen.push(visit === null ? "no visit" : "visit"),
  );
  const client = play.connect();
  client.sends(get("/"));
  play.accept().sends(ok("x", date, "Cache-Control: max-age=9"));
  play.expectAmong(client.gets(ok("x", date, "Cache-Control: max-age=9", "X-Pool: 1", "X-Listener: 1")));
  client.sends(get("/"));
  play.expect(
    client.gets(ok("x", date, "Cache-Control: max-age=9", "X-Pool: 1", "Age: 0", "X-Listener: 1")),
    "report 200",
  );
  expect(seen).toEqual(["visit", "visit"]);
});
