import { expect, test } from "bun:test";
import { MemoryRegistry } from "./memory.ts";
import { add, drain, remove } from "./steering.ts";

const member = "http://10.0.0.1:80";

test("a member is found in the words that it stands there with", async () => {
  const registry = new MemoryRegistry();
  expect(await add(registry, "s", member)).toEqual({ kind: "done", member, isChanged: true });
  expect(await add(registry, "s", member)).toEqual({ kind: "done", member, isChanged: false });
  expect(await drain(registry, "s", "10.0.0.1:80", true)).toEqual({ kind: "done", member, isChanged: true });
  expect(await drain(registry, "s", "10.0.0.1:80", false)).toEqual({ kind: "done", member, isChanged: true });
  expect(await remove(registry, "s", "10.0.0.1:80^3")).toEqual({ kind: "done", member, isChanged: true });
  expect((await registry.members("s")).size).toBe(0);
});

test("a server does not come twice in other words, and nonsense not at all", async () => {
  const registry = new MemoryRegistry();
  await add(registry, "s", member);
  expect(await add(registry, "s", "10.0.0.1:80^3")).toMatchObject({
    kind: "refused",
    message: `the set s has it as ${member} already: remove that first`,
  });
  expect(await add(registry, "s", "nonsense")).toMatchObject({
    kind: "refused",
    message: expect.stringContaining('the member "nonsense" must have a port'),
  });
});

test("a member with a password is taken out by what is shown of it", async () => {
  const registry = new MemoryRegistry();
  await registry.add("s", "http://u:s3cret@10.0.0.9:1");
  await registry.add("s", member);
  expect(await remove(registry, "s", "http://***@10.0.0.9:1")).toMatchObject({ kind: "done", isChanged: true });
  expect((await registry.members("s")).members.map((each) => each.member)).toEqual([member]);
});

test("what is not there is missing; nonsense that others have put in can be taken out", async () => {
  const registry = new MemoryRegistry();
  for (const act of [remove(registry, "s", member), drain(registry, "s", member, true)])
    expect(await act).toEqual({ kind: "missing", message: `the set s has no member ${member}` });
  await registry.add("s", "nonsense");
  expect(await remove(registry, "s", "nonsense")).toMatchObject({ kind: "done", isChanged: true });
  expect(await drain(registry, "s", member, false)).toMatchObject({ kind: "done", isChanged: false });
});
