import { expect, test } from "bun:test";
import { adminSectionOf } from "./adminsection.ts";

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: the characters are meant, not a forgotten template.
test("where the admin interface is can be told of a file whose other parts have errors", () => {
  const yaml =
    "admin: { listen: '127.0.0.1:1', token: '${T}' }\nlisteners: { web: { listen: '${UNSET}', use: nowhere } }\n";
  expect(adminSectionOf("s.yaml", yaml, { T: "secret" })).toEqual({ listen: "127.0.0.1:1", token: "secret" });
  expect(adminSectionOf("s.yml", yaml, {})).toEqual({ listen: "127.0.0.1:1", token: null });
  const toml = '[admin]\nlisten = "127.0.0.1:2"\n[listeners.web]\nbogus = 1\n';
  expect(adminSectionOf("s.toml", toml, {})).toEqual({ listen: "127.0.0.1:2", token: null });
  expect(adminSectionOf("s.json", '{"listeners": {}, "pols": 1}', {})).toEqual({ listen: null, token: null });
});

test("what cannot be told for certain is not guessed", () => {
  const told = (path: string, text: string): unknown => adminSectionOf(path, text, {});
  expect(told("s.yaml", "admin: { listen: 'a:1'\nlisteners: {}\n")).toBeNull();
  expect(told("s.yaml", "admin: { listen: '${UNSET}' }\nlisteners: {}\n")).toBeNull();
  expect(told("s.yaml", "admin: { listen: [1] }\nlisteners: {}\n")).toBeNull();
  expect(told("s.yaml", "admin: 'a:1'\nlisteners: {}\n")).toBeNull();
  expect(told("other.yaml", "server: { port: 80 }\n")).toBeNull();
  expect(told("haproxy.cfg", "listeners: {}\n")).toBeNull();
  expect(told("s.ts", "export default { listeners: {} }")).toBeNull();
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: the characters are meant, not a forgotten template.
