import { expect, test } from "bun:test";
import type { TargetPlan, TargetsPlan } from "../../config/plan.ts";
import { addressBytes, readAddress } from "../../wire/ipaddress.ts";
import { readPlace } from "./place.ts";
import { TargetPolicy } from "./policy.ts";

const name = (match: string): TargetPlan => ({ kind: "name", match });
const block = (match: string): TargetPlan => ({ kind: "block", match });

function policy(plan: Partial<TargetsPlan>): TargetPolicy {
  const everyPort = [{ from: 1, to: 65_535 }];
  const usual = {
    allow: [name("*")],
    deny: [],
    ports: everyPort,
    connectPorts: everyPort,
    isPrivateAllowed: true,
    ownPorts: [],
    resolveMs: 1,
  };
  return new TargetPolicy({
    ...usual,
    tunnelsMax: 0,
    tunnelMs: 0,
    tunnelBytesMax: 0,
    egress: null,
    direct: [],
    ...plan,
  });
}

/** What is said of a place that leads to that address. */
function judged(one: TargetPolicy, authority: string, address: string, isTunnel = false): string | null {
  const place = readPlace(authority, 80)!;
  const octets = new Uint8Array(addressBytes);
  readAddress(address, octets);
  return one.refusePlace(place, isTunnel) ?? one.refuseAddress(place, octets);
}

test("what is asked directly is known by what it is called, and by its port where one is said", () => {
  const one = policy({
    direct: [
      { ...name("a.example"), port: 0 },
      { ...name("*.b.example"), port: 81 },
      { ...block("10.0.0.0/8"), port: 0 },
      { ...block("::1"), port: 8080 },
    ],
  });
  const asked = (authority: string): boolean => one.isDirect(readPlace(authority, 80)!);
  for (const authority of ["A.example", "a.example.:8080", "x.b.example:81", "10.1.2.3", "0x0a.1", "[::1]:8080"])
    expect([authority, asked(authority)]).toEqual([authority, true]);
  for (const authority of ["x.a.example", "b.example:81", "x.b.example", "11.0.0.1", "[::1]"])
    expect([authority, asked(authority)]).toEqual([authority, false]);
  const all = policy({ direct: [{ ...name("*"), port: 0 }] });
  expect([all.isDirect(readPlace("8.8.8.8", 80)!), all.isDirect(readPlace("c.example", 80)!)]).toEqual([true, true]);
});

test("names are allowed and denied whole, or with all below them; deny is looked at first", () => {
  const one = policy({
    allow: [name("a.example"), name("*.b.example")],
    deny: [name("*.x.b.example"), name("y.b.example")],
  });
  expect(judged(one, "a.example", "1.1.1.1")).toBeNull();
  expect(judged(one, "c.b.example", "1.1.1.1")).toBeNull();
  expect(judged(one, "d.c.b.example", "1.1.1.1")).toBeNull();
  expect(judged(one, "b.example", "1.1.1.1")).toBe("nothing in allow is for it");
  expect(judged(one, "za.example", "1.1.1.1")).toBe("nothing in allow is for it");
  expect(judged(one, "y.b.example", "1.1.1.1")).toBe("y.b.example in deny");
  expect(judged(one, "z.x.b.example", "1.1.1.1")).toBe("*.x.b.example in deny");
  expect(judged(one, "1.1.1.1", "1.1.1.1")).toBe("nothing in allow is for it");
});

test("addresses are allowed and denied by blocks, whether they were named or found", () => {
  const one = policy({
    allow: [block("10.0.0.0/8"), block("fd00::/9")],
    deny: [block("10.1.0.0/16"), block("10.2.3.4")],
  });
  expect(judged(one, "10.0.0.1", "10.0.0.1")).toBeNull();
  expect(judged(one, "a.example", "10.0.0.1")).toBeNull();
  expect(judged(one, "a.example", "10.1.2.3")).toBe("10.1.0.0/16 in deny");
  expect(judged(one, "a.example", "10.2.3.4")).toBe("10.2.3.4 in deny");
  expect(judged(one, "a.example", "10.2.3.5")).toBeNull();
  // By way of a NAT64 gateway.
  expect(judged(one, "[64:ff9b::a01:203]", "64:ff9b::10.1.2.3")).toBe("10.1.0.0/16 in deny");
  expect(judged(one, "a.example", "64:ff9b::10.0.0.1")).toBe("nothing in allow is for it");
  expect(judged(one, "a.example", "11.0.0.1")).toBe("nothing in allow is for it");
  expect(judged(one, "[fd7f::1]", "fd7f::1")).toBeNull();
  expect(judged(one, "[fd80::1]", "fd80::1")).toBe("nothing in allow is for it");
});

