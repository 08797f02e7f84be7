// What caches hold and what they are worth: the part of requests that needs no server, over the last ten minutes. Below it the two things that
// people come for when something is wrong: why a request is answered from a cache or is not, and taking out what should not be there.

import type { VNode } from "preact";
import type { CacheSummary, CachesAnswer } from "../../../src/control/cache/answer.ts";
import { useResource } from "../data/resource.ts";
import { figures } from "../data/store.ts";
import { cacheLine, cacheTrails } from "../data/trails.ts";
import { Asked } from "../parts/asked.tsx";
import { Chart } from "../parts/chart.tsx";
import { Facts } from "../parts/drawer.tsx";
import { Mark } from "../parts/mark.tsx";
import { Meter } from "../parts/meter.tsx";
import { Empty, Gone } from "../parts/notice.tsx";
import { fragmentOf, place } from "../router.ts";
import { bytes, count, share, whole } from "../text/format.ts";
import { purge } from "./cachepurge.tsx";
import { CacheWhy } from "./cachewhy.tsx";

export function Cache(): VNode {
  const caches = useResource<CachesAnswer>("/api/v1/caches", 2000);
  return (
    <div class="page wide-page">
      <h1 class="unseen">Cache</h1>
      <Asked of={caches} what="caches">
        {({ caches: all }) => {
          if (all.length === 0)
            return (
              <Empty title="No caches">
                A pool with <code>cache: true</code> keeps what its servers allow to be kept; how that goes stands here.
              </Empty>
            );
          const wanted = place.value.rest[0] || all[0]!.name;
          const cache = all.find(({ name }) => name === wanted);
          return (
            <>
              {all.length > 1 || cache === undefined ? <Strip all={all} now={wanted} /> : null}
              {cache === undefined ? (
                <Gone what="cache" name={wanted} />
              ) : (
                <One key={cache.name} cache={cache} all={all} told={caches.again} />
              )}
            </>
          );
        }}
      </Asked>
    </div>
  );
}

function Strip({ all, now }: { readonly all: readonly CacheSummary[]; readonly now: string }): VNode {
  return (
    <nav class="strip" aria-label="Caches">
      {all.map(({ name, holds }) => {
        const live = figures.value?.caches.find((each) => each.name === name);
        return (
          <a
            title={name}
            key={name}
            href={fragmentOf({ page: "cache", rest: [name], query: place.value.query })}
            aria-current={name === now}
          >
            <b>{name}</b>
            <span class="quiet">{live === undefined ? "" : `${share(live.hitRatio)} hits`}</span>
            <span class="strip-figure">{holds === null ? "in each worker" : bytes(holds.bytes)}</span>
            <Meter value={holds?.bytes ?? 0} of={holds?.bytesMax ?? 0} />
          </a>
        );
      })}
    </nav>
  );
}

interface OneProps {
  readonly cache: CacheSummary;
  readonly all: readonly CacheSummary[];
  /** Something was changed. */
  readonly told: () => void;
}

function One({ cache, all, told }: OneProps): VNode {
  const { name } = cache;
  return (
    <>
      <Numbers cache={cache} />
      <div class="charts">
        <Chart
          title="Hit ratio"
          of={cacheTrails}
          most={1}
          format={share}
          lines={[
            { column: cacheLine(name, "ratio"), title: "answered from the cache", colour: "--good", width: 2 },
            { column: cacheLine(name, "fill"), title: "full", colour: "--line-2", dash: [4, 3] },
          ]}
        />
        <Chart
          title="Requests"
          of={cacheTrails}
          format={count}
          lines={[
            { column: cacheLine(name, "misses"), title: "misses", colour: "--warn", isStacked: true },
            { column: cacheLine(name, "hits"), title: "hits", colour: "--good", isStacked: true },
          ]}
        />
      </div>
      <div class="halves">
        <CacheWhy caches={all.map((each) => each.name)} told={told} />
        <section>
          <header class="section-head">
            <h2>{name}</h2>
            <button type="button" class="danger" onClick={() => purge({ kind: "url", value: "", cache: name }, told)}>
              Purge…
            </button>
          </header>
          <Facts of={factsOf(cache)} />
        </section>
      </div>
    </>
  );
}

function Numbers({ cache: { name, holds } }: { readonly cache: CacheSummary }): VNode {
  const live = figures.value?.caches.find((each) => each.name === name);
  const shown: readonly (readonly [string, string, string | null])[] = [
    ["Hit ratio", share(live?.hitRatio), "in the last second"],
    ["Hits", count(live?.hits), "per second"],
    ["Misses", count(live?.misses), "per second"],
    [
      "Responses",
      count(holds?.entries ?? live?.entries),
      holds === null ? null : `${count(holds.fetching)} on their way`,
    ],
    [
      "Room taken",
      bytes(holds?.bytes ?? live?.bytes),
      holds === null ? null : `${share(holds.bytes / holds.bytesMax)} of ${bytes(holds.bytesMax)}`,
    ],
    ["Made room", count(holds?.evictions), "dropped for others"],
  ];
  return (
    <dl class="numbers six">
      {shown.map(([title, value, note]) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd>
            <b>{value}</b>
            {note === null ? null : <small title={note}>{note}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function factsOf({
  memory,
  policy,
  objectBytesMax,
  remote,
  pools,
  holds,
}: CacheSummary): Parameters<typeof Facts>[0]["of"] {
  return [
    ["Pools", pools.join(", ")],
    ["Memory", memory === "shared" ? "one for all workers" : "each worker has one of its own; nobody can look into it"],
    [
      "What stays",
      { tinylfu: "what is asked for often (TinyLFU)", lru: "what was asked for last", lfu: "what is asked for often" }[
        policy
      ],
    ],
    ["Largest response", bytes(objectBytesMax)],
    ["Not let in", holds === null ? null : `${whole(holds.refusals)} by the policy, ${whole(holds.misfits)} too large`],
    ["Remembered not to keep", holds === null ? null : whole(holds.marks)],
    [
      "Redis behind it",
      remote === null ? null : (
        <span key="redis">
          <Mark state={remote.state === "up" ? "good" : "bad"} /> {remote.state}
        </span>
      ),
    ],
  ];
}
