// Certificates in use, those that end first on top: when they end, for which names, and who shows them. What is wrong with their files stands
// above all.

import type { VNode } from "preact";
import type { AcmeCertificateStatus } from "../../../src/control/acme/acme.ts";
import type { CertificateStatus, CertificatesStatus } from "../../../src/control/certificatestatus.ts";
import { useResource } from "../data/resource.ts";
import { Asked } from "../parts/asked.tsx";
import { Drawer, Facts } from "../parts/drawer.tsx";
import { Mark } from "../parts/mark.tsx";
import { Empty } from "../parts/notice.tsx";
import { useOrder } from "../parts/ordering.ts";
import { type ColumnOf, Rows } from "../parts/rows.tsx";
import { Search } from "../parts/search.tsx";
import { When } from "../parts/when.tsx";
import { closeRow, openRow, place, refine } from "../router.ts";
import { dateTime, plural, whole } from "../text/format.ts";

/** Renewing takes people days, and programs a night. */
const soonDays = 14;
const lateDays = 3;

function toneOf({ daysLeft, source }: CertificateStatus): "good" | "warn" | "bad" {
  if (source === "placeholder") return "bad";
  return daysLeft < lateDays ? "bad" : daysLeft < soonDays ? "warn" : "good";
}

function endsText({ daysLeft, source }: CertificateStatus): string {
  if (source === "placeholder") return "missing";
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
    cell: ({ issuer, isSelfSigned, source }) => (
      <span title={issuer}>
        {source === "placeholder" ? (
          <span class="bad">none yet: a placeholder</span>
        ) : isSelfSigned ? (
          <span class="warn">self-signed</span>
        ) : (
          issuer
        )}
      </span>
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
        {({ certificates, acme, problems }) => (
          <>
            {problemsOf(acme, problems).length === 0 ? null : (
              <ul class="problems" role="alert">
                {problemsOf(acme, problems).map((problem) => (
                  <li key={problem}>
                    <Mark state="bad" />
                    <span>{problem}</span>
                  </li>
                ))}
              </ul>
            )}
            <List all={certificates} acme={acme} />
          </>
        )}
      </Asked>
    </div>
  );
}

const keyOf = ({ file, fingerprint }: CertificateStatus): string => `${file} ${fingerprint}`;

/** What the authority has not given stands beside what is wrong with files. */
function problemsOf(acme: readonly AcmeCertificateStatus[], problems: readonly string[]): string[] {
  const failed = acme.flatMap(({ names, lastError, nextAt }) =>
    lastError === null ? [] : [`${names.join(", ")}: ${lastError}; asked for again ${dateTime(nextAt)}`],
  );
  return [...failed, ...problems];
}

interface ListProps {
  readonly all: readonly CertificateStatus[];
  readonly acme: readonly AcmeCertificateStatus[];
}

function List({ all, acme }: ListProps): VNode {
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
          onOpen={({ fingerprint }) => openRow(fingerprint)}
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
        {opened === undefined ? null : <Detail certificate={opened} order={orderOf(opened, acme)} />}
      </div>
    </>
  );
}

/** The one that is asked of an authority in its place; null for a file. */
function orderOf(
  { names, source }: CertificateStatus,
  acme: readonly AcmeCertificateStatus[],
): AcmeCertificateStatus | null {
  if (source === "file") return null;
  return acme.find((each) => names.every((name) => each.names.includes(name))) ?? null;
}

interface DetailProps {
  readonly certificate: CertificateStatus;
  readonly order: AcmeCertificateStatus | null;
}

function Detail({ certificate, order }: DetailProps): VNode {
  const { names, file, listeners, defaultOf, subject, issuer, isSelfSigned, serial, fingerprint, keyType, notAfter } =
    certificate;
  return (
    <Drawer title={names[0] ?? subject} label={`Certificate of ${names[0] ?? subject}`} onClose={() => closeRow()}>
      <Facts
        of={[
          [
            "Ends",
            <span key="ends" class={toneOf(certificate)}>
              <When at={notAfter} as="moment" />, {endsText(certificate)}
            </span>,
          ],
          ["Names", names.join(", ")],
          ["Shown by", listeners.join(", ")],
          ["Without a name", defaultOf.length === 0 ? null : `shown by ${defaultOf.join(", ")}`],
          ["Subject", subject],
          ["Issuer", isSelfSigned ? `${issuer} (self-signed: clients refuse it unless they know it)` : issuer],
          ["Key", keyType],
          ["File", certificate.source === "placeholder" ? null : file],
          ["Authority", order?.directory ?? null],
          [
            "Next order",
            order === null ? null : (
              <span key="next">
                <When at={order.nextAt} as="moment" /> ({order.state})
              </span>
            ),
          ],
          ["Last failure", order?.lastError ?? null],
          ["Serial", <code key="serial">{serial}</code>],
          ["SHA-256", <code key="fingerprint">{fingerprint}</code>],
        ]}
      />
    </Drawer>
  );
}
