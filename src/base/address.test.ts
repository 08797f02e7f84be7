import { describe, expect, test } from "bun:test";
import { formatAddress, isEveryAddress, isLoopback, readListenAddress, readServerAddress } from "./address.ts";

const listen = (text: string): unknown => {
  const reading = readListenAddress(text);
  return reading.ok ? reading.value : reading.message;
};
const server = (text: string): unknown => {
  const reading = readServerAddress(text);
  return reading.ok ? reading.value : reading.message;
};

describe("where to listen", () => {
  test("a port alone means every address", () => {
    const every = { kind: "tcp", host: "::", port: 8080 };
    for (const text of [":8080", "*:8080", "[::]:8080"]) expect(listen(text)).toEqual(every);
    expect(listen("0.0.0.0:8080")).toEqual({ kind: "tcp", host: "0.0.0.0", port: 8080 });
  });

  test("every address is told from one, however its zeros are written", () => {
    for (const host of ["::", "0.0.0.0", "::0", "0:0:0:0:0:0:0:0", "::ffff:0.0.0.0", "::ffff:0:0"])
      expect([host, isEveryAddress(host)]).toEqual([host, true]);
    for (const host of ["::1", "10.0.0.0", "127.0.0.1", "::ffff:10.0.0.0", "::ffff:0:1", "1::"])
      expect([host, isEveryAddress(host)]).toEqual([host, false]);
  });

  test("an IP address or a unix socket is taken as it is", () => {
    expect(listen("127.0.0.1:0")).toEqual({ kind: "tcp", host: "127.0.0.1", port: 0 });
    expect(listen("localhost:80")).toEqual({ kind: "tcp", host: "127.0.0.1", port: 80 });
    expect(listen("[FE80::1]:65535")).toEqual({ kind: "tcp", host: "fe80::1", port: 65_535 });
    expect(listen("unix:/run/x.sock")).toEqual({ kind: "unix", path: "/run/x.sock" });
  });

  test("each mistake is told with its remedy", () => {
    expect(listen("8080")).toContain('write ":8080" for a port');
    expect(listen("::1")).toContain('as in "[::1]:80"');
    expect(listen("example.com:80")).toContain('write ":80" for all of them');
    expect(listen(":65536")).toContain("port from 0 to 65535");
    expect(listen(":x")).toContain("port from 0 to 65535");
    expect(listen("127.0.0.1")).toContain('write "127.0.0.1:80"');
    expect(listen("[nope]:80")).toContain("IPv6 address in its brackets");
    expect(listen("")).toContain("must be an address such as");
    expect(listen("unix:run/x.sock")).toContain("absolute path");
    expect(listen(`unix:/${"x".repeat(107)}`)).toContain("at most 107 bytes");
    expect(listen(`unix:/${"x".repeat(106)}`)).toHaveProperty("kind", "unix");
  });
});

describe("where to connect", () => {
  test("a weight stands after the caret and is no part of the name", () => {
    expect(server("App:8080^3")).toEqual({
      name: "app:8080",
      address: { kind: "tcp", host: "app", port: 8080 },
      weight: 3,
    });
    expect(server("[::1]:80")).toEqual({
      name: "[::1]:80",
      address: { kind: "tcp", host: "::1", port: 80 },
      weight: null,
    });
    expect(server("unix:/run/a.sock^2")).toEqual({
      name: "unix:/run/a.sock",
      address: { kind: "unix", path: "/run/a.sock" },
      weight: 2,
    });
    expect(server("a:1^65535")).toHaveProperty("weight", 65_535);
  });

  test("each mistake is told with its remedy", () => {
    for (const text of ["a:1^0", "a:1^65536", "a:1^", "a:1^x", "a:1^-1", "a:1^1.5"])
      expect(server(text)).toContain("weight from 1 to 65535");
    expect(server("http://10.0.0.1:80/x")).toContain('write "10.0.0.1:80" instead of');
    expect(server("http://app")).toContain('write "app:80" instead of "http://app"');
    expect(server("https://app/")).toContain('write "app:443" instead of "https://app/"; TLS is said by tls: true');
    expect(server("tls://app:6380")).toContain('write "app:6380" instead of "tls://app:6380"; TLS is said');
    expect(server("app")).toContain('write "app:80"');
    expect(server(":80")).toContain('write "127.0.0.1:80"');
    expect(server("a:0")).toContain("port from 1 to 65535");
    expect(server("300.1.1.1:80")).toContain("host name or IP address");
    expect(server("-a:80")).toContain("host name or IP address");
    expect(server("a b:80")).toContain("must be an address such as");
    expect(server("2001:db8::1")).toContain("in brackets");
    for (const [text, meant] of [
      ["::1:80", "[::1]:80"],
      ["fe80::a", "[fe80::a]:80"],
      ["::1", "[::1]:80"],
      ["2001:db8:1:2:3:4:5:80", "[2001:db8:1:2:3:4:5:80]:80"],
    ] as const)
      expect(server(text)).toContain(`as in "${meant}"`);
    expect(server("a:80\n")).toContain("port from 1 to 65535");
  });
});

test("a formatted address reads back", () => {
  for (const text of ["127.0.0.1:80", "[::1]:80", "unix:/run/x.sock"]) {
    const reading = readListenAddress(text);
    expect(reading.ok && formatAddress(reading.value)).toBe(text);
  }
});

test("only addresses of the machine itself are loopback", () => {
  expect(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"].every(isLoopback)).toBe(true);
  expect(["0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "127.example.com"].some(isLoopback)).toBe(false);
});
