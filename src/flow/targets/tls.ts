// TLS with a target that a client has named: as browsers do it, without files or certificates of our own. Whose certificate it must be
// the target says, by its host; that is put in where a connection is made.
// What an operator wants otherwise of TLS with servers is for pools with servers of their own: a target is anybody's.

import type { ServerTlsPlan } from "../../config/plan.ts";

export const publicTls: ServerTlsPlan = {
  serverName: "",
  verify: true,
  ca: null,
  chain: null,
  key: null,
  minVersion: "1.2",
  maxVersion: "1.3",
  ciphers: "",
  alpn: [],
};
