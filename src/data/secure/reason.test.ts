import { expect, test } from "bun:test";
import { clientFailure, codeOf, isStanding, namelessFailure } from "./reason.ts";

const line = (name: string): { message: string; code: string } => ({
  message: `error:100000b8:SSL routines:OPENSSL_internal:${name}`,
  code: "EPROTO",
});

test("a code is BoringSSL's name of what went wrong, else the runtime's, else nothing", () => {
  expect(codeOf(line("NO_SHARED_CIPHER"))).toBe("NO_SHARED_CIPHER");
  expect(codeOf({ message: "self signed certificate", code: "DEPTH_ZERO_SELF_SIGNED_CERT" })).toBe(
    "DEPTH_ZERO_SELF_SIGNED_CERT",
  );
  expect([codeOf(null), codeOf(undefined), codeOf({ message: "" })]).toEqual(["", "", ""]);
});

test("what operators meet has words of its own, and what has none is readable", () => {
  const said = Object.fromEntries(
    [
      "NO_SHARED_CIPHER",
      "UNSUPPORTED_PROTOCOL",
      "HTTP_REQUEST",
      "TLSV1_ALERT_UNKNOWN_CA",
      "",
      "EXCESSIVE_MESSAGE_SIZE",
    ].map((code) => [code, clientFailure(code)]),
  );
  expect(said).toEqual({
    NO_SHARED_CIPHER: "no shared cipher",
    UNSUPPORTED_PROTOCOL: "no shared TLS version",
    HTTP_REQUEST: "plain HTTP on a TLS port",
    TLSV1_ALERT_UNKNOWN_CA: "the client does not know the authority of our certificate (unknown CA)",
    "": "the client closed",
    EXCESSIVE_MESSAGE_SIZE: "excessive message size",
  });
});

test("who is shown no certificate for want of a name is told so, and what else went wrong keeps its words", () => {
  const nameless = "the client asks for no name (SNI)";
  expect(["NO_CERTIFICATE_SET", "NO_SHARED_CIPHER"].map(namelessFailure)).toEqual([nameless, nameless]);
  expect(namelessFailure("UNSUPPORTED_PROTOCOL")).toBe("no shared TLS version");
  expect(namelessFailure("")).toBe("the client closed");
});

test("a connection stands when only a certificate is in question, whatever the runtime calls it", () => {
  const of = (isDone: boolean, code?: string): boolean =>
    isStanding(isDone, { message: "", ...(code ? { code } : {}) });
  expect(isStanding(true, null)).toBe(true);
  expect(of(true, "CERT_HAS_EXPIRED")).toBe(true);
  expect(of(false, "DEPTH_ZERO_SELF_SIGNED_CERT")).toBe(true);
  expect([isStanding(false, null), of(false), of(false, "EPROTO"), of(false, "ECONNRESET")]).toEqual(
    Array(4).fill(false),
  );
});
