// A writer of Prometheus' text exposition format, version 0.0.4: families of samples with their help and type, in the order
// they are said. It knows the format and nothing of Sluice. Each family is written once with all its samples together, as
// the format demands; label values are escaped; a family without samples is left out, for its lines would say nothing.
// https://prometheus.io/docs/instrumenting/exposition_formats/

export type Labels = Readonly<Record<string, string | number>>;

export class Exposition {
  readonly #parts: string[] = [];

  counter(name: string, help: string, samples: Iterable<readonly [Labels, number]>): void {
    this.#family(name, "counter", help, samples);
  }

  gauge(name: string, help: string, samples: Iterable<readonly [Labels, number]>): void {
    this.#family(name, "gauge", help, samples);
  }

  /** `cumulative` counts up to each bound, and the last one in all. */
  histogram(
    name: string,
    help: string,
    bounds: readonly number[],
    samples: Iterable<readonly [Labels, { cumulative: readonly number[]; sum: number }]>,
  ): void {
    const lines: string[] = [];
    for (const [labels, { cumulative, sum }] of samples) {
      const count = cumulative[bounds.length] ?? 0;
      for (let index = 0; index < bounds.length; index++)
        lines.push(line(`${name}_bucket`, { ...labels, le: String(bounds[index]) }, cumulative[index] ?? 0));
      lines.push(line(`${name}_bucket`, { ...labels, le: "+Inf" }, count));
      lines.push(line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, count));
    }
    this.#write(name, "histogram", help, lines);
  }

  /** A sum and a count without quantiles. */
  summary(name: string, help: string, samples: Iterable<readonly [Labels, { sum: number; count: number }]>): void {
    const lines: string[] = [];
    for (const [labels, { sum, count }] of samples)
      lines.push(line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, count));
    this.#write(name, "summary", help, lines);
  }

  toString(): string {
    return this.#parts.join("");
  }

  #family(name: string, type: string, help: string, samples: Iterable<readonly [Labels, number]>): void {
    const lines: string[] = [];
    for (const [labels, value] of samples) lines.push(line(name, labels, value));
    this.#write(name, type, help, lines);
  }

  #write(name: string, type: string, help: string, lines: readonly string[]): void {
    if (lines.length === 0) return;
    const text = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
    this.#parts.push(`# HELP ${name} ${text}\n# TYPE ${name} ${type}\n`, ...lines);
  }
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(String(text))}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${number(value)}\n`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  return String(value);
}
