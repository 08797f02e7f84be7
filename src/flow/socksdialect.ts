// What a client that speaks SOCKS5 is told of its tunnel, where one that speaks HTTP is told a status: the reply that says the same,
// as far as there is one (RFC 1928 section 6). Why a target was refused is not its business.

import type { Fault } from "../base/fault.ts";
import { type SocksReply, socksReply, socksReplyBytes } from "../wire/socks.ts";
import type { Dialect } from "./requester.ts";

export const socksDialect: Dialect = {
  established: socksReplyBytes(socksReply.succeeded),
  refused: (status, what) => socksReplyBytes(replyFor(status, what)),
};

function replyFor(status: number, what: Fault | null): SocksReply {
  switch (what?.code) {
    case "connect_refused":
      if (what.detail === "ENETUNREACH") return socksReply.networkUnreachable;
      return what.detail === "EHOSTUNREACH" ? socksReply.hostUnreachable : socksReply.refused;
    case "hop_unreachable":
    case "connect_timeout":
    case "name_unresolved":
    case "resolve_timeout":
    case "bad_target":
      return socksReply.hostUnreachable;
    default:
      return status >= 500 ? socksReply.failed : socksReply.denied;
  }
}
