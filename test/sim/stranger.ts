// A client that sends what must be refused. Behind the offence it hides a request without an id: should any server ever see
// it, the register complains. What it is answered does not matter here (test/conform judges that); that it ends does.

import type { End } from "./network.ts";
import { Script } from "./script.ts";
import type { Swarm } from "./swarm.ts";
import { Violation, type World } from "./world.ts";

const hidden = "GET /hidden HTTP/1.1\r\nHost: sim.test\r\n\r\n";

const offences: readonly string[] = [
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${hidden.length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
  `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
  `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n${hidden}`,
  `GET / HTTP/1.1\r\nHost : a\r\n\r\n${hidden}`,
  `GET / HTTP/1.1\nHost: a\n\n${hidden}`,
  `GET / HTTP/1.1\r\n\r\n${hidden}`,
  `GET / HTTP/2.0\r\nHost: a\r\n\r\n${hidden}`,
  `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;\nx\r\n${hidden}`,
  "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001",
  `GET /${"a".repeat(20_000)}`,
  `GET / HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(20_000)}`,
  "GET / HT",
  "",
];

export class Stranger {
  readonly name: string;
  readonly answered = 0;
  isDone = false;

  constructor(world: World, name: string, end: End) {
    this.name = name;
    const script = new Script(world, end);
    if (world.chance(0.3)) {
      script.dripBytes = world.between(1, 50);
      script.dripMs = world.between(1, 100);
    }
    end.ears = {
      data: () => {},
      writable: () => script.run(),
      end: () => {
        script.stop();
        end.close();
        this.isDone = true;
      },
      closed: () => {
        script.stop();
        this.isDone = true;
      },
    };
    script.send(world.pick(offences)).run();
  }
}

const flood = "GET /flood HTTP/1.1\r\nHost: sim.test\r\n\r\n".repeat(1000);
/** A client that asks without end and never reads: the proxy must soon stop reading it, and must not keep its requests. */
export class Flooder {
  readonly name: string;
  readonly answered = 0;
  isDone = true;

  constructor(world: World, swarm: Swarm, name: string, end: End) {
    this.name = name;
    const script = new Script(world, end);
    // A few reads, and far more is said.
    const bytesMax = 3 * swarm.readBytesMax + 4_000;
    end.pause();
    end.ears = {
      data: () => {},
      writable: () => {
        if (end.peer.readBytes > bytesMax)
          throw new Violation(`${name}: ${end.peer.readBytes} bytes were read from it`);
        script.run();
      },
      end: () => {},
      closed: () => script.stop(),
    };
    for (let bytes = 0; bytes < 2 * bytesMax; bytes += flood.length) script.send(flood);
    script.run();
  }
}
