import { expect, test } from "bun:test";
import { facilities, formatSyslogPlace, readSyslogPlace, severities } from "./syslogwords.ts";

test("numbers are those of RFC 5424", () => {
  expect([facilities.indexOf("daemon"), facilities.indexOf("local0"), facilities.indexOf("local7")]).toEqual([
    3, 16, 23,
  ]);
  expect([severities.indexOf("err"), severities.indexOf("info")]).toEqual([3, 6]);
});

test("a target is an address with its way, which may lack its port", () => {
  const place = (text: string): unknown => {
    const reading = readSyslogPlace(text);
    return reading.ok ? formatSyslogPlace(reading.value) : reading.message;
  };
  expect(place("udp://127.0.0.1:5514")).toBe("udp://127.0.0.1:5514");
  expect(place("udp://127.0.0.1")).toBe("udp://127.0.0.1:514");
  expect(place("TCP://[::1]")).toBe("tcp://[::1]:514");
  expect(place("tcp://logs.example:601")).toBe("tcp://logs.example:601");
  expect(place("unix:/dev/log")).toBe("unix:/dev/log");
  for (const wrong of ["127.0.0.1:514", "http://a", "udp://", "udp://a:b", "unix:x", "udp://a:99999", "udp://a:1^5"])
    expect(place(wrong)).toStartWith("must ");
});
