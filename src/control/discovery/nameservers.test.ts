import { expect, test } from "bun:test";
import { NameServers } from "./nameservers.ts";

test("addresses are taken as they are written, with their ports or that of DNS", async () => {
  const never = (): Promise<readonly string[]> => Promise.reject(new Error("nobody is to be asked"));
  const servers = new NameServers(["127.0.0.1:8600", "192.0.2.1", "[2001:db8::1]:54", "[::1]"], 1000, never);
  expect(await servers.find()).toEqual([
    { host: "127.0.0.1", port: 8600 },
    { host: "192.0.2.1", port: 53 },
    { host: "2001:db8::1", port: 54 },
    { host: "::1", port: 53 },
  ]);
});

test("a name is asked for before each question, and what was said last counts while nobody answers", async () => {
  let answer: (() => Promise<readonly string[]>) | null = async () => ["192.0.2.7"];
  const asked: string[] = [];
  const servers = new NameServers(["consul.test:8600", "192.0.2.1"], 1000, (host) => {
    asked.push(host);
    return answer === null ? Promise.reject(new Error("away")) : answer();
  });
  const hosts = async () => (await servers.find()).map(({ host, port }) => `${host}:${port}`);
  expect(await hosts()).toEqual(["192.0.2.7:8600", "192.0.2.1:53"]);
  answer = async () => ["192.0.2.8", "2001:db8::8"];
  expect(await hosts()).toEqual(["192.0.2.8:8600", "2001:db8::8:8600", "192.0.2.1:53"]);
  answer = null;
  expect(await hosts()).toEqual(["192.0.2.8:8600", "2001:db8::8:8600", "192.0.2.1:53"]);
  expect(asked).toEqual(["consul.test", "consul.test", "consul.test"]);
});

test("one that has no address, or none in time, cannot be asked", async () => {
  const silent = new Promise<never>(() => {});
  for (const lookup of [async () => [], () => Promise.reject(new Error("no such name")), () => silent])
    await expect(new NameServers(["nowhere.test"], 20, lookup).find()).rejects.toThrow("nowhere.test has no address");
});

test("the system knows this machine by its name", async () => {
  expect((await new NameServers(["localhost:5353"], 5000).find()).map(({ port }) => port)).toContain(5353);
});
