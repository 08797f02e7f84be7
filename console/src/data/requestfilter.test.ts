import { describe, expect, test } from "bun:test";
import { requestFilter, withFilter } from "./requestfilter.ts";

const queryOf = (search: string): Readonly<Record<string, string>> => requestFilter(search).query;

describe("a search for requests", () => {
  test("takes the parameters of the API by their names", () => {
    expect(queryOf("status:5xx pool:app slower:200ms rule:no-bots")).toEqual({
      ...{ status: "5xx", pool: "app", slower: "200ms", rule: "no-bots" },
    });
  });

  test("knows most words by their looks", () => {
    expect(queryOf("failed")).toEqual({ failed: "true" });
    expect(queryOf("/api/*")).toEqual({ path: "/api/*" });
    expect(queryOf("404")).toEqual({ status: "404" });
    expect(queryOf("4xx")).toEqual({ status: "4xx" });
    expect(queryOf("400-499")).toEqual({ status: "400-499" });
    expect(queryOf("POST")).toEqual({ method: "POST" });
    expect(queryOf("1.5s")).toEqual({ slower: "1.5s" });
    expect(queryOf("10.0.0.0/8")).toEqual({ client: "10.0.0.0/8" });
    expect(queryOf("2001:db8::1")).toEqual({ client: "2001:db8::1" });
    expect(queryOf("shop.example")).toEqual({ host: "shop.example" });
    expect(queryOf("shop.example:8080")).toEqual({ host: "shop.example:8080" });
  });

  test("keeps what stands behind the first colon whole", () => {
    expect(queryOf("server:10.0.0.1:8080 client:::1")).toEqual({ server: "10.0.0.1:8080", client: "::1" });
  });

  test("tells of words that mean nothing instead of leaving them out", () => {
    expect(requestFilter("stats:5xx").problems[0]).toContain("nothing is called stats");
    expect(requestFilter("pool:").problems).toEqual(["pool: of what?"]);
    expect(requestFilter("404 500").problems).toEqual(["status stands twice"]);
    expect(requestFilter("404 status:404").problems).toEqual([]);
  });
});

test("a press on a value adds it, puts it in place of another, or takes it out", () => {
  expect(withFilter("", "status", "5xx")).toBe("status:5xx");
  expect(withFilter("pool:app 404", "status", "5xx")).toBe("pool:app status:5xx");
  expect(withFilter("pool:app status:5xx", "status", "")).toBe("pool:app");
  expect(withFilter("pool:app", "failed", "true")).toBe("pool:app failed");
  expect(withFilter("failed pool:app", "failed", "")).toBe("pool:app");
});

test("what a press adds is read as what it was", () => {
  for (const [name, value] of [
    ["client", "::1"],
    ["server", "unix:/run/x.sock"],
    ["rule", "request[0]"],
  ] as const)
    expect(queryOf(withFilter("", name, value))).toEqual({ [name]: value });
});
