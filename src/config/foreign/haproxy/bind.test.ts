import { expect, test } from "bun:test";
import { partsOf, tried } from "./translated.fixture.ts";

const listens = (bind: string): unknown[] => {
  const { input, told } = tried(
    `frontend web\n mode http\n timeout client 1s\n ${bind}\n default_backend a\nbackend a\n mode http\n timeout connect 1s\n timeout server 1s\n server a 127.0.0.1:1`,
  );
  return [...Object.values(input.listeners).map(({ listen }) => listen), ...told];
};

test.each([
  ["bind *:80", ["0.0.0.0:80"]],
  ["bind :80", ["0.0.0.0:80"]],
  ["bind 0.0.0.0:80", ["0.0.0.0:80"]],
  ["bind :::80", [":80"]],
  ["bind :::80 v4v6", [":80"]],
  ["bind [::]:80", [":80"]],
  ["bind ::1:80", ["[::1]:80"]],
  ["bind 2001:db8::1:443", ["[2001:db8::1]:443"]],
  ["bind 10.0.0.1:80,10.0.0.2:81", ["10.0.0.1:80", "10.0.0.2:81"]],
  ["bind 127.0.0.1:8000-8002", ["127.0.0.1:8000", "127.0.0.1:8001", "127.0.0.1:8002"]],
  [
    "bind /run/x.sock mode 660",
    [
      "unix:/run/x.sock",
      "4:19 warning mode is approximated: the socket has the mode and owner that the system gives it",
    ],
  ],
  ["bind unix@/run/x.sock", ["unix:/run/x.sock"]],
  ["bind ipv4@:80", ["0.0.0.0:80"]],
  ["bind ipv6@:80", [":80"]],
  ["bind *:80\n bind :::80", [":80"]],
  ["bind :::80 v6only", [":80", "4:13 warning v6only is approximated: IPv4 clients are taken at this address too"]],
])("%s", (bind, expected) => {
  expect(listens(bind)).toEqual(expected);
});

test.each([
  ["bind", 'bind needs an address, as in "bind *:80"'],
  ["bind 80", '80 must be an address with a port, as in "*:80", "10.0.0.1:8080" or ":::443"'],
  ["bind :0", ":0 must have a port from 1 to 65535"],
  ["bind :9-1", ":9-1 must have a port from 1 to 65535"],
  ["bind :1-9999", ":1-9999 is a range of more than 64 ports"],
  ["bind foo@:80", 'foo@:80 begins with "foo@", which is no kind of address'],
  ["bind fd@3", "fd@3 is refused: sockets are not inherited; name the address"],
  [
    "bind :80 interface eth0",
    "interface is refused: a listener is bound to an address, not to an interface; name that address",
  ],
  ["bind :80 proto fcgi", "fcgi is refused: fcgi is not spoken; HTTP/1.1 and HTTP/2 are"],
  ["bind :80 maxconn", "maxconn needs a value behind it"],
  ["bind :80 sll", 'sll is no keyword of HAProxy\'s on a bind line; did you mean "ssl"?'],
  ["bind :80 ssl", "bind needs a certificate with ssl: crt and a file"],
  [
    "bind :80 ssl crt a.pem verify required",
    "required needs ca-file beside it: the authorities that sign clients' certificates",
  ],
  ["bind :80 ssl crt a.pem verify maybe ca-file b", "maybe must be none, optional or required"],
  ["bind :80 ssl crt a.pem ssl-min-ver TLS1.2", "TLS1.2 must be one of SSLv3, TLSv1.0, TLSv1.1, TLSv1.2, TLSv1.3"],
  ["bind :80 ssl crt-list x", "x cannot be read"],
])("%s is told", (bind, message) => {
  expect(partsOf([bind]).told).toContain(`error ${message}`);
});

const tlsOf = (words: string, global: readonly string[] = []): unknown =>
  partsOf([`bind :443 ssl crt a.pem ${words}`], undefined, global).listener.tls;

