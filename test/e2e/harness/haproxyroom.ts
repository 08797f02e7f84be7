// A folder with whatever the corpus and the fixtures of haproxy.cfg's front-end name: lists, pages, certificates.

import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Room } from "./room.ts";
import { authorityIn } from "./signed.ts";
import { repository } from "./sluice.ts";

export const fixtures: string = join(repository, "src", "config", "foreign", "haproxy", "fixtures");
export const environment: Readonly<Record<string, string | undefined>> = { ...process.env, CORPUS_SERVER: "127.0.0.1" };

const page = "HTTP/1.0 503 Service Unavailable\r\nContent-Type: text/plain\r\n\r\nSorry.\n";
const files: Readonly<Record<string, string>> = {
  "hosts.txt": "x.example.com\n",
  "more.txt": "/more\n",
  "nets.txt": "10.0.0.0/8\n",
  "names.map": "x.example.com app\n",
  "body.txt": "a body\n",
  "503.http": page,
};

export function furnished(): Room {
  const room = new Room();
  for (const [name, text] of Object.entries(files)) room.write(name, text);
  const authority = authorityIn(room);
  const { cert, key } = authority.issue(["DNS:a.example.com", "DNS:site.test"]);
  for (const folder of ["certs", "pki"]) mkdirSync(room.path(folder));
  for (const name of ["site.pem", "certs/site.pem", "pki/site.pem", "pki/client.pem"]) room.write(name, cert + key);
  room.write("pki/authority.pem", authority.cert);
  room.write("certs.list", "site.pem\n");
  room.write("names.list", "site.pem *.site.test\n");
  cpSync(join(fixtures, "errors"), room.path("errors"), { recursive: true });
  return room;
}
