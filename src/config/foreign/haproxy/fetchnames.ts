// What HAProxy fetches (configuration manual, 7.3.2 to 7.3.6), in one long table by name: its type, when it is there, and its expression here. A text
// in place of these says why there is none. Aliases of older versions stand beside the names of 2.6.

import { authenticated, credentials, inGroups } from "./auth.ts";
import { readBlock } from "./cidrwords.ts";
import {
  absent,
  type Code,
  call,
  choose,
  index,
  member,
  method,
  no,
  number,
  pattern,
  primary,
  relate,
  text,
  yes,
} from "./code.ts";
import { fault, refuse } from "./objection.ts";
import {
  givenStatus,
  isMethodEdited,
  isStatusEdited,
  isTargetEdited,
  receivedMethod,
  receivedTarget,
} from "./received.ts";
import { literally } from "./regex.ts";
import {
  addressIn,
  item,
  type Kind,
  mapSample,
  missingSample,
  nameIn,
  type Sample,
  type Site,
  sampleOf,
  variableName,
} from "./sample.ts";
import { type Conversion, type Service, serverLines, type Word } from "./scene.ts";
import { serverName } from "./servername.ts";

/** When it is there: session after TLS, hello in the content of mode tcp, stream for what belongs to a request or content. */
export type Needs = "any" | "session" | "hello" | "request" | "response" | "stream";

export interface Fetch {
  readonly kind: Kind;
  readonly needs: Needs;
  readonly argsMin: number;
  readonly argsMax: number;
  make(args: readonly string[], site: Site, word: Word): Code | Sample;
}

type Make = Fetch["make"];
type Side = "request" | "response";

function fetch(kind: Kind, needs: Needs, make: Code | Make, argsMin = 0, argsMax: number = argsMin): Fetch {
  return { kind, needs, argsMin, argsMax, make: typeof make === "function" ? make : () => make };
}

const path = primary("path");
const query = primary("query");
const sni = primary("tls.sni");
/** What HAProxy calls pathq. */
export const pathAndQuery: Code = relate(
  path,
  "+",
  choose(call("has", query), relate(text("?"), "+", query), text("")),
);

function headers(side: Side): Code {
  return primary(side === "request" ? "headers" : "response.headers");
}

/** Values of a list field each; of a Host there is one. */
function fieldValues(side: Side, kind: Kind, change: (code: Code) => Code): Make {
  return ([name = "", occurrence], _site, word) => {
    if (name === "") return refuse(word, "all fields together are not there: name one in brackets");
    if (!/^-?\d{1,3}$/.test(occurrence ?? "0"))
      return fault(word, "has a number of an occurrence that is no whole number");
    const values = method(headers(side), "list", text(name.toLowerCase()));
    if (name.toLowerCase() === "host" && side === "request") return change(index(headers(side), text("host")));
    return several(values, kind, change, occurrence, word);
  };
}

function several(
  list: Code,
  kind: Kind,
  change: (code: Code) => Code,
  occurrence: string | undefined,
  word: Word,
): Sample {
  if (!/^-?\d{1,3}$/.test(occurrence ?? "0"))
    return fault(word, "has a number of an occurrence that is no whole number");
  // 0 is as good as none, which is the last.
  const at = Number(occurrence ?? 0) || -1;
  const one = change(index(list, number(at > 0 ? at - 1 : at)));
  const sample = sampleOf(kind, one);
  return occurrence === undefined ? { ...sample, each: { list, item: change(item) } } : sample;
}

const asIs = (code: Code): Code => code;
const asInt = (code: Code): Code => call("int", code);

/** Each field as a whole. */
function wholeFields(side: Side): Make {
  return ([name = "", occurrence], _site, word) => {
    if (name === "") return refuse(word, "all fields together are not there: name one in brackets");
    const named = text(name.toLowerCase());
    // What is sent twice is refused.
    if (/^(?:host|content-length)$/i.test(name)) return index(headers(side), named);
    return several(method(headers(side), "lines", named), "text", asIs, occurrence, word);
  };
}

function fieldCount(side: Side, isWhole: boolean): Make {
  return ([name = ""], _site, word) => {
    if (name === "") return refuse(word, "fields are counted by name only: name one in brackets");
    const named = text(name.toLowerCase());
    if (isWhole) return method(headers(side), "count", named);
    // What is not there has no list of values, and none at all is 0.
    return choose(
      call("has", index(headers(side), named)),
      method(method(headers(side), "list", named), "size"),
      number(0),
    );
  };
}

