// One exchange in full: its outcome first, then where the time went, then who and what. Every value that can be filtered by is a link that
// does it. It comes from the list, or, where that has let go of it, from the recorder.

import type { ComponentChildren, VNode } from "preact";
import type { ExchangeRecord } from "../../../src/control/api/shape/exchange.ts";
import { withFilter } from "../data/requestfilter.ts";
import { useResource } from "../data/resource.ts";
import { Drawer, Facts } from "../parts/drawer.tsx";
import { StatusCode } from "../parts/mark.tsx";
import { Empty, Failure } from "../parts/notice.tsx";
import { Waterfall } from "../parts/waterfall.tsx";
import { When } from "../parts/when.tsx";
import { closeRow, fragmentOf } from "../router.ts";
import { bytes } from "../text/format.ts";

export interface RequestDetailProps {
  readonly id: string;
  readonly known: ExchangeRecord | undefined;
  readonly find: string;
}

export function RequestDetail({ id, known, find }: RequestDetailProps): VNode {
  const asked = useResource<ExchangeRecord>(
    known === undefined ? `/api/v1/requests/${encodeURIComponent(id)}` : null,
    0,
  );
  const record = known ?? asked.data.value;
  const close = (): void => closeRow();
  if (record === null)
    return (
      <Drawer title="Request" label="Request" onClose={close}>
        {asked.error.value === null ? (
          <Empty title="Asking the flight recorder…" />
        ) : (
          <Failure error={asked.error.value} />
        )}
      </Drawer>
    );
  return (
    <Drawer title={<Title record={record} />} label="Request" onClose={close} actions={<Actions record={record} />}>
      <p class="url">
        <b>{record.method}</b> {record.host}
        {record.path}
        {record.isCut ? "…" : ""}
      </p>
      {record.fault === null ? null : <p class="fault">{record.fault}</p>}
      <Waterfall of={record} />
      <Facts of={factsOf(record, find)} />
    </Drawer>
  );
}

function Title({ record: { status, kind, at, durationMs } }: { readonly record: ExchangeRecord }): VNode {
  return (
    <>
      {kind === "http" ? <StatusCode status={status} /> : kind}{" "}
      <When at={Date.parse(at) + durationMs} as="thousandths" />
    </>
  );
}

function factsOf(record: ExchangeRecord, find: string): (readonly [string, ComponentChildren])[] {
  const { status, serverStatus, egress } = record;
  const link = (name: string, value: string): ComponentChildren =>
    value === "" ? null : (
      <a key={name} href={fragmentOf({ page: "requests", query: { find: withFilter(find, name, value) } })}>
        {value}
      </a>
    );
  return [
    ["Began", <When key="began" at={record.at} as="thousandths" />],
    ["Client", link("client", record.client)],
    ["User", record.user],
    ["Listener", link("listener", record.listener)],
    ["Pool", link("pool", record.pool)],
    ["Server", link("server", record.server)],
    ["Server said", serverStatus === 0 || serverStatus === status ? null : String(serverStatus)],
    ["Attempts", record.attempts === 0 ? null : String(record.attempts)],
    ["Asked by", record.serverVersion === "" ? null : record.serverVersion === "2.0" ? "HTTP/2" : "HTTP/1.1"],
    ["Connection", record.server === "" ? null : record.isReused ? "was there already" : "opened for it"],
    ["Cache", record.cache === null ? null : link("cache", record.cache)],
    ["Outcome by rule", link("rule", record.rule)],
    ["Rules that held", record.rules.join(", ")],
    ["Egress", egress === null ? null : link("egress", egress.address)],
    ["Egress pool", egress?.pool],
    ["Received", bytes(record.bytesReceived)],
    ["Sent", bytes(record.bytesSent)],
    ["TLS", record.isTls ? "yes" : "no"],
    ["Worker", String(record.worker)],
    ["Request id", record.requestId === "" ? null : <code key="id">{record.requestId}</code>],
    ["Record", <code key="record">{record.id}</code>],
  ];
}

function Actions({ record }: { readonly record: ExchangeRecord }): VNode | null {
  if (record.kind !== "http") return null;
  const { method, host, path, client, listener, isTls } = record;
  const query = { method, url: `${isTls ? "https" : "http"}://${host}${path}`, client, listener };
  return <a href={fragmentOf({ page: "explain", query })}>Explain such a request now</a>;
}
