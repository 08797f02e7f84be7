// The pages for those who come from another proxy, walked through with the files of examples/, in which only ports and paths are a test's: what
// was configured there is checked, run and converted, and what comes of the conversion is run too.

import { expect, setDefaultTimeout } from "bun:test";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { examplesFolder } from "../examples.ts";
import { freePort } from "./harness/port.ts";
import { Redis } from "./harness/redis.ts";
import { Room } from "./harness/room.ts";
import { typed } from "./harness/transcript.ts";
import { walked } from "./harness/walk.ts";

setDefaultTimeout(180_000);

const exampleOf = (name: string): string => readFileSync(join(examplesFolder, name), "utf8");
const here = (): string => `127.0.0.1:${freePort()}`;

walked("docs/migrating/gobetween.md", [], async (walk) => {
  await using room = new Room();
  const admin = here();
  const text = exampleOf("gobetween.toml")
    .replace(":8080", here())
    .replace('output = "stderr"', 'output = "stdout"')
    .replaceAll("servers.sample", "servers.web");
  room.write("gobetween.toml", `${text}\n[api]\nenabled = true\nbind = "${admin}"\n`);
  await walk.follow({ room, admin, says: { "sluice convert gobetween.toml": /^pools:\n {2}web:/m } });
  walk.shows((await typed(room, admin, "sluice check gobetween.toml")).out);
});

walked("docs/migrating/gopherproxy.md", ["redis-server"], async (walk) => {
  await using room = new Room();
  const redis = await Redis.start(room);
  const [port, metrics] = [freePort(), freePort()];
  const admin = here();
  const text = exampleOf("gopherproxy/.env.example")
    .replace("localhost:16379", redis.address)
    .replace("=8080", `=${port}`)
    .replace("=2112", `=${metrics}`);
  room.write(".env", text.replace("SLUICE_ADMIN=", `SLUICE_ADMIN=${admin}`));
  await walk.follow({
    room,
    admin,
    prelude: `export PROXY_PORT=${port} METRICS_PORT=${metrics}`,
    words: { "redis:6379": redis.address },
    says: { "sluice gopherproxy --help": /METRICS_PORT/, "sluice convert .env": /^listeners:/m },
  });
});

walked("docs/migrating/goproxy.md", [], async (walk) => {
  await using room = new Room();
  const admin = here();
  mkdirSync(room.path("config"));
  const text = exampleOf("goproxy/config/cfg.toml").replace(":8080", here());
  for (const path of ["cfg.toml", "config/cfg.toml"]) room.write(path, text);
  await walk.follow({
    room,
    admin,
    // Where the machine has one of its own, which would come first, that is not ours to start.
    words: existsSync("/etc/proxy/cfg.toml") ? { "sluice goproxy": "sluice run -c config/cfg.toml" } : {},
    says: { "sluice check cfg.toml": /server\.log_path is approximated/ },
  });
  expect(readFileSync(room.path("sluice.yaml"), "utf8")).toMatch(/^listeners:/m);
});

walked("docs/migrating/haproxy.md", [], async (walk) => {
  await using room = new Room();
  const admin = here();
  room.write("haproxy.cfg", exampleOf("haproxy.cfg").replace(":8080", here()));
  await walk.follow({ room, admin });
  expect(readFileSync(room.path("sluice.yaml"), "utf8")).toMatch(/^listeners:/m);
  room.write(
    "reported.cfg",
    `defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
listen web
    bind :8080
    stick-table type ip size 100k expire 1m store http_req_rate(10s)
    http-request track-sc0 src
    http-request deny deny_status 429 if { sc_http_req_rate(0) gt 100 }
    cookie SRV insert indirect nocache
    server a 10.0.0.1:80 cookie a
`,
  );
  walk.shows((await typed(room, admin, "sluice convert --report reported.cfg")).out);
});

walked("docs/migrating/ipmanager.md", [], async (walk) => {
  await using room = new Room();
  const admin = here();
  const probe = freePort();
  cpSync(join(examplesFolder, "ipmanager/conf.d"), room.path("conf.d"), { recursive: true });
  room.write("access.log", "");
  const text = exampleOf("ipmanager/config.json")
    .replace("9095", String(probe))
    .replace("9096", String(freePort()))
    .replace("/tmp/sluice-ipmanager", room.folder);
  room.write("config.json", text);
  await walk.follow({
    room,
    admin,
    words: {
      "/etc/ipmanager/config.json": room.path("config.json"),
      "[--port 9095] [--parse]": `--port ${probe} --parse`,
    },
    says: { "sluice convert config.json": /^egress:/m },
  });
});
