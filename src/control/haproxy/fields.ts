// The columns of `show stat`, as HAProxy 2.6 has them and in its order, with what its typed output says of each: origin, nature and scope of
// the number, and its type. Names and letters are HAProxy's (management.txt, 9.1 and 9.2): tools go by them.

export interface Field {
  readonly name: string;
  /** Three letters: origin, nature, scope. */
  readonly tags: string;
  readonly type: "str" | "u32" | "s32" | "u64";
}

/** Groups of names, each behind the tags and the type of its numbers. */
const columns = `
  KNS:str pxname svname MGP:u32 qcur MMP:u32 qmax MGP:u32 scur MMP:u32 smax CLP:u32 slim MCP:u64 stot bin bout dreq
  dresp ereq econ eresp wretr wredis SGP:str status MaP:u32 weight SGP:u32 act bck MCP:u64 chkfail chkdown MAP:u32
  lastchg MCP:u32 downtime CLS:u32 qlimit KGP:u32 pid KGS:u32 iid sid MaP:u32 throttle MCP:u64 lbtot CNS:str tracked
  CGS:u32 type MRP:u32 rate CLP:u32 rate_lim MMP:u32 rate_max MOP:str check_status MOP:u32 check_code MDP:u64
  check_duration MCP:u64 hrsp_1xx hrsp_2xx hrsp_3xx hrsp_4xx hrsp_5xx hrsp_other hanafail MRP:u32 req_rate MMP:u32
  req_rate_max MCP:u64 req_tot cli_abrt srv_abrt comp_in comp_out comp_byp comp_rsp MAP:s32 lastsess MOP:str last_chk
  last_agt MaP:u32 qtime ctime rtime ttime MOP:str agent_status MOP:u32 agent_code MDP:u64 agent_duration MOP:str
  check_desc agent_desc CGS:u32 check_rise check_fall check_health agent_rise agent_fall agent_health CGS:str addr
  CNS:str cookie CGS:str mode algo MRP:u32 conn_rate MMP:u32 conn_rate_max MCP:u64 conn_tot intercepted dcon dses wrew
  connect reuse cache_lookups cache_hits MGP:u32 srv_icur CLP:u32 src_ilim MMP:u32 qtime_max ctime_max rtime_max
  ttime_max MCP:u64 eint MGP:u32 idle_conn_cur safe_conn_cur used_conn_cur need_conn_est MaP:u32 uweight MGP:u32
  agg_server_status agg_server_check_status agg_check_status MCP:u64 ssl_sess ssl_reused_sess ssl_failed_handshake
  h2_headers_rcvd h2_data_rcvd h2_settings_rcvd h2_rst_stream_rcvd h2_goaway_rcvd h2_detected_conn_protocol_errors
  h2_detected_strm_protocol_errors h2_rst_stream_resp h2_goaway_resp MGP:u64 h2_open_connections
  h2_backend_open_streams MCP:u64 h2_total_connections h2_backend_total_streams MGP:u64 h1_open_connections
  h1_open_streams MCP:u64 h1_total_connections h1_total_streams h1_bytes_in h1_bytes_out h1_spliced_bytes_in
  h1_spliced_bytes_out`;

export const statFields: readonly Field[] = fieldsIn(columns);

/** Modules have their columns behind these, in the CSV behind a column of its own, "-". */
const lastOfCore = "agg_check_status";

export const csvHeader: string = `# ${statFields.map(({ name }) => (name === lastOfCore ? `${name},-` : name)).join(",")},`;

/** What a row says of each column; what is not in it is not known, and empty. */
export type Row = Readonly<Record<string, string | number>>;

export function csvLine(row: Row): string {
  const cells = statFields.map(({ name }) => (name === lastOfCore ? `${quoted(row[name])},-` : quoted(row[name])));
  return `${cells.join(",")},`;
}

/** RFC 4180. */
function quoted(value: string | number | undefined): string {
  if (value === undefined) return "";
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** `F.2.0.4.scur.1:MGP:u32:0`: kind, proxy, server, column, process, tags, type, value. */
export function typedLines(row: Row): string[] {
  const head = `${kindOf(row).charAt(0)}.${row["iid"]}.${row["sid"]}`;
  return statFields.flatMap(({ name, tags, type }, at) => {
    const value = row[name];
    return value === undefined ? [] : [`${head}.${at}.${name}.1:${tags}:${type}:${value}`];
  });
}

export function jsonOf(row: Row): object[] {
  return statFields.flatMap((field, at) => {
    const value = row[field.name];
    if (value === undefined) return [];
    return [
      { objType: kindOf(row), proxyId: row["iid"], id: row["sid"], ...jsonField(at, field.name, field.tags) } as const,
    ].map((told) => ({ ...told, value: { type: field.type, value } }));
  });
}

/** Letters of tags in words, as JSON has them. */
const words: readonly Readonly<Record<string, string>>[] = [
  { M: "Metric", S: "Status", K: "Key", C: "Config", P: "Product" },
  {
    ...{ A: "Age", a: "Avg", C: "Counter", D: "Duration", G: "Gauge", L: "Limit", M: "Max", m: "Min" },
    ...{ N: "Name", O: "Output", R: "Rate", T: "Time" },
  },
  { C: "Cluster", P: "Process", S: "Service", Y: "System" },
];

export function jsonField(pos: number, name: string, tags: string): object {
  const [origin, nature, scope] = words.map((letters, at) => letters[tags.charAt(at)] ?? "");
  return { field: { pos, name }, processNum: 1, tags: { origin, nature, scope } };
}

function kindOf({ type }: Row): string {
  return type === 0 ? "Frontend" : type === 1 ? "Backend" : "Server";
}

function fieldsIn(text: string): Field[] {
  const fields: Field[] = [];
  let [tags, type] = ["", ""];
  for (const word of text.trim().split(/\s+/)) {
    if (word.includes(":")) [tags = "", type = ""] = word.split(":");
    else fields.push({ name: word, tags, type: type as Field["type"] }); // One of the four, as is written above.
  }
  return fields;
}