/** Of cookies that are sent several times the last counts, and for an ACL each. */
function cookieOf([name = ""]: readonly string[], _site: Site, word: Word): Sample {
  if (name === "") return refuse(word, "cookies are asked for by name only");
  return several(method(primary("cookies"), "list", text(name)), "text", asIs, undefined, word);
}

function cookieCount([name = ""]: readonly string[], _site: Site, word: Word): Code {
  if (name === "") return refuse(word, "cookies are asked for by name only");
  const list = method(primary("cookies"), "list", text(name));
  return choose(call("has", list), method(list, "size"), number(0));
}

/** A field is a list to HAProxy, and only the first cookie of each counts. */
function setCookieOf([name = ""]: readonly string[], _site: Site, word: Word): Sample {
  if (name === "") return refuse(word, "cookies are asked for by name only");
  const list = method(headers("response"), "list", text("set-cookie"));
  const cookie = `${literally(name)}[ \\t]*=[ \\t]*([^;,]*)`;
  const last = index(headers("response"), text("set-cookie"));
  return {
    ...sampleOf("text", found(last, `(?:^|,[ \\t]*)${cookie}`, "[\\s\\S]*")),
    each: { list, item: found(item, `^${cookie}`) },
  };
}

/** What the group of an expression finds first in a text, or as far behind as `before` reaches; absent when it is not found. */
function found(code: Code, expression: string, before = "[\\s\\S]*?"): Code {
  return choose(
    method(code, "matches", pattern(expression)),
    method(code, "replaceRegex", pattern(`^${before}${expression}[\\s\\S]*$`), text("$1")),
    absent,
  );
}

function parameter([name = "", delimiter]: readonly string[], _site: Site, word: Word): Sample {
  if (name === "") return refuse(word, "parameters are asked for by name only");
  if (delimiter !== undefined && delimiter !== "?" && delimiter !== "")
    return refuse(word, "parameters stand behind a question mark only");
  // As it is sent: what is percent-encoded stays so. An ACL asks of every one of that name, or one that says it twice gets past it.
  // HAProxy takes a question mark for a separator too, wherever it stands.
  const list = method(
    method(method(query, "replace", text(";"), text("&")), "replace", text("?"), text("&")),
    "split",
    text("&"),
  );
  const begin = `${name}=`;
  const one = choose(method(item, "startsWith", text(begin)), method(item, "substring", number(begin.length)), absent);
  const first = found(relate(text("&"), "+", query), `[&;?]${literally(name)}=([^&;?]*)`);
  return { ...sampleOf("text", first), each: { list, item: one } };
}

const host = index(primary("headers"), text("host"));
const base = relate(choose(call("has", host), host, text("")), "+", path);
const methodIn = (_args: readonly string[], { conversion }: Site): Code =>
  isMethodEdited(conversion.proxies) ? nameIn("vars", receivedMethod) : primary("method");

const url = relate(choose(call("has", host), host, text("")), "+", pathAndQuery);

/** A table takes of it as much as it is wide, and nobody reads it: any digest does for HAProxy's own. */
function digested(of: Code): Code {
  return method(relate(relate(of, "+", text(" ")), "+", call("string", primary("src"))), "sha256");
}

function poolFigure(figure: string): Make {
  return ([name], site, word) => {
    const backend = backendNamed(site, word, name);
    // Nothing leads to servers, and there may be no pool.
    if (backend.disabled !== undefined || serverLines(backend).length === 0) return number(0);
    return member(nameIn("pools", site.conversion.nameOf("pool", backend.name)), figure);
  };
}

/** That whose rules these are, where none is named. */
function backendNamed(site: Site, word: Word, name: string | undefined): Service {
  if (name === undefined || name === "")
    return site.proxy.kind === "frontend" ? fault(word, "must name a backend in brackets") : site.proxy;
  const backend = site.conversion.proxies.find((proxy) => proxy.name === name && proxy.kind !== "frontend");
  return backend ?? fault(word, `asks a backend ${JSON.stringify(name)}, and there is none of that name`);
}

