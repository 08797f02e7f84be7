// What stands before a line in a message of syslog: <PRI>, time, machine, program. RFC 3164 has the time as the machine's clock on the
// wall shows it, to the second, and as HAProxy and the C library do, no machine unless one is asked for; RFC 5424 has all of them. It
// is laid out once a second for each severity, and copied.

import { hostname } from "node:os";
import type { SyslogPlan } from "../../config/plan.ts";
import { appendBytes, appendThreeDigits, ascii } from "../accesslog/append.ts";

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;
const two = (value: number): string => String(value).padStart(2, "0");
const zulu = 0x5a;

/** <191>1 2026-11-21T06:17:59.123Z, and spaces, with room. */
const fixedBytesMax = 64;

export class SyslogHeader {
  /** Room that one takes while it is laid out. */
  readonly bytesMax: number;
  /** The same of a message with its end: a header may be longer than all of a message, and is cut then. */
  readonly lineBytesMax: number;
  readonly #plan: SyslogPlan;
  readonly #program: string;
  readonly #machine: string;
  #second = -1;
  readonly #laid: (Uint8Array | null)[] = [null, null, null, null, null, null, null, null];
  /** RFC 5424: what stands behind the three digits of the second. */
  readonly #rest: Uint8Array;

  constructor(plan: SyslogPlan, pid: number, machine: string = hostname()) {
    this.#plan = plan;
    this.#machine = plan.hostname === true || plan.hostname === null ? machine : plan.hostname;
    this.#program = plan.format === "rfc3164" ? `${plan.tag}[${pid}]: ` : `${plan.tag} ${pid} - - `;
    this.#rest = ascii(` ${this.#machine || "-"} ${this.#program}`);
    this.bytesMax = fixedBytesMax + this.#machine.length + this.#program.length;
    this.lineBytesMax = Math.max(plan.bytesMax, this.bytesMax) + 1;
  }

  /** Answers the place behind it, at most as far as a message may go. */
  append(out: Uint8Array, at: number, severity: number, wallMs: number): number {
    const second = Math.floor(wallMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#laid.fill(null);
    }
    const laid = (this.#laid[severity] ??= ascii(this.#layOut(severity, new Date(second * 1000))));
    const last = at + this.#plan.bytesMax;
    at = appendBytes(out, at, laid);
    if (this.#plan.format === "rfc3164") return Math.min(at, last);
    at = appendThreeDigits(out, at, Math.floor(wallMs) - second * 1000);
    out[at] = zulu;
    return Math.min(appendBytes(out, at + 1, this.#rest), last);
  }

  #layOut(severity: number, date: Date): string {
    const { facility, format, hostname: asked } = this.#plan;
    const priority = `<${facility * 8 + severity}>`;
    if (format === "rfc5424") return `${priority}1 ${date.toISOString().slice(0, -4)}`;
    const day = String(date.getDate()).padStart(2, " ");
    const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
    const machine = asked === null ? "" : `${this.#machine} `;
    return `${priority}${months[date.getMonth()]} ${day} ${time} ${machine}${this.#program}`;
  }
}

/** The severity that a line is sent with, or -1 for one that is not sent. */
export function sentAs({ level, minLevel }: SyslogPlan, severity: number): number {
  if (severity > level) return -1;
  return Math.max(severity, minLevel);
}
