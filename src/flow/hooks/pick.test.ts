import { expect, test } from "bun:test";
import { HookPlay, later } from "../../../test/playbook/hooks.ts";
import { get } from "../../../test/playbook/words.ts";
import type { PickServer, PoolHooks } from "../../config/hooktypes.ts";

const options = { servers: ["one", "two", "three"] };
const dialed = (pick: PoolHooks["pick"], prepare: (play: HookPlay) => void = () => {}): string[] => {
  const play = new HookPlay({ pools: { app: { pick } } }, options);
  prepare(play);
  play.connect().sends(get("/"));
  return [...play.take(), ...play.complaints];
};

test("a hook chooses by the server, its index or its name", () => {
  expect(dialed((servers) => servers[2])).toEqual(["dial three:80"]);
  expect(dialed(() => 1)).toEqual(["dial two:80"]);
  expect(dialed(() => "three:80")).toEqual(["dial three:80"]);
  expect(dialed((servers, { path }) => servers.filter(({ up }) => up && path === "/")[1])).toEqual(["dial two:80"]);
});

test("a hook sees servers as they are, and has no server that is down", () => {
  const seen: string[] = [];
  const pick = (servers: readonly PickServer[]): number => {
    seen.push(...servers.map(({ name, up, weight, active, backup }) => `${name} ${up} ${weight} ${active} ${backup}`));
    return 1;
  };
  expect(dialed(pick, (play) => play.setServer(1, false))).toEqual(["dial one:80"]);
  expect(seen).toEqual(["one:80 true 1 0 false", "two:80 false 1 0 false", "three:80 true 1 0 false"]);
});

test("a hook that says nothing, throws, is late or answers nonsense leaves it to the policy", () => {
  expect(dialed(() => undefined)).toEqual(["dial one:80"]);
  expect(dialed(() => 7)[0]).toBe("dial one:80");
  expect(dialed(() => later as never)[1]).toContain("pick of pool app answered what makes no sense");
  const slow = dialed(
    () => 1,
    (play) => {
      play.slowMs = 2000;
    },
  );
  expect(slow).toEqual(["dial one:80", expect.stringContaining("pick of pool app took longer than its budget")]);
  const thrown = dialed(() => {
    throw new Error("x");
  });
  expect(thrown[0]).toBe("dial one:80");
  expect(thrown[1]).toContain("pick of pool app failed: Error: x");
});

test("a hook is asked again for another try, and sees which was tried", () => {
  const play = new HookPlay({ pools: { app: { pick: (servers) => servers.find(({ up }) => up) } } }, options);
  play.connect().sends(get("/"));
  play.expect("dial one:80");
  play.refuse();
  play.expect("dial two:80");
});
