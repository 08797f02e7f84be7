// One hook, or several, tried outside of a proxy: each in a config made for it, with one listener and one pool whose server answers as
// the test says. So what a hook does here it does there; what the server got, and what the client, is told.

import type { Hooks, PoolHooks } from "../config/hooktypes.ts";
import { TestProxy } from "./proxy.ts";
import { subjectOf } from "./subject.ts";
import type { HookOutcome, HookWorld, TestRequest } from "./types.ts";

export async function testHook(hooks: PoolHooks, request: TestRequest, world: HookWorld = {}): Promise<HookOutcome> {
  const { servers = ["one:80"], pools = [], budget = "1s", now } = world;
  const { pick, transformResponse, transformRequest, ...others } = hooks;
  const own: Hooks & Pick<PoolHooks, "pick"> = { ...(pick === undefined ? {} : { pick }) };
  const isAnswered = { by: "" };
  const config = {
    pools: {
      app: { servers: [...servers], ...own, ...(transformResponse === undefined ? {} : { transformResponse }) },
      ...Object.fromEntries(pools.map((name) => [name, { servers: [`${name}:80`] }])),
    },
    listeners: {
      web: {
        listen: ":80",
        use: "app",
        ...watched(others, isAnswered),
        ...(transformRequest === undefined ? {} : { transformRequest }),
        hooks: { budget, use: [...pools] },
      },
    },
  };
  const down = Object.fromEntries((world.down ?? []).map((name) => [name, { down: true }]));
  const proxy = await TestProxy.open(await subjectOf(config), {
    servers: { ...down, "*": { ...world.response, fails: world.fails } },
    ...(now === undefined ? {} : { now }),
  });
  const answer = await proxy.request(request);
  const { status, headers, body, pool, server, fault, complaints, calls } = answer;
  const isReplied = isAnswered.by !== "" && !fault.startsWith("hook_");
  return { status, headers, body, isReplied, request: calls.at(-1) ?? null, pool, server, fault, complaints };
}

/** Notes which of them has answered. */
function watched(hooks: Hooks, isAnswered: { by: string }): Hooks {
  const entries = Object.entries(hooks).filter(([, hook]) => typeof hook === "function");
  return Object.fromEntries(
    entries.map(([name, hook]) => [
      name,
      (...given: never[]) => {
        const note = (answer: unknown): unknown => {
          if (answer !== undefined && answer !== null) isAnswered.by = name;
          return answer;
        };
        const answer = (hook as (...all: never[]) => unknown)(...given); // As it would be called.
        return answer instanceof Promise ? answer.then(note) : note(answer);
      },
    ]),
  );
}