test("a name that nothing allows is looked up only where it may lead into a block that is allowed", () => {
  const early = (plan: Partial<TargetsPlan>, authority = "b.example"): string | null =>
    policy(plan).refusePlace(readPlace(authority, 80)!, false);
  const nothing = "nothing in allow is for it";
  const open = { allow: [name("a.example"), block("10.0.0.0/8")] };
  expect(early(open)).toBeNull();
  // Of these blocks no address may be connected to.
  expect(early({ ...open, isPrivateAllowed: false })).toBe(nothing);
  expect(early({ ...open, deny: [block("10.0.0.0/8")] })).toBe(nothing);
  expect(early({ ...open, deny: [block("0.0.0.0/0")] })).toBe(nothing);
  expect(early({ ...open, deny: [block("10.0.0.0/9")] })).toBeNull();
  expect(early({ allow: [block("10.0.0.0/8"), block("8.8.8.0/24")], isPrivateAllowed: false })).toBeNull();
  // Denied names and ports are refused whatever they would lead to.
  expect(early({ ...open, deny: [name("b.example")] })).toBe("b.example in deny");
  expect(early({ ...open, deny: [name("*")] })).toBe("* in deny");
  expect(early({ deny: [name("*")] }, "10.0.0.1")).toBe("* in deny");
  expect(early({ ...open, ports: [{ from: 443, to: 443 }] })).toBe("port 80 is not among the ports of requests");
  // What is named in allow is looked up, of course.
  expect(early({ ...open, isPrivateAllowed: false }, "a.example")).toBeNull();
});

test("a name that is allowed may lead to what no block is for, not to what is denied or private", () => {
  const one = policy({ allow: [name("a.example")], deny: [block("1.1.1.0/24")], isPrivateAllowed: false });
  expect(judged(one, "a.example", "8.8.8.8")).toBeNull();
  expect(judged(one, "a.example", "1.1.1.1")).toBe("1.1.1.0/24 in deny");
  expect(judged(one, "a.example", "10.0.0.1")).toBe("that is no public address");
  expect(judged(policy({ allow: [block("10.0.0.0/8")], isPrivateAllowed: false }), "10.0.0.1", "10.0.0.1")).toBe(
    "that is no public address",
  );
});

test("ports are those of requests, or those of tunnels", () => {
  const one = policy({
    ports: [
      { from: 80, to: 80 },
      { from: 1024, to: 2048 },
    ],
    connectPorts: [{ from: 443, to: 443 }],
  });
  expect(judged(one, "a.example", "1.1.1.1")).toBeNull();
  expect(judged(one, "a.example:2048", "1.1.1.1")).toBeNull();
  expect(judged(one, "a.example:2049", "1.1.1.1")).toBe("port 2049 is not among the ports of requests");
  expect(judged(one, "a.example:443", "1.1.1.1", true)).toBeNull();
  expect(judged(one, "a.example:80", "1.1.1.1", true)).toBe("port 80 is not among the ports of tunnels");
});

test("where Sluice itself is steered is no target on this machine, whatever is allowed", () => {
  const one = policy({ ownPorts: [2112], allow: [name("*"), block("127.0.0.0/8")] });
  for (const address of ["127.0.0.1", "127.8.9.10", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1"]) {
    expect([address, judged(one, "localhost:2112", address)]).toEqual([address, "that is Sluice itself"]);
    expect([address, judged(one, "localhost:2112", address, true)]).toEqual([address, "that is Sluice itself"]);
    expect([address, judged(one, "localhost:2113", address)]).toEqual([address, null]);
  }
  expect(judged(one, "10.0.0.1:2112", "10.0.0.1")).toBeNull();
});

test("what a place leads to is judged once, and once more when it leads elsewhere", () => {
  const one = policy({ isPrivateAllowed: false });
  const place = readPlace("a.example", 80)!;
  const [first, second] = [["8.8.8.8", "10.0.0.1"], ["10.0.0.1"]];
  const judged = one.judge(place, first);
  expect(judged).toMatchObject({ passed: ["8.8.8.8"], refused: "10.0.0.1: that is no public address" });
  expect(one.judge(place, first)).toBe(judged);
  expect(one.judge(place, second)).toMatchObject({ passed: [], refused: "10.0.0.1: that is no public address" });
  expect(one.judge(place, first).passed).toEqual(["8.8.8.8"]);
  // Another policy has its own mind.
  expect(policy({}).judge(place, first).passed).toEqual(first);
});

test("addresses that pass are tried in turn of their families", () => {
  const { passed, inTurn } = policy({}).judge(readPlace("b.example", 80)!, ["8.8.8.8", "8.8.4.4", "2001:4860::1"]);
  expect([passed, inTurn]).toEqual([
    ["8.8.8.8", "8.8.4.4", "2001:4860::1"],
    ["8.8.8.8", "2001:4860::1", "8.8.4.4"],
  ]);
});
