// The examples of forward proxies, as they stand, with their addresses put in the place of this test's.

import { expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { examplesFolder } from "../examples.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { curl, ran } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { command, Sluice } from "./harness/sluice.ts";

setDefaultTimeout(60_000);
const folder = join(examplesFolder, "forwardproxy");
const names = readdirSync(folder).filter((name) => name.endsWith(".yaml"));

test.each(names)("%s is a good config", async (name) => {
  const answer = await ran([...command, "check", join(folder, name)]);
  expect([answer.code, answer.err]).toEqual([0, ""]);
});

async function started(room: Room, name: string, changes: Readonly<Record<string, string>> = {}): Promise<Sluice> {
  cpSync(folder, room.folder, { recursive: true });
  const [port, adminPort] = [freePort(), freePort()];
  let text = readFileSync(join(folder, name), "utf8").replace('listen: ":8080"', `listen: "127.0.0.1:${port}"`);
  for (const [from, to] of Object.entries(changes)) text = text.replace(from, to);
  const path = room.write(name, `${text}\nworkers: 1\nadmin: { listen: "127.0.0.1:${adminPort}" }\n`);
  return Sluice.of(room, path, port, adminPort);
}

const status = async (...words: string[]): Promise<string> =>
  (await curl("-o", "/dev/null", "-w", "%{http_code}", "--noproxy", "", ...words)).out;

test("office.yaml asks who one is, denies what is inside, and has those who guess wait", async () => {
  await using room = new Room();
  const sluice = await started(room, "office.yaml");
  const through = (user: string): Promise<string> =>
    status("-x", `http://${user}127.0.0.1:${sluice.port}`, "http://127.0.0.1/");
  expect(await through("")).toBe("407");
  expect(await through("john:secret@")).toBe("403");
  const seen: string[] = [];
  for (let count = 0; count < 22; count++) seen.push(await through("john:guess@"));
  expect(seen[0]).toBe("407");
  expect(seen.at(-1)).toBe("429");
});

test("site.yaml shows its pages to who has a password, and says to the server who that is", async () => {
  await using room = new Room();
  const origin = new Origin(room, () => ok("page"));
  const sluice = await started(room, "site.yaml", { "127.0.0.1:8081": origin.address });
  expect(await status(`${sluice.url}/`)).toBe("401");
  expect(await status("-u", "jane:secret", `${sluice.url}/`)).toBe("200");
  expect(origin.asked[0]?.fields.get("x-user")).toEqual(["jane"]);
});

test("updates.yaml is for the names that it lists", async () => {
  await using room = new Room();
  const sluice = await started(room, "updates.yaml", { "deb.debian.org": "localhost" });
  const through = (url: string): Promise<string> => status("-x", `http://127.0.0.1:${sluice.port}`, url);
  // It leads inside, which no list allows.
  expect(await through("http://localhost/")).toBe("403");
  expect(await through("http://example.com/")).toBe("403");
});
