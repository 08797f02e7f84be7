import { describe, expect, test } from "bun:test";
import { scene } from "./translated.fixture.ts";

const servers = `
[servers.web]
bind = ":3000"
discovery = { kind = "static", static_list = ["a:1"] }
`;
const of = (sections: string): ReturnType<typeof scene> => scene(`${sections}\n${servers}`);
const token = "long-enough-to-be-a-token";

describe("the REST API", () => {
  test("is on the admin interface, where its file says", () => {
    const { input, told } = of('[api]\nenabled = true\nbind = "127.0.0.1:8888"');
    expect(input.admin).toEqual({ listen: "127.0.0.1:8888" });
    expect(input.gobetween?.api).toEqual({});
    expect(told).toEqual([]);
  });

  test("is not there where it is not enabled, or not written", () => {
    for (const sections of ["", '[api]\nenabled = false\nbind = ":8888"']) {
      const { input, told } = of(sections);
      expect([input.admin, input.gobetween, told]).toEqual([undefined, undefined, []]);
    }
  });

  test("opens to the network with a password that is as good as a token, and asks for both", () => {
    const auth = `basic_auth = { login = "admin", password = "${token}" }`;
    const { input, told } = of(`[api]\nenabled = true\nbind = ":8888"\ncors = true\n${auth}`);
    expect(input.admin).toEqual({ listen: ":8888", token });
    expect(input.gobetween?.api).toEqual({ user: "admin", password: token, cors: true });
    expect(told).toEqual([]);
  });

  test("stays on this machine without one, or with one that can be guessed, and says so", () => {
    const bare = of('[api]\nenabled = true\nbind = ":8888"');
    expect(bare.input.admin).toEqual({ listen: "127.0.0.1:8888" });
    expect(bare.told.join()).toContain("listens on 127.0.0.1:8888 only; basic_auth");
    const short = of('[api]\nenabled = true\nbind = ":8888"\nbasic_auth = { login = "admin", password = "1111" }');
    expect(short.input.admin).toEqual({ listen: "127.0.0.1:8888" });
    expect(short.input.gobetween?.api).toEqual({ user: "admin", password: "1111" });
    expect(short.told.join()).toContain("its password can be guessed");
  });

  test("pages of other origins may ask only where there is a password", () => {
    const { input, told } = of('[api]\nenabled = true\nbind = "localhost:8888"\ncors = true');
    expect(input.gobetween?.api).toEqual({});
    expect(told).toEqual([expect.stringContaining("warning api.cors is approximated: without basic_auth")]);
  });

  test("with TLS is on an address of its own, and the admin interface stays where it is by default", () => {
    const tls = 'tls = { cert_path = "/a.pem", key_path = "/a.key" }';
    const { input, told } = of(`[api]\nenabled = true\nbind = ":8888"\n${tls}`);
    expect(input.admin).toBeUndefined();
    expect(input.gobetween?.api?.tls).toEqual({ listen: "127.0.0.1:8888", certificate: "/a.pem", key: "/a.key" });
    expect(told.length).toBe(1);
    const auth = `basic_auth = { login = "admin", password = "${token}" }`;
    const open = of(`[api]\nenabled = true\nbind = ":8888"\n${tls}\n${auth}`);
    expect(open.input.admin).toEqual({ token });
    expect(open.input.gobetween?.api?.tls?.listen).toBe(":8888");
  });

  test("half of what belongs together is an error", () => {
    expect(of('[api]\nenabled = true\nbind = "[::1]:1"\nbasic_auth = { login = "a" }').told).toEqual([
      "error api.basic_auth must have both login and password",
    ]);
    expect(of('[api]\nenabled = true\nbind = "[::1]:1"\ntls = { cert_path = "/a" }').told).toEqual([
      "error api.tls must have both cert_path and key_path",
    ]);
    expect(of("[api]\nenabled = true").told).toEqual(["error api must have a bind"]);
  });
});

test("metrics are where they say, and the API is not there for them", () => {
  const { input, told } = of('[metrics]\nenabled = true\nbind = "0.0.0.0:9284"');
  expect(input.metrics).toEqual({ listen: "0.0.0.0:9284" });
  expect(input.gobetween?.metrics).toBe(true);
  expect(input.gobetween?.api).toBeUndefined();
  expect(Object.keys(input.gobetween?.servers ?? {})).toEqual(["web"]);
  expect(told).toEqual([]);
});
