// `sluice init`: a first config, with comments that say what may come next, and the line by which an editor finds its schema. It asks
// nothing, and writes over nothing. Its listener and servers are judged as those of `sluice run` are; the rest is the texts below.
// Exit code 0; 1: a file is there already, or cannot be written; 2: an address is none, or the name ends in nothing that is known here.

import { writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { fromCommandLine } from "../config/commandline.ts";
import { editorSchema } from "../config/editorschema.ts";
import { type Writer, writeProblems } from "./check.ts";

export interface InitOptions {
  readonly listen?: string | undefined;
  readonly to?: string | undefined;
  readonly toml?: boolean | undefined;
  readonly ts?: boolean | undefined;
}

const schemaName = "sluice.schema.json";
const usualServer = "127.0.0.1:8081";

type Text = (listen: string, servers: string, name: string) => string;

const yaml: Text = (listen, servers, name) => `# yaml-language-server: $schema=${schemaName}
# ${usage(name)}

# Where clients connect.
listeners:
  web:
    listen: ${listen}
    use: app
    # tls: { certificates: /etc/letsencrypt/live }
    # rules:
    #   - { if: "path.startsWith('/private/')", deny: 403 }

# Servers that answer the same.
pools:
  app:
    servers: [${servers}]
    balance: leastConnections
    # Asks each server by itself; one that does not answer is given no requests.
    # check: { http: /, every: 2s, rise: 2, fall: 3 }

# A line for each request; "-" is standard output.
# accessLog: { path: "-" }
`;

const toml: Text = (listen, servers, name) => `#:schema ./${schemaName}
# ${usage(name)}

# A line for each request; "-" is standard output.
# accessLog = { path = "-" }

# Where clients connect.
[listeners.web]
listen = ${listen}
use = "app"
# tls = { certificates = "/etc/letsencrypt/live" }
# rules = [{ if = "path.startsWith('/private/')", deny = 403 }]

# Servers that answer the same.
[pools.app]
servers = [${servers}]
balance = "leastConnections"
# Asks each server by itself; one that does not answer is given no requests.
# check = { http = "/", every = "2s", rise = 2, fall = 3 }
`;

const ts: Text = (listen, servers, name) => `import { defineConfig } from "sluice";

// ${usage(name)}
export default defineConfig({
  // Where clients connect.
  listeners: {
    web: {
      listen: ${listen},
      use: "app",
      // tls: { certificates: "/etc/letsencrypt/live" },
      // rules: [{ if: "path.startsWith('/private/')", deny: 403 }],
    },
  },
  // Servers that answer the same.
  pools: {
    app: {
      servers: [${servers}],
      balance: "leastConnections",
      // Asks each server by itself; one that does not answer is given no requests.
      // check: { http: "/", every: "2s", rise: 2, fall: 3 },
    },
  },
  // A line for each request; "-" is standard output.
  // accessLog: { path: "-" },
});
`;

const texts: Readonly<Record<string, Text>> = { ".yaml": yaml, ".yml": yaml, ".toml": toml, ".ts": ts };

export async function init(file: string | undefined, options: InitOptions, writer: Writer): Promise<number> {
  const path =
    file ?? (options.ts === true ? "sluice.config.ts" : options.toml === true ? "sluice.toml" : "sluice.yaml");
  const extension = extname(path);
  const text = texts[extension];
  const asked = options.ts === true ? ".ts" : options.toml === true ? ".toml" : extension;
  if (text === undefined || asked !== extension) {
    const ends = text === undefined ? Object.keys(texts).join(", ") : asked;
    writer.err(`sluice: ${path} must end in ${ends}`);
    return 2;
  }
  const { listen = ":8080", to = usualServer } = options;
  const judged = fromCommandLine({ listen, to });
  if (!judged.ok) {
    writeProblems(judged.problems, writer);
    return 2;
  }
  const isProgram = extension === ".ts";
  const quoted = (value: string): string => JSON.stringify(isProgram ? value : value.replaceAll("${", () => "$${"));
  const servers = to.split(",").flatMap((server) => (server.trim() === "" ? [] : [quoted(server.trim())]));
  if (!(await isWritten(path, text(quoted(listen), servers.join(", "), basename(path)), writer))) return 1;
  const schema = join(dirname(path), schemaName);
  const isSchema = !isProgram && (await isNew(schema, `${JSON.stringify(editorSchema(), null, 2)}\n`));
  writer.out(`${path} is written${isSchema ? `, and for editors its schema, ${schema}` : ""}`);
  writer.out(`  sluice check ${path}\n  sluice run -c ${path}`);
  return 0;
}

function usage(name: string): string {
  return `sluice check ${name} says what is wrong with it, sluice run -c ${name} runs it.`;
}

async function isWritten(path: string, text: string, writer: Writer): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: "wx" });
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException; // writeFile rejects with nothing else.
    writer.err(
      code === "EEXIST"
        ? `sluice: ${path} is there already, and is left as it is: name another file`
        : `sluice: ${path} cannot be written: ${message}`,
    );
    return false;
  }
}

/** One that is there stays: it is that of another version, or somebody's own. */
async function isNew(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: "wx" });
    return true;
  } catch {
    return false;
  }
}
