// The four scenarios: who comes, for how long, and what is promised. k6 (proxy.js beside this) and the generator of our own
// (`npm run load`, bench/load) both read this file, so that what they do cannot drift apart. Plain data: nothing of k6 is known
// here. Users are k6's: each asks, reads the whole answer, waits, and asks again (a closed model: see docs/LOAD.md).

/**
 * Between an answer and the next request of a user. The documentation of GopherProxy does not say it; 500 users and its 4,200
 * requests a second leave 119 ms for each round, which is this and 19 ms for the answer.
 */
export const thinkSeconds = 0.1;

/** A request without a whole answer by then has failed; k6's own default. */
export const timeoutSeconds = 60;

/** Stages as k6's: each goes evenly from the users before it to its target. */
export const scenarios = {
  smoke: {
    title: "10 users",
    startUsers: 10,
    stages: [{ seconds: 30, target: 10 }],
    p95Ms: 35,
  },
  load: {
    title: "0 to 100, 300 and 500 users, 500 of them for three minutes",
    startUsers: 0,
    stages: [
      { seconds: 30, target: 100 },
      { seconds: 45, target: 300 },
      { seconds: 45, target: 500 },
      { seconds: 180, target: 500 },
      { seconds: 30, target: 0 },
    ],
    p95Ms: 35,
  },
  spike: {
    title: "10 users, 500 within five seconds, and 10 again",
    startUsers: 10,
    stages: [
      { seconds: 30, target: 10 },
      { seconds: 5, target: 500 },
      { seconds: 120, target: 500 },
      { seconds: 5, target: 10 },
      { seconds: 30, target: 10 },
    ],
    // Nothing is claimed of it; a crowd that comes at once may wait a little.
    p95Ms: 100,
  },
  sustained: {
    title: "200 users for five minutes",
    startUsers: 200,
    stages: [{ seconds: 300, target: 200 }],
    p95Ms: 35,
  },
};

/** What the limiter refuses is an answer as documented, no failure; with the limiter off there must be none of it. */
export const expectedStatuses = [200, 429];

/** By name of k6's metric. The time is that of requests that were served: a refusal is quick, and would flatter it. */
export function thresholdsOf(name, isLimited) {
  return {
    checks: ["rate>0.99"],
    http_req_failed: ["rate<0.01"],
    "http_req_duration{status:200}": [`p(95)<${scenarios[name].p95Ms}`],
    ...(isLimited ? {} : { rate_limited: ["rate<0.001"] }),
  };
}
