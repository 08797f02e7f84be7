// The part of /metrics about certificates: until when each is valid, and how many files are not as they should be. Labels are the
// file, which the config names, and the first name that it is for; a certificate that replaces another goes on in its series.

import type { AcmeFigures } from "./acme/acme.ts";
import type { Exposition } from "./exposition.ts";
import type { MetricsSource, Sample } from "./metricssource.ts";

export function writeCertificates(out: Exposition, { plan, certificateProblems, acme }: MetricsSource): void {
  const samples = new Map<string, Sample>();
  for (const { file, names, notAfterMs, source } of plan.certificates) {
    // That one is missing has a metric of its own.
    if (source === "placeholder") continue;
    const key = `${file} ${names[0]}`;
    const former = samples.get(key);
    // One certificate with two keys cannot be; should a file be there twice all the same, the sooner end counts.
    if (former === undefined || former[1] > notAfterMs / 1000)
      samples.set(key, [{ file, name: names[0] ?? "" }, notAfterMs / 1000]);
  }
  out.gauge(
    "sluice_certificate_not_after_timestamp_seconds",
    "When the certificate expires, in seconds since 1970.",
    samples.values(),
  );
  if (acme !== null) writeAcme(out, acme);
  if (plan.listeners.every(({ tls }) => tls === null) && certificateProblems === 0) return;
  out.gauge(
    "sluice_certificate_problems",
    "Files of certificates, keys and authorities that something is wrong with: left out, or still in use as they were.",
    [[{}, certificateProblems]],
  );
}

function writeAcme(out: Exposition, { issued, renewed, failed, inUse, missing, failing }: AcmeFigures): void {
  out.counter(
    "sluice_acme_orders_total",
    "Certificates asked of the authority: got for the first time, got again, or not.",
    [
      [{ result: "issued" }, issued],
      [{ result: "renewed" }, renewed],
      [{ result: "failed" }, failed],
    ],
  );
  out.gauge(
    "sluice_acme_certificates",
    "Certificates that the authority gives: in use; missing, so that a placeholder is shown; failing, when it was asked last.",
    [
      [{ state: "in_use" }, inUse],
      [{ state: "missing" }, missing],
      [{ state: "failing" }, failing],
    ],
  );
}
