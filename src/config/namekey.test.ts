import { expect, test } from "bun:test";
import { nameKey, nameKeyParts } from "./namekey.ts";

test("a name is told apart by where it is asked for", () => {
  expect(nameKey("app.test", {})).toBe("app.test");
  expect(nameKeyParts("app.test")).toEqual({ host: "app.test", servers: [] });
  const key = nameKey("app.test", { nameServers: ["127.0.0.1:53", "[::1]:53"] });
  expect(key).toBe("app.test@127.0.0.1:53,[::1]:53");
  expect(nameKeyParts(key)).toEqual({ host: "app.test", servers: ["127.0.0.1:53", "[::1]:53"] });
});