/** Of a backend with one server that is the same as whether any is up. */
function serverIsUp([written = ""]: readonly string[], site: Site, word: Word): Code {
  const [backend, server] = written.includes("/") ? written.split("/", 2) : [undefined, written];
  const proxy = backendNamed(site, word, backend);
  const servers = serverLines(proxy).filter(({ words }) => words[0]!.text === "server");
  const asked = servers.find(({ words }) => words[1]?.text === server);
  if (asked === undefined)
    return fault(word, `asks server ${JSON.stringify(server)}, which backend ${proxy.name} does not have`);
  // Of a backend that is disabled no server is checked, and each stays as it began.
  if (proxy.disabled !== undefined)
    return asked.words.slice(3).some(({ text: said }) => said === "disabled") ? no : yes;
  if (servers.length > 1) return refuse(word, "of a backend with several servers only how many are up is told: nbsrv");
  return relate(member(nameIn("pools", site.conversion.nameOf("pool", proxy.name)), "up"), ">", number(0));
}

function constantAddress([written = ""]: readonly string[], _site: Site, word: Word): Code {
  return call("ip", text(readBlock(word, written).replace(/\/\d+$/, "")));
}

function integer(word: Word, written: string): number {
  return /^-?\d{1,15}$/.test(written)
    ? Number(written)
    : fault(word, `must have a whole number in brackets, not ${JSON.stringify(written)}`);
}

function environmental(conversion: Conversion, name: string, word: Word): Sample {
  if (name.startsWith("HAPROXY_")) return refuse(word, `${name} is what HAProxy tells of itself`);
  const value = conversion.variableOf(name);
  return value === undefined ? missingSample("text", `${name} is not set`) : sampleOf("text", text(value));
}

export const hello: Code = primary("tls.hello");
export const helloType: Code = choose(hello, number(1), number(0));

const seconds = call("int", primary("now"));
const noSuch = "Sluice does not tell that to rules";
const noPeer = "what is known of the connection to the server is not told to rules";
const noPayload = "what a connection carries is not looked at by rules";
const noCertificate = "of a client's certificate only its subject and SHA-256 are told to rules";

function alike(names: string, fetched: Fetch | string): Record<string, Fetch | string> {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, fetched]));
}

