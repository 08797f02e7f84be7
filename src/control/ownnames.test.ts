import { expect, test } from "bun:test";
import { NameServer } from "../../test/e2e/harness/nameserver.ts";
import { Room } from "../../test/e2e/harness/room.ts";
import { ownLookup } from "./ownnames.ts";

const [a, aaaa] = [1, 28] as const;

async function outcome(key: string): Promise<unknown> {
  try {
    return await ownLookup(key, 300);
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

test("a name is asked for at its own name servers, with all its addresses", async () => {
  await using room = new Room();
  const server = await NameServer.start(room);
  server.set("app.test", { type: "CNAME", target: "real.test" });
  server.set("real.test", { type: "A", address: "10.0.0.1" }, { type: "AAAA", address: "2001:db8::1" });
  expect(await outcome(`app.test@${server.address}`)).toEqual(["10.0.0.1", "2001:db8::1"]);
  expect(await outcome(`other.test@${server.address}`)).toBe("ENOTFOUND");
  expect(ownLookup("app.test")).toBeNull();
});

test("without a word about IPv4 there is no answer, about IPv6 it is done without", async () => {
  await using room = new Room();
  const server = await NameServer.start(room);
  server.set("app.test", { type: "A", address: "10.0.0.1" }, { type: "AAAA", address: "2001:db8::1" });
  server.failingType = { type: aaaa, how: "silent" };
  expect(await outcome(`app.test@${server.address}`)).toEqual(["10.0.0.1"]);
  server.failingType = { type: a, how: 2 };
  expect(await outcome(`app.test@${server.address}`)).toBe("EAI_AGAIN");
  server.failingType = null;
  server.misbehaviour = "silent";
  expect(await outcome(`app.test@${server.address}`)).toBe("EAI_AGAIN");
});
