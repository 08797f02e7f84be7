// Words of HAProxy, nginx and other languages, and what is written here in their place. Who comes from there writes them by
// habit, and a message that a name is not known would send them to a manual. It knows words, and nothing of what they stand in.

const counters =
  "(?:gpc[01](?:_rate)?|gpt0|(?:conn|sess|http_req|http_err|http_fail)_(?:cnt|rate)|conn_cur|bytes_(?:in|out)_(?:cnt|rate)|server_id)";
const ofTable = new RegExp(`^(?:sc([0-9]*)_|(src)_|table_)?(?:get_|(inc|clr)_)?(${counters})$`);
const headerTest = /^(?:req\.?|res\.?|shdr|rsp)?f?hdr(?:_(?:beg|dir|dom|end|reg|sub|cnt|val|ip))?$/;
const test = /^(path|url|base|query)(?:_(beg|dir|dom|end|reg|sub|len))?$/;

const tests: Readonly<Record<string, string>> = {
  beg: "startsWith('/x')",
  dir: "startsWith('/x/')",
  dom: "subdomainOf('example.com')",
  end: "endsWith('.php')",
  reg: "matches('^/x')",
  sub: "contains('x')",
  len: "size()",
};

const words: Readonly<Record<string, string>> = {
  // HAProxy
  base: "host + path",
  cook: "cookies['name']",
  meth: "method",
  query_string: "query",
  url: "target",
  urlp: "params['name']",
  url_param: "params['name']",
  req_ssl_sni: "tls.sni",
  req_ssl_hello_type: "tls.hello",
  ssl_fc: "secure",
  ssl_fc_sni: "tls.sni",
  ssl_c_s_dn: "tls.subject",
  dst_port: "dstPort",
  src_port: "srcPort",
  nbsrv: "pools.NAME.up",
  status: "response.status",
  in_table: "NAME.has(key)",
  map: "lists.NAME[text]",
  lower: "host.lowerAscii()",
  // nginx
  uri: "path",
  document_uri: "path",
  request_uri: "target",
  args: "query",
  request_method: "method",
  http_host: "headers['host']",
  remote_addr: "src",
  binary_remote_addr: "src",
  remote_port: "srcPort",
  server_port: "dstPort",
  content_length: "contentLength",
  scheme: "secure ? 'https' : 'http'",
  ssl_server_name: "tls.sni",
  request_id: "requestId",
  // Both, and neither
  header: "headers['name']",
  cookie: "cookies['name']",
  param: "params['name']",
  ip: "src",
  client: "src",
  request: "the field alone: method, path, host, headers['name']",
  req: "the field alone: method, path, host, headers['name']",
  res: "response.status or response.headers['name']",
};

/** `; write …` as the end of a message, or nothing. */
export function habitOf(word: string): string {
  const found = meantBy(word.toLowerCase());
  return found === null ? "" : `; write ${found}`;
}

/** A variable of nginx, without its `$`. */
export function variableOf(name: string): string | null {
  const [, kind, rest] = /^(http|cookie|arg)_([a-z0-9_]+)$/.exec(name) ?? [];
  if (["host", "status"].includes(name)) return name === "host" ? "host" : "response.status";
  if (Object.hasOwn(words, name)) return words[name]!;
  if (kind === "http") return `headers['${rest!.replaceAll("_", "-")}']`;
  if (kind === "cookie") return `cookies['${rest}']`;
  return kind === "arg" ? `params['${rest}']` : null;
}

function meantBy(word: string): string | null {
  if (Object.hasOwn(words, word)) return words[word]!;
  if (headerTest.test(word)) return "headers['name'], or host for that of Host";
  const [, what, how] = test.exec(word) ?? [];
  if (what !== undefined && how !== undefined) return `${words[what] ?? what}.${tests[how]}`;
  return ofTable.test(word) ? counterOf(word) : null;
}

function counterOf(word: string): string {
  const [, slot, byAddress, action, counter] = ofTable.exec(word)!;
  const entry = byAddress === undefined && slot !== undefined ? `tracked[${slot || 0}]` : "TABLE[src]";
  if (action === "inc") return `increment(${entry}.${counter})`;
  if (action === "clr") return `clear(${entry}.${counter})`;
  return `${entry}.${counter}`;
}