test("versions come to a range, however they are said, and what is usual here is not written", () => {
  const certificates = "a.pem";
  expect(tlsOf("ssl-min-ver TLSv1.3")).toEqual({ certificates, minVersion: "1.3" });
  expect(tlsOf("ssl-max-ver TLSv1.2")).toEqual({ certificates, maxVersion: "1.2" });
  expect(tlsOf("no-sslv3 no-tlsv10 no-tlsv11")).toEqual({ certificates });
  expect(tlsOf("no-tlsv10 no-tlsv11 no-tlsv12")).toEqual({ certificates, minVersion: "1.3" });
  expect(tlsOf("no-tlsv12")).toEqual({ certificates, minVersion: "1.3" });
  expect(partsOf(["bind :443 ssl crt a.pem no-tlsv12 no-tlsv13"]).told).toEqual([
    "error no-tlsv13 leaves no version of TLS that is spoken",
  ]);
  expect(tlsOf("no-tlsv13")).toEqual({ certificates, maxVersion: "1.2" });
  expect(tlsOf("force-tlsv13")).toEqual({ certificates, minVersion: "1.3" });
  expect(tlsOf("ssl-min-ver TLSv1.0")).toEqual({ certificates, minVersion: "1.0" });
  expect(tlsOf("", ["ssl-default-bind-options ssl-min-ver TLSv1.3"])).toEqual({ certificates, minVersion: "1.3" });
});

test("certificates, authorities and what global says for all", () => {
  const global = [
    "crt-base /certs",
    "ca-base /authorities",
    "ssl-default-bind-ciphers AES128-SHA",
    "ssl-default-bind-options no-tls-tickets",
  ];
  expect(tlsOf("crt b.pem crt /own/c.pem verify optional ca-file d.pem strict-sni", global)).toEqual({
    certificates: ["/certs/a.pem", "/certs/b.pem", "/own/c.pem"],
    unknownName: "refuse",
    ciphers: "AES128-SHA",
    clientCertificate: { mode: "optional", ca: "/authorities/d.pem" },
    sessionTickets: false,
  });
  expect(partsOf(["bind :80 crt a.pem"]).told).toEqual([
    "warning crt does nothing without ssl, as in HAProxy: clients are taken without TLS",
  ]);
});

test("protocols are offered as the line says; what is usual here is not written", () => {
  const alpn = (words: string): unknown => {
    const { listener, told } = partsOf([`bind :443 ssl crt a.pem ${words}`]);
    return [listener.tls === undefined ? null : (listener.tls.alpn ?? "usual"), listener.http2 ?? true, ...told];
  };
  expect(alpn("")).toEqual(["usual", true]);
  expect(alpn("alpn h2,http/1.1")).toEqual(["usual", true]);
  expect(alpn("alpn http/1.1")).toEqual([["http/1.1"], true]);
  expect(alpn("alpn h2")).toEqual([["h2"], true]);
  expect(alpn("alpn http/1.1,h2")).toEqual([["http/1.1", "h2"], true]);
  expect(alpn("alpn h2 no-alpn")).toEqual([[], true]);
  expect(alpn("no-alpn alpn h2")).toEqual([["h2"], true]);
  expect(alpn("alpn h2,http/1.1,http/1.0")).toEqual([
    "usual",
    true,
    "warning h2,http/1.1,http/1.0 is approximated: http/1.0 is not offered; HTTP/2 and HTTP/1.1 can be",
  ]);
  for (const old of ["ssl-min-ver TLSv1.0", "force-tlsv10"])
    expect(alpn(`alpn h2,http/1.1 ${old}`)).toEqual([
      "usual",
      true,
      "warning h2,http/1.1 is approximated: h2 is not offered where clients may come by TLS 1.0: HTTP/2 needs TLS 1.2 (ssl-min-ver TLSv1.2)",
    ]);
  expect((alpn("alpn h2 ssl-min-ver TLSv1.1") as unknown[]).slice(0, 2)).toEqual([[], true]);
  expect(alpn("alpn http/1.1 ssl-min-ver TLSv1.1")).toEqual(["usual", true]);
  const { input } = tried("listen x\n mode tcp\n bind :443 ssl crt a.pem alpn h2,http/1.1\n server a 127.0.0.1:1");
  expect(input.listeners["x"]?.tls).toEqual({ certificates: "a.pem", alpn: ["h2", "http/1.1"] });
});

