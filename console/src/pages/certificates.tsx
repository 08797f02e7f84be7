// Certificates in use, those that end first on top: when they end, for which names, and who shows them. What is wrong with their files stands
// above all.

import type { VNode } from "preact";
import type { CertificateStatus, CertificatesStatus } from "../../../src/control/certificatestatus.ts";
import { useResource } from "../data/resource.ts";
import { Asked } from "../parts/asked.tsx";
import { Drawer, Facts } from "../parts/drawer.tsx";
import { Mark } from "../parts/mark.tsx";
import { Empty } from "../parts/notice.tsx";
import { useOrder } from "../parts/ordering.ts";
import { type ColumnOf, Rows } from "../parts/rows.tsx";
import { Search } from "../parts/search.tsx";
import { place, refine } from "../router.ts";
import { dateTime, plural, whole } from "../text/format.ts";

/** Renewing takes people days, and programs a night. */
const soonDays = 14;
const lateDays = 3;

function toneOf({ daysLeft }: CertificateStatus): "good" | "warn" | "bad" {
  return daysLeft < lateDays ? "bad" : daysLeft < soonDays ? "warn" : "good";
}

function endsText({ daysLeft }: CertificateStatus): string {
  if (daysLeft < 0) return `ended ${plural(-daysLeft, "day")} ago`;
  return daysLeft === 0 ? "ends today" : plural(daysLeft, "day");
}

const columns: readonly ColumnOf<CertificateStatus>[] = [
  {
    id: "ends",
    title: "Ends in",
    width: "9.5rem",
    narrow: "8.2rem",
    sort: ({ daysLeft }) => daysLeft,
    cell: (certificate) => (
      <span class={`state ${toneOf(certificate)}`}>
        <Mark state={toneOf(certificate)} />
        {endsText(certificate)}
      </span>
    ),
  },
  {
    id: "names",
    title: "Names",
    width: "minmax(10rem, 2fr)",
    narrow: "1fr",
    sort: ({ names }) => names[0] ?? "",
    cell: ({ names }) => <b title={names.join(", ")}>{names.join(", ")}</b>,
  },
  {
    id: "listeners",
    title: "Shown by",
    width: "minmax(7rem, 1fr)",
    narrow: null,
    fromWidth: 560,
    sort: ({ listeners }) => listeners.join(", "),
    cell: ({ listeners, defaultOf }) =>
      listeners.map((name) => (defaultOf.includes(name) ? `${name} (default)` : name)).join(", "),
  },
  {
    id: "issuer",
    title: "Issuer",
    width: "minmax(8rem, 1.2fr)",
    narrow: null,
    fromWidth: 760,
    sort: ({ issuer }) => issuer,
    cell: ({ issuer, isSelfSigned }) => (
      <span title={issuer}>{isSelfSigned ? <span class="warn">self-signed</span> : issuer}</span>
    ),
  },
  {
    id: "key",
    title: "Key",
    width: "7rem",
    narrow: null,
    fromWidth: 900,
    sort: ({ keyType }) => keyType,
    cell: ({ keyType }) => keyType,
  },
  {
    id: "file",
    title: "File",
    width: "minmax(8rem, 1.4fr)",
    narrow: null,
    fromWidth: 980,
    sort: ({ file }) => file,
    // Its end tells files of one folder apart; the drawer has all of it.
    cell: ({ file }) => <span title={file}>{file.slice(file.lastIndexOf("/") + 1)}</span>,
  },
];

export function Certificates(): VNode {
  const asked = useResource<CertificatesStatus>("/api/v1/certificates", 10_000);
  return (
    <div class="page listed">
      <h1 class="unseen">Certificates</h1>
      <Asked of={asked} what="certificates">
        {({ certificates, problems }) => (
          <>
            {problems.length === 0 ? null : (
              <ul class="problems" role="alert">
                {problems.map((problem) => (
                  <li key={problem}>
                    <Mark state="bad" />
                    <span>{problem}</span>
                  </li>
                ))}
              </ul>
            )}
            <List all={certificates} />
          </>
        )}
      </Asked>
    </div>
  );
}

const keyOf = ({ file, fingerprint }: CertificateStatus): string => `${file} ${fingerprint}`;

function List({ all }: { readonly all: readonly CertificateStatus[] }): VNode {
  const { query, rest } = place.value;
  const sort = query["sort"] ?? "ends";
  const { rows, onHold } = useOrder({
    ...{ rows: all, keyOf, columns, sort, find: query["find"] ?? "" },
    textOf: ({ names, file, listeners, issuer, subject }) =>
      `${names.join(" ")} ${file} ${listeners.join(" ")} ${issuer} ${subject}`,
  });
  const opened = all.find(({ fingerprint }) => fingerprint === rest[0]);
  return (
    <>
      <div class="bar-of-tools">
        <Search label="Search certificates" placeholder="name, listener, issuer, file…" />
        <p class="tool-facts quiet">{plural(all.length, "certificate")}</p>
      </div>
      <div class="beside">
        <Rows
          label="Certificates"
          {...{ rows, keyOf, columns, sort, onHold }}
          onSort={(next) => refine({ sort: next })}
          opened={opened === undefined ? null : keyOf(opened)}
          onOpen={({ fingerprint }) => refine({}, [fingerprint])}
          empty={
            all.length === 0 ? (
              <Empty title="No certificates">
                Those of listeners with TLS stand here, with the days that they have left.
              </Empty>
            ) : (
              <Empty title="No certificate is like that">Another search shows {whole(all.length)}.</Empty>
            )
          }
        />
        {opened === undefined ? null : <Detail certificate={opened} />}
      </div>
    </>
  );
}

function Detail({ certificate }: { readonly certificate: CertificateStatus }): VNode {
  const { names, file, listeners, defaultOf, subject, issuer, isSelfSigned, serial, fingerprint, keyType, notAfter } =
    certificate;
  return (
    <Drawer title={names[0] ?? subject} label={`Certificate of ${names[0] ?? subject}`} onClose={() => refine({}, [])}>
      <Facts
        of={[
          [
            "Ends",
            <span key="ends" class={toneOf(certificate)}>
              {dateTime(notAfter)}, {endsText(certificate)}
            </span>,
          ],
          ["Names", names.join(", ")],
          ["Shown by", listeners.join(", ")],
          ["Without a name", defaultOf.length === 0 ? null : `shown by ${defaultOf.join(", ")}`],
          ["Subject", subject],
          ["Issuer", isSelfSigned ? `${issuer} (self-signed: clients refuse it unless they know it)` : issuer],
          ["Key", keyType],
          ["File", file],
          ["Serial", <code key="serial">{serial}</code>],
          ["SHA-256", <code key="fingerprint">{fingerprint}</code>],
        ]}
      />
    </Drawer>
  );
}
