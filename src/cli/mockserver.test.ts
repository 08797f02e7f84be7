import { afterEach, expect, test } from "bun:test";
import { type MockServer, openMockServers } from "./mockserver.ts";

let mocks: MockServer[] = [];
afterEach(() => {
  for (const mock of mocks.splice(0)) mock.stop();
});

test("each of the three says who it is, and counts its calls but not its checks", async () => {
  mocks = openMockServers();
  const ask = async (index: number, path = "/"): Promise<string> =>
    (await fetch(`http://${mocks[index]!.address}${path}`)).text();
  await ask(1, "/healthz");
  expect(await ask(1)).toBe(`Hello from server 2 (${mocks[1]!.address}), call 1\n`);
  expect(await ask(1)).toEndWith("call 2\n");
  expect(await ask(2)).toBe(`Hello from server 3 (${mocks[2]!.address}), call 1\n`);
});

test("where its port is taken a server takes another", () => {
  mocks = openMockServers();
  mocks.push(...openMockServers());
  expect(new Set(mocks.map((mock) => mock.address)).size).toBe(6);
});

test("a browser gets a page, and what was sent is told back", async () => {
  mocks = openMockServers();
  const url = `http://${mocks[0]!.address}`;
  const page = await fetch(url, { headers: { accept: "text/html" } });
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(await page.text()).toContain("<h1>Hello from server 1</h1>");
  const told = (await (await fetch(`${url}/headers`, { headers: { "x-sent": "by me" } })).json()) as object;
  expect(told).toMatchObject({ server: "server 1", headers: { "x-sent": "by me" } });
});

test("the first event comes at once", async () => {
  mocks = openMockServers();
  const response = await fetch(`http://${mocks[0]!.address}/sse`);
  const { value } = await response.body!.getReader().read();
  expect(new TextDecoder().decode(value)).toStartWith("data: event 1 of 10 from server 1\n\n");
});