test("HTTP/2 is switched off by proto h1, and by option disable-h2-upgrade where no line names it", () => {
  const listenerOf = (bind: string, option = ""): unknown[] => {
    const { input, told } = tried(
      `listen x\n mode http\n bind ${bind}\n timeout client 1s\n timeout connect 1s\n timeout server 1s\n ${option}\n server a 127.0.0.1:1`,
    );
    const { http2, tls } = input.listeners["x"] ?? {};
    return [http2, tls?.alpn, ...told];
  };
  expect(listenerOf(":80")).toEqual([undefined, undefined]);
  expect(listenerOf(":80 proto h2")).toEqual([undefined, undefined]);
  expect(listenerOf(":80 proto h1")).toEqual([false, undefined]);
  expect(listenerOf(":443 ssl crt a.pem proto h1")).toEqual([false, undefined]);
  expect(listenerOf(":443 ssl crt a.pem proto h1 alpn h2,http/1.1")).toEqual([false, undefined]);
  expect(listenerOf(":443 ssl crt a.pem proto h1 alpn h2")).toEqual([false, []]);
  const option = "option disable-h2-upgrade";
  expect(listenerOf(":80", option)).toEqual([false, undefined]);
  expect(listenerOf(":80", `${option}\n no ${option}`)).toEqual([undefined, undefined]);
  expect(listenerOf(":80 proto h2", option)).toEqual([undefined, undefined]);
  expect(listenerOf(":443 ssl crt a.pem", option)).toEqual([undefined, undefined]);
  expect(listenerOf(":443 ssl crt a.pem alpn h2,http/1.1", option)).toEqual([undefined, undefined]);
  expect(listenerOf(":443 ssl crt a.pem alpn http/1.1", option)).toEqual([false, ["http/1.1"]]);
  expect(tried("listen x\n mode tcp\n bind :80 proto h2\n server a 127.0.0.1:1").told).toContain(
    "3:17 error h2 is refused: HTTP/2 is spoken in mode http only",
  );
});

test("PROXY headers are believed from everybody in mode tcp, from private addresses in mode http", () => {
  const { listener, told } = partsOf(["bind :80 accept-proxy"]);
  expect(listener.proxyProtocol).toBe(true);
  expect(listener.trustedProxies).toContain("10.0.0.0/8");
  expect(listener.trustedProxies).not.toContain("0.0.0.0/0");
  expect(told).toHaveLength(1);
  const { input } = tried("listen x\n bind :443 accept-proxy\n server a 127.0.0.1:1");
  expect(input.listeners["x"]?.trustedProxies).toEqual(["0.0.0.0/0", "::/0"]);
});

test("maxconn 0 is none", () => {
  const { listener, told } = partsOf(["bind :80 maxconn 0"]);
  expect([listener.maxConnections, told]).toEqual([undefined, []]);
});

test("a bind's own maxconn comes before the frontend's, that before global's", () => {
  const { input } = tried(
    "global\n maxconn 9\nlisten x\n bind :1 maxconn 3\n bind :2\n maxconn 5\n server a 127.0.0.1:1\nlisten y\n bind :3\n server a 127.0.0.1:1",
  );
  expect(Object.values(input.listeners).map(({ maxConnections }) => maxConnections)).toEqual([3, 5, 9]);
});