export const fetches: Readonly<Record<string, Fetch | string>> = {
  always_true: fetch("bool", "any", yes),
  always_false: fetch("bool", "any", no),
  bool: fetch("bool", "any", ([value = ""]) => (/^(?:true|1)$/i.test(value) ? yes : no), 1),
  int: fetch("int", "any", ([value = ""], _site, word) => number(integer(word, value)), 1),
  str: fetch("text", "any", ([value = ""]) => text(value), 0, 1),
  ipv4: fetch("address", "any", constantAddress, 1),
  ipv6: fetch("address", "any", constantAddress, 1),
  meth: fetch("text", "any", ([value = ""]) => text(value), 1),
  var: fetch(
    "any",
    "any",
    ([name = "", fallback], _site, word) => {
      const value = nameIn("vars", variableName(word, name));
      return fallback === undefined ? value : choose(call("has", value), value, text(fallback));
    },
    1,
    2,
  ),
  rand: fetch(
    "int",
    "any",
    ([range], _site, word) => ({
      ...sampleOf(
        "int",
        call("int", relate(call("random"), "*", number(range === undefined ? 2 ** 32 : integer(word, range)))),
      ),
      isEffect: true,
    }),
    0,
    1,
  ),
  uuid: fetch(
    "text",
    "any",
    ([version = "4"], _site, word) =>
      version === "4"
        ? { ...sampleOf("text", call("uuid")), isEffect: true }
        : fault(word, "must be uuid or uuid(4), as in HAProxy"),
    0,
    1,
  ),
  // Of this machine, where the file is read.
  hostname: fetch("text", "any", (_args, { conversion }, word) => {
    const name = conversion.textOf("/proc/sys/kernel/hostname")?.trim() ?? "";
    return name === "" ? refuse(word, "this machine does not tell its name") : text(name);
  }),
  env: fetch("text", "any", ([name = ""], { conversion }, word) => environmental(conversion, name, word), 1),
  date: fetch(
    "int",
    "any",
    ([offset, unit], _site, word) => {
      if (unit !== undefined && unit !== "s") return refuse(word, "times are told in seconds only");
      return offset === undefined ? seconds : relate(seconds, "+", number(integer(word, offset)));
    },
    0,
    2,
  ),
  stopping: fetch("bool", "any", no),
  wait_end: fetch("bool", "any", yes),
  "unique-id": fetch("text", "stream", primary("requestId")),
  fe_name: fetch("text", "any", (_args, { proxy }, word) =>
    proxy.kind === "backend"
      ? refuse(word, "which frontend a request came by is not told to the rules of a backend")
      : text(proxy.name),
  ),
  be_name: fetch("text", "any", (_args, { proxy }, word) =>
    proxy.kind === "frontend"
      ? refuse(word, "which backend it will be is not told to the rules of a frontend")
      : text(proxy.name),
  ),

  src: fetch("address", "any", primary("src")),
  src_port: fetch("int", "any", primary("srcPort")),
  dst: fetch("address", "any", primary("dst")),
  dst_port: fetch("int", "any", primary("dstPort")),
  fc_src: fetch("address", "any", primary("peer")),
  fc_dst: fetch("address", "any", primary("dst")),
  fc_dst_port: fetch("int", "any", primary("dstPort")),
  src_is_local: fetch("bool", "any", relate(primary("src"), "==", primary("dst"))),
  fc_http_major: fetch("int", "stream", call("int", method(primary("version"), "field", text("."), number(1)))),

  ssl_fc: fetch("bool", "session", primary("secure")),
  ssl_fc_sni: fetch("text", "session", sni),
  ssl_fc_has_sni: fetch("bool", "session", call("has", sni)),
  ssl_fc_protocol: fetch("text", "session", relate(text("TLSv"), "+", primary("tls.version"))),
  ssl_fc_cipher: fetch("text", "session", primary("tls.cipher")),
  ssl_fc_alpn: fetch("text", "session", primary("tls.alpn")),
  ssl_fc_is_resumed: fetch("bool", "session", primary("tls.resumed")),
  ssl_c_used: fetch("bool", "session", call("has", primary("tls.subject"))),
  ssl_fc_has_crt: fetch("bool", "session", call("has", primary("tls.subject"))),
  // A certificate that is not good ends the handshake, so there is no other result.
  ssl_c_verify: fetch("int", "session", choose(primary("secure"), number(0), absent)),
  ssl_c_s_dn: fetch(
    "text",
    "session",
    ([part], _site, word) => {
      if (part === undefined || part === "") return primary("tls.subject");
      if (!/^[A-Za-z0-9.]+$/.test(part)) return fault(word, "must name a part of a subject, such as CN");
      // RFC 2253 writes the first part last.
      return found(primary("tls.subject"), `(?:^|,)${literally(part)}=([^,]*)(?!.*,${literally(part)}=)`);
    },
    0,
    1,
  ),
  ...alike("req.ssl_sni req_ssl_sni", fetch("text", "hello", sni)),
  ...alike("req.ssl_hello_type req_ssl_hello_type", fetch("int", "hello", helloType)),

  method: fetch("text", "request", methodIn),
  path: fetch("text", "request", path),
  pathq: fetch("text", "request", pathAndQuery),
  query: fetch("text", "request", query),
  url: fetch("text", "request", primary("target")),
  base: fetch("text", "request", base),
  baseq: fetch("text", "request", url),
  base32: fetch("int", "request", method(base, "xxh32")),
  url32: fetch("int", "request", method(url, "xxh32")),
  "base32+src": fetch("bytes", "request", digested(base)),
  "url32+src": fetch("bytes", "request", digested(url)),
  ...alike("req.ver req_ver", fetch("text", "request", primary("version"))),
  ...alike("req.proto_http req_proto_http", fetch("bool", "request", yes)),
  ...alike("hdr req.hdr", fetch("text", "request", fieldValues("request", "text", asIs), 0, 2)),
  ...alike("hdr_val req.hdr_val", fetch("int", "request", fieldValues("request", "int", asInt), 0, 2)),
  ...alike("hdr_ip req.hdr_ip", fetch("address", "request", fieldValues("request", "address", addressIn), 0, 2)),
  ...alike("hdr_cnt req.hdr_cnt", fetch("int", "request", fieldCount("request", false), 0, 1)),
  "req.fhdr": fetch("text", "request", wholeFields("request"), 0, 2),
  "req.fhdr_cnt": fetch("int", "request", fieldCount("request", true), 0, 1),
  ...alike("cook req.cook", fetch("text", "request", cookieOf, 0, 1)),
  ...alike(
    "cook_val req.cook_val",
    fetch("int", "request", (...of) => mapSample(cookieOf(...of), "int", asInt), 0, 1),
  ),
  ...alike("cook_cnt req.cook_cnt", fetch("int", "request", cookieCount, 0, 1)),
  ...alike("urlp url_param", fetch("text", "request", parameter, 0, 2)),
  urlp_val: fetch("int", "request", (...of) => mapSample(parameter(...of), "int", asInt), 0, 2),
  "req.body_size": fetch(
    "int",
    "request",
    choose(call("has", primary("contentLength")), primary("contentLength"), number(0)),
  ),
  http_auth: fetch("bool", "request", authenticated, 1),
  http_auth_group: fetch("text", "request", inGroups, 1),
  http_auth_user: fetch("text", "request", method(credentials, "field", text(":"), number(1))),
  http_auth_pass: fetch("text", "request", method(credentials, "replaceRegex", text("^[^:]*:"), text(""))),
  http_auth_type: fetch(
    "text",
    "request",
    method(index(primary("headers"), text("authorization")), "word", text(" "), number(1)),
  ),
  http_auth_bearer: fetch(
    "text",
    "request",
    choose(
      method(index(primary("headers"), text("authorization")), "matches", text("(?i)^bearer ")),
      method(index(primary("headers"), text("authorization")), "word", text(" "), number(2)),
      absent,
    ),
  ),

  ...alike(
    "status res.status",
    fetch("int", "response", (_args, { conversion, isSent }) => {
      const given = nameIn("vars", givenStatus);
      const status = primary("response.status");
      return isSent !== true && isStatusEdited(conversion.proxies) ? choose(call("has", given), given, status) : status;
    }),
  ),
  ...alike("res.hdr shdr", fetch("text", "response", fieldValues("response", "text", asIs), 0, 2)),
  ...alike("res.hdr_val shdr_val", fetch("int", "response", fieldValues("response", "int", asInt), 0, 2)),
  ...alike("res.hdr_ip shdr_ip", fetch("address", "response", fieldValues("response", "address", addressIn), 0, 2)),
  ...alike("res.hdr_cnt shdr_cnt", fetch("int", "response", fieldCount("response", false), 0, 1)),
  "res.fhdr": fetch("text", "response", wholeFields("response"), 0, 2),
  "res.fhdr_cnt": fetch("int", "response", fieldCount("response", true), 0, 1),
  ...alike("res.cook scook", fetch("text", "response", setCookieOf, 0, 1)),
  srv_name: fetch("text", "response", (_args, site, word) => serverName(site, word)),

  ...alike(
    "capture.req.hdr",
    fetch("text", "stream", ([id = ""], _site, word) => nameIn("vars", `capture_req_${integer(word, id)}`), 1),
  ),
  ...alike(
    "capture.res.hdr",
    fetch("text", "response", ([id = ""], _site, word) => nameIn("vars", `capture_res_${integer(word, id)}`), 1),
  ),
  // The first to be set in a request are gone through all its rules, those of the response among them.
  "capture.req.method": fetch("text", "stream", methodIn),
  "capture.req.uri": fetch("text", "stream", (_args, { conversion }) =>
    isTargetEdited(conversion.proxies) ? nameIn("vars", receivedTarget) : pathAndQuery,
  ),
  "capture.req.ver": fetch("text", "stream", relate(text("HTTP/"), "+", primary("version"))),

  nbsrv: fetch("int", "any", poolFigure("up"), 0, 1),
  be_conn: fetch("int", "any", poolFigure("active"), 0, 1),
  queue: fetch("int", "any", poolFigure("queued"), 0, 1),
  srv_is_up: fetch("bool", "any", serverIsUp, 1),

  ...alike(
    `avg_queue be_conn_free be_id be_server_timeout be_sess_rate be_tunnel_timeout connslots cpu_calls cpu_ns_avg cpu_ns_tot
    cur_server_timeout cur_tunnel_timeout date_us dst_conn dst_is_local fc_dst_is_local fc_err fc_err_str fc_fackets fc_lost
    fc_pp_authority fc_pp_unique_id fc_rcvd_proxy fc_reordering fc_retrans fc_rtt fc_rttvar fc_sacked fc_src_is_local
    fc_src_port fc_unacked fe_client_timeout fe_conn fe_defbe fe_id fe_req_rate fe_sess_rate http_first_req lat_ns_avg
    lat_ns_tot last_rule_file last_rule_line nbproc nbthread nbsess pid prio_class prio_offset proc quic_enabled req.hdr_names
    req.hdrs req.hdrs_bin req.timer.hdr req.timer.idle res.hdr_names res.hdrs res.hdrs_bin res.ver resp_ver server_status so_id
    so_name srv_conn srv_conn_free srv_id srv_iweight srv_queue srv_sess_rate srv_uweight srv_weight table_avl table_cnt thread
    txn.sess_term_state url_ip url_port res.cook_cnt scook_cnt res.cook_val scook_val bin capture.res.ver cookie fcgi.docroot
    fcgi.index res.cache_hit res.cache_name res.comp res.comp_algo`,
    noSuch,
  ),
  ...alike(
    `bc_dst bc_dst_port bc_err bc_err_str bc_http_major bc_src bc_src_port ssl_bc ssl_bc_alg_keysize ssl_bc_alpn ssl_bc_cipher
    ssl_bc_client_random ssl_bc_err ssl_bc_err_str ssl_bc_is_resumed ssl_bc_npn ssl_bc_protocol ssl_bc_server_random
    ssl_bc_session_id ssl_bc_session_key ssl_bc_unique_id ssl_bc_use_keysize ssl_s_chain_der ssl_s_der ssl_s_i_dn
    ssl_s_key_alg ssl_s_notafter ssl_s_notbefore ssl_s_s_dn ssl_s_serial ssl_s_sha1 ssl_s_sig_alg ssl_s_version`,
    noPeer,
  ),
  ...alike(
    `payload payload_lv req.payload req.payload_lv req_len req.len req.body req.body_len req.body_param res.payload
    res.payload_lv res.body
    res.body_len res.body_size res.len rep_ssl_hello_type res.ssl_hello_type req_rdp_cookie req_rdp_cookie_cnt req.rdp_cookie
    req.rdp_cookie_cnt rdp_cookie rdp_cookie_cnt req.ssl_ver req_ssl_ver req.ssl_alpn req.ssl_cipherlist req.ssl_ec_ext
    req.ssl_keyshare_groups req.ssl_sigalgs req.ssl_st_ext req_ssl_st_ext req_ssl_ec_ext mqtt distcc_body distcc_param`,
    noPayload,
  ),
  ...alike(
    `ssl_c_ca_err ssl_c_ca_err_depth ssl_c_chain_der ssl_c_der ssl_c_err ssl_c_i_dn ssl_c_key_alg ssl_c_notafter ssl_c_notbefore
    ssl_c_serial ssl_c_sha1 ssl_c_sig_alg ssl_c_version ssl_f_der ssl_f_i_dn ssl_f_key_alg ssl_f_notafter ssl_f_notbefore
    ssl_f_s_dn ssl_f_serial ssl_f_sha1 ssl_f_sig_alg ssl_f_version ssl_fc_alg_keysize ssl_fc_cipherlist_bin
    ssl_fc_cipherlist_hex ssl_fc_cipherlist_str ssl_fc_cipherlist_xxh ssl_fc_client_random ssl_fc_err ssl_fc_err_str
    ssl_fc_has_early ssl_fc_npn ssl_fc_protocol_hello_id ssl_fc_server_random ssl_fc_session_id ssl_fc_session_key
    ssl_fc_unique_id ssl_fc_use_keysize ssl_fc_client_early_traffic_secret ssl_fc_client_handshake_traffic_secret
    ssl_fc_client_traffic_secret_0 ssl_fc_early_exporter_secret ssl_fc_ecformats_bin ssl_fc_eclist_bin ssl_fc_exporter_secret
    ssl_fc_extlist_bin ssl_fc_server_handshake_traffic_secret ssl_fc_server_traffic_secret_0`,
    noCertificate,
  ),
};
