import { expect, test } from "bun:test";
import { DatagramFile } from "./datagrams.ts";
import { OctetFile } from "./octets.ts";
import { syslogOpener } from "./opener.ts";

test("nothing is opened before something is written, so that nobody who is away is an error", () => {
  const place = { host: "127.0.0.1", port: 1 };
  expect(syslogOpener({ kind: "tcp", ...place }).openNow("")).toBeInstanceOf(OctetFile);
  expect(syslogOpener({ kind: "udp", ...place }).openNow("")).toBeInstanceOf(DatagramFile);
  syslogOpener({ kind: "unix", path: "/nowhere/log" }).open("", (error, file) => {
    expect(error).toBeNull();
    expect(file).toBeInstanceOf(DatagramFile);
  });
});
