import { expect, test } from "bun:test";
import { Origins } from "./origins.ts";

test("a key has the origin of the nearest section that has one", () => {
  const origins = new Origins();
  origins.add(["listeners", "web"], ["servers", "web"]);
  origins.add(["listeners", "web", "listen"], ["servers", "web", "bind"]);
  expect(origins.find(["listeners", "web", "listen"])).toEqual(["servers", "web", "bind"]);
  expect(origins.find(["listeners", "web", "tls", "ciphers"])).toEqual(["servers", "web"]);
  expect(origins.find(["listeners", "other"])).toEqual([]);
  const finding = {
    severity: "error",
    path: ["listeners", "web", "listen"],
    part: "value",
    message: "is wrong",
  } as const;
  expect(origins.bring(finding)).toEqual({ ...finding, path: ["servers", "web", "bind"] });
});
