import { expect, test } from "bun:test";
import { parseClientHello } from "../wire/clienthello.ts";
import { helloOf } from "./hello.ts";

test("a hello asks for its name, or for none", () => {
  for (const name of ["a.example.com", ""]) {
    const bytes = helloOf(name);
    expect(parseClientHello(bytes, 0, bytes.length)).toMatchObject({ kind: "hello", serverName: name });
    expect(parseClientHello(bytes, 0, bytes.length - 1)).toMatchObject({ kind: "more" });
  }
});
