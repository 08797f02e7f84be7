// A client that opens many connections, makes one request on each, and then keeps them idle until its input ends. A process
// of its own, so that the descriptors of the load and of the measured proxy do not add up. Says `ready N` or `failed WHY`.
// Usage: bun bench/idle.ts PORT COUNT plain|tls

const [port, count] = process.argv.slice(2, 4).map(Number) as [number, number];
const tls = process.argv[4] === "tls" ? { tls: { rejectUnauthorized: false } } : {};
const request = "GET / HTTP/1.1\r\nHost: bench.example\r\n\r\n";
/** Each source address has about 28,000 ports; several leave room for those of other runs. */
const addresses = 8;
const openingMax = 200;

let opened = 0;
let answered = 0;

function fail(why: string): never {
  console.log(`failed ${why}`);
  process.exit(1);
}

function openNext(): void {
  if (opened === count) return;
  const number = opened++;
  const localAddress = `127.0.0.${2 + (number % addresses)}`;
  const options = {
    hostname: "127.0.0.1",
    port,
    localAddress,
    ...tls,
    socket: {
      open(socket: Bun.Socket) {
        // Over TLS it is held until the handshake is done.
        socket.write(request);
      },
      data(_: Bun.Socket, bytes: Buffer) {
        if (bytes.indexOf("HTTP/1.1 200") !== 0) fail(`answered ${bytes.subarray(0, 60)}`);
        answered++;
        if (answered === count) console.log(`ready ${count}`);
        else openNext();
      },
      close() {
        fail(`connection ${number} was closed`);
      },
      error(_: Bun.Socket, error: Error) {
        fail(error.message);
      },
    },
  };
  Bun.connect(options).catch((error: Error) => fail(`connection ${number}: ${error.message}`));
}

for (let opening = 0; opening < Math.min(openingMax, count); opening++) openNext();
for await (const _ of Bun.stdin.stream()) {
  // Nothing is said on it; its end is the sign.
}
process.exit(0);
