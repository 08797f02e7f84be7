// Somebody who looks at a Sluice under load, as the console does: one event stream, read to its end, and the status now and then. What is
// told must come, or nothing would have been measured.

const statusMs = 5000;

export interface Looking {
  /** Throws when nothing was told. */
  end(): void;
}

export async function look(admin: string, topics: string): Promise<Looking> {
  const ending = new AbortController();
  const { signal } = ending;
  const response = await fetch(`http://${admin}/api/v1/events?topics=${topics}`, { signal });
  if (response.status !== 200 || response.body === null) throw new Error(`the event stream answers ${response.status}`);
  let bytes = 0;
  void (async () => {
    for await (const piece of response.body!) bytes += piece.length;
  })().catch(() => {});
  const timer = setInterval(() => {
    fetch(`http://${admin}/api/v1/status`, { signal })
      .then((answer) => answer.arrayBuffer())
      .catch(() => {});
  }, statusMs);
  return {
    end: () => {
      clearInterval(timer);
      ending.abort();
      if (bytes === 0) throw new Error("nothing was told of what was measured");
    },
  };
}
