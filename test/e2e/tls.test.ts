// TLS towards clients, as openssl's own client sees it: which certificate, version, cipher and protocol, who is let in, what is
// resumed. One Sluice with a listener for each setting.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { AccessLog } from "./harness/accesslog.ts";
import { lastRequest, shake } from "./harness/openssl.ts";
import { Origin, ok } from "./harness/origin.ts";
import { freePort } from "./harness/port.ts";
import { curl, find } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { authorityIn, put } from "./harness/signed.ts";
import { type Draft, Sluice } from "./harness/sluice.ts";
import { says, until } from "./harness/wait.ts";

setDefaultTimeout(60_000);

const names = [
  "names",
  "refuse",
  "newest",
  "old",
  "cipher",
  "protocols",
  "required",
  "optional",
  "ticketless",
] as const;
const ports = Object.fromEntries(names.map((name) => [name, freePort()])) as Record<(typeof names)[number], number>;
let room: Room;
let log: AccessLog;
let sluice: Sluice;

describe.skipIf(find("openssl") === null || find("curl") === null)("openssl's client", () => {
  beforeAll(begin);
  afterAll(() => room[Symbol.asyncDispose]());

  const shown = async (port: number, name: string): Promise<string> =>
    (await shake(port, name === "" ? ["-noservername"] : ["-servername", name])).subject.replace("CN = ", "");

  test("is shown the certificate for the name that it asks for: exact, wildcard, or the default", async () => {
    const wanted: Record<string, string> = {
      "one.test": "one.test",
      "ONE.test": "one.test",
      "a.wild.test": "a.wild.test",
      "b.wild.test": "*.wild.test",
      "a.b.wild.test": "one.test",
      "wild.test": "one.test",
      "unknown.test": "one.test",
      "": "one.test",
    };
    const found: Record<string, string> = {};
    for (const name of Object.keys(wanted)) found[name] = await shown(ports.names, name);
    expect(found).toEqual(wanted);
  });

  test("is refused by unrecognized_name where unknown names are, and without a name", async () => {
    expect(await shown(ports.refuse, "one.test")).toBe("one.test");
    expect(await shown(ports.refuse, "x.wild.test")).toBe("*.wild.test");
    const refused = await shake(ports.refuse, ["-servername", "unknown.test"]);
    expect([refused.version, refused.subject]).toEqual(["", ""]);
    expect(refused.err).toContain("unrecognized name");
    for (const version of ["-tls1_2", "-tls1_3"]) {
      const nameless = await shake(ports.refuse, ["-noservername", version], lastRequest);
      expect([nameless.version, nameless.subject]).toEqual(["", ""]);
      expect(nameless.text).not.toContain("BEGIN CERTIFICATE");
    }
    await says(sluice, "the client asks for no name (SNI)");
  });

  test("speaks 1.2 and 1.3, and neither where it is not allowed", async () => {
    const version = async (port: number, flag: string): Promise<string> =>
      (await shake(port, [flag, "-cipher", "DEFAULT@SECLEVEL=0"])).version;
    expect(await version(ports.names, "-tls1_3")).toBe("TLSv1.3");
    expect(await version(ports.names, "-tls1_2")).toBe("TLSv1.2");
    expect(await version(ports.names, "-tls1_1")).toBe("");
    expect(await version(ports.newest, "-tls1_3")).toBe("TLSv1.3");
    expect(await version(ports.newest, "-tls1_2")).toBe("");
    expect(await version(ports.old, "-tls1_1")).toBe("TLSv1.1");
    expect(await version(ports.old, "-tls1_3")).toBe("");
    await says(sluice, "listener newest: TLS handshake failed: no shared TLS version");
  });

  test("gets one of the ciphers that are allowed, or none", async () => {
    const offered = async (cipher: string): Promise<string> =>
      (await shake(ports.cipher, ["-tls1_2", "-cipher", cipher])).cipher;
    expect(await offered("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384")).toBe(
      "ECDHE-ECDSA-AES256-GCM-SHA384",
    );
    expect(await offered("ECDHE-ECDSA-AES128-GCM-SHA256")).toBe("");
    await until("it to be told", () =>
      sluice.stderr.includes("listener cipher: TLS handshake failed: no shared cipher"),
    );
  });

  test("agrees on a protocol in the order of the listener, and is refused when none is shared", async () => {
    const agreed = async (port: number, ...words: string[]): Promise<string> => {
      const answer = await shake(port, words);
      return answer.version === "" ? "refused" : answer.alpn;
    };
    expect(await agreed(ports.names, "-alpn", "http/1.1")).toBe("http/1.1");
    expect(await agreed(ports.names)).toBe("");
    expect(await agreed(ports.names, "-alpn", "h3")).toBe("refused");
    expect(await agreed(ports.newest, "-alpn", "h2,http/1.1")).toBe("http/1.1");
    expect(await agreed(ports.newest, "-alpn", "h2")).toBe("refused");
    expect(await agreed(ports.names, "-alpn", "http/1.1,h2")).toBe("h2");
    // Clients of TLS 1.0 may come here, who must not speak HTTP/2.
    expect(await agreed(ports.old, "-alpn", "h2,http/1.1", "-cipher", "DEFAULT@SECLEVEL=0")).toBe("http/1.1");
    expect(await agreed(ports.protocols, "-alpn", "two,one")).toBe("one");
    expect(await agreed(ports.protocols, "-alpn", "two,three")).toBe("two");
    expect(await agreed(ports.protocols, "-alpn", "three")).toBe("refused");
  });

  test("is resumed by a ticket in 1.2 and in 1.3, and not without tickets", async () => {
    for (const version of ["-tls1_2", "-tls1_3"]) {
      const session = room.path(`session${version}`);
      const first = await shake(ports.names, [version, "-sess_out", session], lastRequest);
      expect([first.isResumed, first.text.includes("200 OK")]).toEqual([false, true]);
      const second = await shake(ports.names, [version, "-sess_in", session], lastRequest);
      expect([second.isResumed, second.text.includes("200 OK")]).toEqual([true, true]);
      const ticketless = room.path(`ticketless${version}`);
      await shake(ports.ticketless, [version, "-sess_out", ticketless], lastRequest);
      if (await Bun.file(ticketless).exists())
        expect((await shake(ports.ticketless, [version, "-sess_in", ticketless], lastRequest)).isResumed).toBe(false);
    }
    await sluice.counted(2, "sluice_tls_handshakes_total", { listener: "names", result: "resumed" });
    await sluice.counted(0, "sluice_tls_handshakes_total", { listener: "ticketless", result: "resumed" });
  });

  /** "200" with the subject that the log has, "-" when it has none; or "refused". */
  const asks = async (port: number, version: string, certificate: string): Promise<string> => {
    const own =
      certificate === "" ? [] : ["-cert", room.path(`${certificate}.crt`), "-key", room.path(`${certificate}.key`)];
    const target = `/${certificate}${version}${port}`;
    const answer = await shake(port, [version, ...own], lastRequest.replace("GET /", `GET ${target}`));
    if (!answer.text.includes("200 OK")) return "refused";
    const line = await log.line(target, (line) => line.target === target);
    return `200 ${line.client_subject ?? "-"} ${line.tls_version}`;
  };

  test.each(["1.2", "1.3"])("shows a certificate of its own where one is wanted, by TLS %s", async (version) => {
    const flag = `-tls${version.replace(".", "_")}`;
    const found: Record<string, string> = {};
    for (const certificate of ["client", "", "foreign", "expired"])
      for (const [name, port] of [
        ["required", ports.required],
        ["optional", ports.optional],
      ] as const)
        found[`${name} ${certificate}`] = await asks(port, flag, certificate);
    expect(found).toEqual({
      "required client": `200 CN=client.test ${version}`,
      "optional client": `200 CN=client.test ${version}`,
      "required ": "refused",
      "optional ": `200 - ${version}`,
      "required foreign": "refused",
      "optional foreign": "refused",
      "required expired": "refused",
      "optional expired": "refused",
    });
    for (const reason of ["client certificate required", "of an unknown authority", "certificate has expired"])
      await says(sluice, reason);
  });

  test("a session that began with a certificate comes back with it, and one without does not pass for it", async () => {
    const own = ["-cert", room.path("client.crt"), "-key", room.path("client.key")];
    for (const version of ["-tls1_2", "-tls1_3"]) {
      const session = room.path(`owned${version}`);
      const target = `/again${version}`;
      await shake(ports.required, [version, ...own, "-sess_out", session], lastRequest);
      const again = await shake(
        ports.required,
        [version, "-sess_in", session],
        lastRequest.replace("GET /", `GET ${target}`),
      );
      // Resumed with its certificate, or asked for it anew and refused; never let in as nobody.
      if (again.text.includes("200 OK"))
        expect((await log.line(target, (line) => line.target === target)).client_subject).toBe("CN=client.test");
      const other = room.path(`nobody${version}`);
      await shake(ports.optional, [version, "-sess_out", other], lastRequest);
      const nobody = await shake(ports.required, [version, "-sess_in", other], lastRequest);
      expect(nobody.text).not.toContain("200 OK");
    }
  });

  test("curl trusts what is shown, by each name", async () => {
    for (const name of ["one.test", "a.wild.test", "z.wild.test"]) {
      const to = ["--resolve", `${name}:${ports.names}:127.0.0.1`, `https://${name}:${ports.names}/`];
      expect((await curl("--cacert", room.path("ca.pem"), ...to)).out).toBe("hello");
    }
    const other = ["--resolve", `two.test:${ports.names}:127.0.0.1`, `https://two.test:${ports.names}/`];
    expect((await curl("--cacert", room.path("ca.pem"), ...other)).code).toBe(60);
  });
});

