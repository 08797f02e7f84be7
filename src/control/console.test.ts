import { describe, expect, test } from "bun:test";
import { type ConsolePath, consoleAnswer, consoleTypes, isConsolePath } from "./console.ts";

const ask = (path: ConsolePath, headers: Record<string, string> = {}): Response =>
  consoleAnswer(new Request(`http://localhost${path}`, { headers }), path);

test("every file that the page names is one of the console's", async () => {
  const page = await ask("/").text();
  const named = [...page.matchAll(/(?:href|src)="(\/[^"]*)"/g)].map((match) => match[1]!);
  expect(named.filter((path) => path !== "/api").length).toBe(3);
  for (const path of named.filter((each) => each !== "/api")) expect(isConsolePath(path)).toBe(true);
});

test("nothing from elsewhere may be loaded, and nothing runs that stands in the page itself", async () => {
  for (const path of Object.keys(consoleTypes) as ConsolePath[]) {
    const answer = ask(path);
    expect(answer.headers.get("content-security-policy")).toStartWith("default-src 'self';");
    expect(answer.headers.get("content-security-policy")).not.toContain("unsafe");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("content-type")).toBe(consoleTypes[path]);
  }
  const page = await ask("/").text();
  expect(page).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/);
  expect(await ask("/console.css").text()).not.toMatch(/@import|url\(/);
});

describe("a browser that has a file", () => {
  test("is told that it is still the same, however it keeps the tag", () => {
    const etag = ask("/console.js").headers.get("etag")!;
    expect(ask("/console.js", { "if-none-match": etag }).status).toBe(304);
    expect(ask("/console.js", { "if-none-match": `"other", W/${etag}` }).status).toBe(304);
    expect(ask("/console.js", { "if-none-match": '"other"' }).status).toBe(200);
  });

  test("and another file has another tag", () => {
    const tags = (Object.keys(consoleTypes) as ConsolePath[]).map((path) => ask(path).headers.get("etag"));
    expect(new Set(tags).size).toBe(4);
  });
});

test("files are sent packed to those who take that, and are the same when unpacked", async () => {
  const plain = Buffer.from(await ask("/console.js").arrayBuffer());
  const packed = ask("/console.js", { "accept-encoding": "br, gzip" });
  expect(packed.headers.get("content-encoding")).toBe("gzip");
  expect(packed.headers.get("vary")).toBe("accept-encoding");
  const bytes = Buffer.from(await packed.arrayBuffer());
  expect(bytes.length).toBeLessThan(plain.length / 2);
  expect(plain.equals(Bun.gunzipSync(bytes))).toBe(true);
  expect(ask("/console.js", { "accept-encoding": "gzip;q=0" }).headers.get("content-encoding")).toBeNull();
});

test("what stands beside the console is none of its paths", () => {
  for (const path of ["/api", "/licenses.txt", "/console.js/", "/__proto__", "/toString"])
    expect(isConsolePath(path)).toBe(false);
});
