// Plays the public suite of HTTP cache tests (npm: http-cache-tests) against a proxy, as a process of node: the suite is written for
// node-fetch on node, which sends fields as it is told to. Arguments: the proxy's URL, then the ids of the tests to play, none for all.
// Prints one JSON array: what each test is, and what the suite says of it. The suite's own tests, client and server are used as they
// are in its package; nothing of them is here.

import { createRequire } from "node:module";
import { getResults, runTests } from "http-cache-tests/client/runner.mjs";
import suites from "http-cache-tests/tests/index.mjs";
import surrogate from "http-cache-tests/tests/surrogate-control.mjs";

const fetch = createRequire(import.meta.resolve("http-cache-tests/client/runner.mjs"))("node-fetch");
const [base, ...ids] = process.argv.slice(2);

const wanted = [...suites, surrogate]
  .map((suite) => ({ ...suite, tests: suite.tests.filter(({ id }) => ids.length === 0 || ids.includes(id)) }))
  .filter(({ tests }) => tests.length > 0);
await runTests(wanted, fetch, false, base);

const results = getResults();
const played = wanted.flatMap((suite) =>
  suite.tests
    .filter((test) => test.browser_only !== true)
    .map(({ id, kind = "required", depends_on = [] }) => ({
      ...{ id, kind, group: suite.id, needs: depends_on, result: results[id] ?? ["Missing", "it was not played"] },
    })),
);
console.log(JSON.stringify(played));