async function begin(): Promise<void> {
  room = new Room();
  log = new AccessLog(room);
  const authority = authorityIn(room);
  const foreign = authorityIn(room, "foreign.pem", "Foreign CA");
  put(room, "one", authority.issue(["DNS:one.test"]));
  put(room, "wild", authority.issue(["DNS:*.wild.test"]));
  put(room, "exact", authority.issue(["DNS:a.wild.test"]));
  put(room, "client", authority.issue(["DNS:client.test"]));
  put(room, "expired", authority.issue(["DNS:client.test"], -1));
  put(room, "foreign", foreign.issue(["DNS:client.test"]));
  const origin = new Origin(room, () => ok("hello"));
  const certificates = ["one.crt", "wild.crt", "exact.crt"];
  const listener = (port: number, tls: object, more: object = {}): object => ({
    listen: `127.0.0.1:${port}`,
    use: "app",
    tls: { certificates, ...tls },
    ...more,
  });
  sluice = await Sluice.start(room, {
    listeners: {
      names: listener(ports.names, {}),
      refuse: listener(ports.refuse, { unknownName: "refuse" }),
      newest: listener(ports.newest, { minVersion: "1.3" }, { http2: false }),
      old: listener(ports.old, { minVersion: "1.0", maxVersion: "1.2" }),
      cipher: listener(ports.cipher, { maxVersion: "1.2", ciphers: "ECDHE-ECDSA-AES256-GCM-SHA384" }),
      protocols: listener(ports.protocols, { alpn: ["one", "two"] }, { mode: "tcp" }),
      required: listener(ports.required, { clientCertificate: { mode: "required", ca: "ca.pem" } }),
      optional: listener(ports.optional, { clientCertificate: { mode: "optional", ca: "ca.pem" } }),
      ticketless: listener(ports.ticketless, { sessionTickets: false }),
    } as NonNullable<Draft["listeners"]>,
    pools: { app: { servers: [origin.address] } },
    accessLog: log.config,
  });
}
