// Downloads by signed links only: what signature.ts has not signed, or not lately, does not come to the files.
//
//   SIGNING_KEY=... sluice run -c examples/hooks/signed.sluice.config.ts
//   sluice test examples/hooks/signed.sluice.test.ts
import { defineConfig } from "sluice";
import { checkSignature } from "./signature.ts";

const key = process.env["SIGNING_KEY"];
if (key === undefined || key.length < 32) throw new Error("SIGNING_KEY must be set, to 32 characters or more");

export default defineConfig({
  listeners: { web: { listen: ":8080", use: "files", onRequest: checkSignature(key) } },
  pools: { files: { servers: ["127.0.0.1:8081"] } },
});
