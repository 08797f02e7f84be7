// The part of /metrics about certificates: until when each is valid, and how many files are not as they should be. Labels are the
// file, which the config names, and the first name that it is for; a certificate that replaces another goes on in its series.

import type { Exposition } from "./exposition.ts";
import type { MetricsSource, Sample } from "./metricssource.ts";

export function writeCertificates(out: Exposition, { plan, certificateProblems }: MetricsSource): void {
  const samples = new Map<string, Sample>();
  for (const { file, names, notAfterMs } of plan.certificates) {
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
  if (plan.listeners.every(({ tls }) => tls === null) && certificateProblems === 0) return;
  out.gauge(
    "sluice_certificate_problems",
    "Files of certificates, keys and authorities that something is wrong with: left out, or still in use as they were.",
    [[{}, certificateProblems]],
  );
}
