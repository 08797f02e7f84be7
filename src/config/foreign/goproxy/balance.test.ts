import { expect, test } from "bun:test";
import { apart, reverse } from "./translated.fixture.ts";

const balanceFor = (lines: string): unknown => reverse(lines).input.pools?.["servers"]?.balance;

test("each mode means what its documentation says", () => {
  const modes = [0, 1, 2, 3, 4, 5, 6].map((mode) => balanceFor(`inverse_mode = ${mode}`));
  expect(modes).toEqual([
    "random",
    "weightedRoundRobin",
    "p2c",
    { policy: "consistentHash", key: "ip" },
    { policy: "boundedHash", key: "ip" },
    "leastConnections",
    "ipHash",
  ]);
  expect(balanceFor("")).toBe("random");
});

test("both names are read, and of two that differ inverse_mode counts", () => {
  expect(balanceFor("reverse_mode = 5")).toBe("leastConnections");
  expect(apart(reverse("reverse_mode = 5"))).toEqual([]);
  expect(apart(reverse("inverse_mode = 5\nreverse_mode = 5"))).toEqual([]);
  const both = reverse("inverse_mode = 2\nreverse_mode = 0");
  expect(both.input.pools?.["servers"]?.balance).toBe("p2c");
  expect(apart(both)).toEqual(["warning server.reverse_mode is approximated: inverse_mode, which says 2, counts"]);
});

test("a mode that there is not is random, and told at the name that it has", () => {
  const scene = reverse("reverse_mode = 9");
  expect(scene.input.pools?.["servers"]?.balance).toBe("random");
  expect(apart(scene)).toEqual([
    expect.stringMatching(/^warning server\.reverse_mode is approximated: 9 is no mode, and is random, as in goproxy;/),
  ]);
});
