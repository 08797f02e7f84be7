// What HAProxy, nginx and their like call the things that have another name here. Only for "did you mean": nothing is taken for
// another word in silence. A word stands for the first of its meanings that is known where it was written, and may come with
// what else there is to write.

/** Our word, and what to say instead of only that word. */
type Meaning = readonly [word: string, advice?: string];

const hashed = (key: string): Meaning => [
  "consistentHash",
  `write { policy: "consistentHash", key: ${JSON.stringify(key)} }`,
];

function foreignConfig(program: string, part: string): string {
  return `a config of ${program} is not read: docs/README.md#${part} has its words beside ours`;
}

/** Foreign words in lower case, without dashes and underscores. */
const meanings: Record<string, readonly Meaning[]> = {
  // Ways to choose a server.
  leastconn: [["leastConnections"]],
  leastbytes: [["leastBandwidth"]],
  leasttime: [["peakEwma"]],
  roundrobin: [["roundRobin"]],
  rr: [["roundRobin"]],
  staticrr: [["weightedRoundRobin"]],
  wrr: [["weightedRoundRobin"]],
  weight: [["weightedRoundRobin"]],
  source: [["ipHash"]],
  sticky: [["ipHash", 'write "ipHash", or give the pool a sticky cookie']],
  uri: [hashed("uri")],
  url: [hashed("uri")],
  hash: [hashed("uri")],
  hdr: [hashed("header:NAME")],
  header: [hashed("header:NAME")],
  // Modes.
  stream: [["tcp"]],
  layer4: [["tcp"]],
  l4: [["tcp"]],
  layer7: [["http"]],
  l7: [["http"]],
  https: [["http", 'write "http", and tls beside it']],
  // Whole configs of other programs.
  entrypoints: [["listeners", foreignConfig("Traefik", "in-traefiks-words")]],
  providers: [["listeners", foreignConfig("Traefik", "in-traefiks-words")]],
  apps: [["listeners", foreignConfig("Caddy", "in-caddys-words")]],
  http: [["listeners", "write listeners, and pools of the servers behind them"]],
  staticresources: [
    ["listeners", "a config of Envoy is not read: write listeners, and pools of the servers behind them"],
  ],
  // Sections.
  frontend: [["listeners"]],
  frontends: [["listeners"]],
  server: [["servers"]],
  backends: [["pools"], ["servers"]],
  upstreams: [["pools"], ["servers"]],
  backend: [["use"], ["pools"], ["servers"]],
  upstream: [["use"], ["pools"], ["servers"]],
  defaultbackend: [["use"]],
  proxypass: [["use"]],
  pool: [["use"], ["pools"]],
  // Keys.
  bind: [["listen"], ["source"]],
  host: [["address"]],
  maxconn: [["maxConnections"]],
  maxconns: [["maxConnections"]],
  ssl: [["tls"]],
  crt: [["certificates"], ["certificate"]],
  cert: [["certificates"], ["certificate"]],
  certs: [["certificates"]],
  sslcertificate: [["certificates"], ["certificate"]],
  sslcertificatekey: [["certificates", "write certificates: [{ certificate, key }]"], ["key"]],
  cafile: [["ca"]],
  crtlist: [["certificates"]],
  acmehosts: [["acme"]],
  domains: [["acme"]],
  letsencrypt: [["acme"]],
  caserver: [["directory"]],
  directoryurl: [["directory"]],
  sslminver: [["minVersion"]],
  sslmaxver: [["maxVersion"]],
  sslprotocols: [["minVersion"]],
  sslciphers: [["ciphers"]],
  verifyclient: [["clientCertificate"]],
  mtls: [["clientCertificate"], ["certificate"]],
  servername: [["serverName"], ["name"]],
  insecure: [["verify", "write verify: false, if you must"]],
  insecureskipverify: [["verify", "write verify: false, if you must"]],
  acceptproxy: [["proxyProtocol", "write proxyProtocol: true"]],
  sendproxy: [["proxyProtocol", 'write proxyProtocol: "v1"']],
  sendproxyv2: [["proxyProtocol", 'write proxyProtocol: "v2"']],
  snirouting: [["sni"]],
  inter: [["every"]],
  interval: [["every"]],
  expectstring: [["receive"]],
  command: [["exec"]],
  // Tables, rules, lists.
  sticktable: [["tables"], ["track"]],
  sticktables: [["tables"]],
  limitreqzone: [["tables", "write a rule with limit: { rate: ... }"]],
  limitconnzone: [["tables", "write a table that stores conn_cur, and a rule that tracks it"]],
  limitreq: [
    ["limit", 'write limit: { rate: "10/s", burst: 20 }'],
    ["rules", "write a rule with limit: { rate: ... }"],
  ],
  limitconn: [["rules", "write a table that stores conn_cur, and a rule that tracks it"]],
  zone: [["table"]],
  key: [["by"]],
  location: [["to"]],
  to: [
    ["listeners", "write pools: { app: { servers: [ADDRESS] } }, and use: app in a listener"],
    ["sni", "write pools: { app: { servers: [ADDRESS] } }, and use: app here"],
  ],
  code: [["status"]],
  burst: [["limit", 'write limit: { rate: "10/s", burst: 20 }']],
  rate: [["limit", 'write limit: { rate: "10/s", burst: 20 }']],
  ratelimit: [["limit"], ["rules", "write a rule with limit: { rate: ... }"]],
  tracksc0: [["track", "write track: { table, by, slot: 0 }"]],
  tracksc1: [["track", "write track: { table, by, slot: 1 }"]],
  tracksc2: [["track", "write track: { table, by, slot: 2 }"]],
  stickon: [["stick"]],
  nopurge: [["full", 'write full: "refuse"']],
  type: [["policy"], ["key"]],
  acl: [
    ["if", "write the condition itself, as an expression in if"],
    ["rules", "write rules with conditions in if"],
  ],
  acls: [["rules", "write rules with conditions in if"]],
  condition: [["if"]],
  when: [["if"]],
  unless: [["if", "write if with a ! before the condition"]],
  geo: [["lists"]],
  maps: [["lists"]],
  map: [["lists"]],
  allowlist: [["lists"]],
  whitelist: [["lists"]],
  httprequest: [["rules", "write rules, a list"], ["request"]],
  httpresponse: [["rules", "write rules: { response: [...] }"], ["response"]],
  tcprequest: [["rules", "write rules: { connection: [...] }"], ["connection"]],
  tcpresponse: [["rules"]],
  usebackend: [["use"], ["rules", "write a rule with if and use"]],
  allow: [["accept", "write accept: true"]],
  block: [["deny"]],
  denystatus: [["status"], ["deny", "write deny: with the status"]],
  silentdrop: [["drop", "write drop: true"]],
  return: [["reply"]],
  setheaders: [["setHeader"]],
  addheaders: [["addHeader"]],
  delheader: [["removeHeader"]],
  proxysetheader: [["setHeader"], ["rules", "write a rule with setHeader"]],
  addheader: [["addHeader"], ["rules", "write a rule with addHeader"]],
  rewrite: [["setPath"], ["rules", "write a rule with setPath"]],
  setvar: [["set", 'write set: { vars.NAME: "..." }']],
  incgpc0: [["mark"]],
  setgpt0: [["set", 'write set: { "TABLE[src].gpt0": ... }']],
  errorfile: [["errors", 'write errors: { 503: "file" }'], ["file"]],
  errorfiles: [["errors"]],
  errorpage: [["errors", 'write errors: { 503: "file" }']],
  bandwidth: [["slowDown"]],
  limitrate: [["slowDown"]],
  clientmaxbodysize: [["body"], ["maxBody"], ["rules", "write limits: { body: ... }, or a rule with maxBody"]],
  strictsni: [["unknownName", 'write unknownName: "refuse"']],
};

/** The end of a message, `; did you mean …?` or `; write …`, or nothing when the word is not known to us. */
export function meaning(word: string, words: readonly string[]): string {
  const bare = word.toLowerCase().replaceAll(/[-_. ]/g, "");
  const known = Object.hasOwn(meanings, bare) ? meanings[bare]! : [];
  const found = known.find(([ours]) => words.includes(ours));
  if (found === undefined) return "";
  const [ours, advice] = found;
  return advice === undefined ? `; did you mean ${JSON.stringify(ours)}?` : `; ${advice}`;
}
