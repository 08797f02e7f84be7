// Who changed what over the admin API, and who was refused: the newest first, and what comes as it comes.
// What ended while nobody listened is read again from the log, so that no line is missed; each stands once.

import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import type { AuditAnswer, AuditRecord } from "../../../src/control/api/shape/audit.ts";
import { keyOf, together } from "../data/auditlog.ts";
import { follow } from "../data/events.ts";
import { useResource } from "../data/resource.ts";
import { nowMs } from "../data/store.ts";
import { Asked } from "../parts/asked.tsx";
import { Drawer, Facts } from "../parts/drawer.tsx";
import { Mark, StatusCode } from "../parts/mark.tsx";
import { Empty } from "../parts/notice.tsx";
import { useOrder } from "../parts/ordering.ts";
import { type ColumnOf, Rows } from "../parts/rows.tsx";
import { Choices, Search } from "../parts/search.tsx";
import { Two } from "../parts/two.tsx";
import { When } from "../parts/when.tsx";
import { closeRow, openRow, place, refine } from "../router.ts";
import { whole } from "../text/format.ts";
import { isNarrow } from "../theme.ts";

const kept = 1000;

const columns: readonly ColumnOf<AuditRecord>[] = [
  {
    id: "at",
    title: "When",
    width: "10rem",
    narrow: "4.6rem",
    // As they came, though a clock be set back.
    sort: ({ number }) => number,
    cell: ({ at }) => <Made at={at} />,
  },
  {
    id: "actor",
    title: "Who",
    width: "minmax(7rem, 1fr)",
    narrow: "5.5rem",
    sort: ({ actor }) => actor,
    cell: ({ actor, peer }) => <b title={peer}>{actor}</b>,
  },
  {
    id: "operation",
    title: "What",
    width: "minmax(8rem, 1.2fr)",
    narrow: "1fr",
    sort: ({ operation }) => operation,
    cell: ({ operation, path }) =>
      // On a phone there is no column for where.
      isNarrow.value ? <Two above={words(operation)} below={placeOf(path, operation)} isEndShown /> : words(operation),
  },
  {
    id: "path",
    title: "At",
    width: "minmax(9rem, 2fr)",
    narrow: null,
    fromWidth: 560,
    sort: ({ path }) => path,
    cell: ({ path }) => <span title={path}>{shortPath(path)}</span>,
  },
  {
    id: "body",
    title: "Asked for",
    width: "minmax(8rem, 2fr)",
    narrow: null,
    fromWidth: 840,
    cell: ({ body, problem }) =>
      problem === null ? (
        <code class="quiet" title={body}>
          {body}
        </code>
      ) : (
        <span class="bad" title={problem}>
          {problem}
        </span>
      ),
  },
  {
    id: "status",
    title: "Answer",
    width: "4.5rem",
    narrow: "3rem",
    isNumber: true,
    sort: ({ status }) => status,
    cell: ({ status }) => <StatusCode status={status} />,
  },
];

/** "drainServer" as people say it. */
function words(operation: string): string {
  return operation.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Without what is done there, which is said already. */
function placeOf(path: string, operation: string): string {
  const [verb = ""] = words(operation).split(" ");
  const short = shortPath(path);
  return short.endsWith(`/${verb}`) ? short.slice(0, -verb.length - 1) : short;
}

function shortPath(path: string): string {
  const bare = path.replace(/^\/api\/v1\//, "");
  try {
    return decodeURIComponent(bare);
  } catch {
    return bare;
  }
}

function Made({ at }: { readonly at: string }): VNode {
  const isToday = new Date(at).toDateString() === new Date(nowMs.value).toDateString();
  return <When at={at} as={isToday ? "clock" : "moment"} />;
}

const isRefused = ({ problem }: AuditRecord): boolean => problem !== null;

export function Audit(): VNode {
  const asked = useResource<AuditAnswer>(`/api/v1/audit?limit=${kept}`, 60_000);
  const come = useSignal<readonly AuditRecord[]>([]);
  useEffect(
    () =>
      follow({
        path: "/api/v1/events?topics=audit",
        told: ({ name, data }) => {
          if (name === "audit") come.value = [JSON.parse(data) as AuditRecord, ...come.value].slice(0, kept);
        },
        // What happened while nobody listened is in the log.
        changed: (problem) => {
          if (problem !== null) return;
          come.value = [];
          asked.again();
        },
      }),
    [],
  );
  return (
    <div class="page listed">
      <h1 class="unseen">Audit</h1>
      <Asked of={asked} what="the audit log">
        {({ entries }) => <List all={together(come.value, entries, kept)} />}
      </Asked>
    </div>
  );
}

function List({ all }: { readonly all: readonly AuditRecord[] }): VNode {
  const { query, rest } = place.value;
  const sort = query["sort"] ?? "-at";
  const outcome = query["outcome"] ?? "";
  const chosen = outcome === "" ? all : all.filter((entry) => isRefused(entry) === (outcome === "refused"));
  const { rows, onHold } = useOrder({
    ...{ rows: chosen, keyOf, columns, sort, find: query["find"] ?? "" },
    textOf: (entry) =>
      `${entry.actor} ${entry.peer} ${words(entry.operation)} ${entry.path} ${entry.body} ${entry.problem ?? ""}`,
  });
  const opened = all.find((entry) => keyOf(entry) === rest[0]);
  return (
    <>
      <div class="bar-of-tools">
        <Search label="Search the audit log" placeholder="who, what, where…" />
        <Choices
          label="Outcome"
          name="outcome"
          choices={[
            { value: "", title: "all", count: all.length },
            { value: "done", title: "done", count: all.filter((entry) => !isRefused(entry)).length },
            { value: "refused", title: "refused", count: all.filter(isRefused).length },
          ]}
        />
      </div>
      <div class="beside">
        <Rows
          label="Changes"
          {...{ rows, keyOf, columns, sort, onHold }}
          onSort={(next) => refine({ sort: next })}
          opened={opened === undefined ? null : keyOf(opened)}
          onOpen={(entry) => openRow(keyOf(entry))}
          empty={
            all.length === 0 ? (
              <Empty title="Nothing was changed yet">
                Whatever is changed here, by the command line or by programs stands here with who it was; the log in the
                state folder keeps it.
              </Empty>
            ) : (
              <Empty title="No change is like that">Another search shows {whole(all.length)}.</Empty>
            )
          }
        />
        {opened === undefined ? null : <Detail entry={opened} />}
      </div>
    </>
  );
}

function Detail({ entry }: { readonly entry: AuditRecord }): VNode {
  const { at, actor, peer, operation, method, path, body, status, problem } = entry;
  return (
    <Drawer title={words(operation)} label={`Change ${operation}`} onClose={() => closeRow()}>
      <p class={`outcome ${problem === null ? "good" : "bad"}`}>
        <Mark state={problem === null ? "good" : "bad"} />
        <span>{problem ?? "done"}</span>
      </p>
      <Facts
        of={[
          ["When", <When key="when" at={at} as="since" />],
          ["Who", actor],
          ["From", peer],
          ["Request", <code key="request">{`${method} ${path}`}</code>],
          ["Answer", <StatusCode key="status" status={status} />],
        ]}
      />
      {body === "" ? null : (
        <>
          <h3>Asked for</h3>
          <pre class="code-block">{body}</pre>
        </>
      )}
    </Drawer>
  );
}
