// The search for an outbound address for one exchange, and the hold on it until the exchange is over with it: which member of the pool,
// by which addresses it is reached, in which form it is asked. A member may have to be waited for, because it rests at that host;
// names are looked up where the member does not do so itself. One that does not get through is told of with whose fault that was, and
// another is sought, for as long as the attempt allows.
//
//   seek ─> (target looked up) ─> chosen ─> (target, or proxy, looked up) ─> connect ─> ... ─> end
//     │ paced: wait, seek         │ cannot be done by it: another       │ refused: end, seek again
//     └ none: 503, 502, 429       └──────────────── seek                └ no more tries: the fault

import { type Fault, type FaultCode, fault, faultCodes, faultTold, faultWith } from "../../base/fault.ts";
import type { EgressMemberPlan, ServerTlsPlan } from "../../config/plan.ts";
import type { EgressPool } from "../../egress/pool.ts";
import type {
  EgressChoice,
  EgressHeld,
  EgressOutcome,
  EgressRefusal,
  EgressWhy,
  EgressWish,
  Scout,
} from "../../egress/words.ts";
import { egressCell } from "../../memory/tally.ts";
import type { Output } from "../../wire/http1/writer.ts";
import { addressBytes, readAddress } from "../../wire/ipaddress.ts";
import type { Context } from "../context.ts";
import type { Wait } from "../deadline.ts";
import type { Exchange } from "../exchange.ts";
import type { RequestForm } from "../forwarding.ts";
import type { Resolution } from "../port.ts";
import { type Found, Lookup, unresolved } from "../targets/lookup.ts";
import type { Judged } from "../targets/policy.ts";
import { deny } from "../targets/seeking.ts";
import { alternating, type Target } from "../targets/target.ts";
import { publicTls } from "../targets/tls.ts";
import { blameOf, type Road } from "./blame.ts";
import type { BodyWatch } from "./bodywatch.ts";
import type { Doors, Way } from "./doors.ts";
import { gatewayForm, proxyForm } from "./form.ts";
import type { Resting } from "./resting.ts";
import type { EgressSite } from "./site.ts";

/** How often a member that is busy, of which nobody knows for how long, is asked for again. */
const busyMs = 20;
/** A tunnel that is reset so soon, with nothing come through it, was none. */
const earlyResetMs = 1000;

const refusalCode: Readonly<Record<EgressRefusal, FaultCode>> = {
  none: "egress_none",
  paced: "egress_paced",
  unfit: "egress_unfit",
  quota: "quota_exceeded",
};
const refusalCell: Readonly<Record<EgressRefusal, number>> = {
  none: egressCell.refusedNone,
  paced: egressCell.refusedPaced,
  unfit: egressCell.refusedUnfit,
  quota: egressCell.refusedQuota,
};

interface Lent extends EgressHeld {
  readonly lender: EgressPool;
  readonly index: number;
}

export class Lease implements Wait, Way, Resting, Scout {
  site!: EgressSite;
  /** Whose the lease is: of the site's pool, or of that which has taken its place by then. */
  lender!: EgressPool;
  readonly wish: EgressWish = {
    ...{ host: "", key: "", user: "", lifetimeMs: 0, tags: "", family: 0, isTunnel: false, tried: null },
  };
  /** Of the plan, what was chosen last; -1 before that, and where it is the system's own address. */
  index = -1;
  why: EgressWhy = "none";
  among = 0;
  refusal: EgressRefusal | null = null;
  /** Until it is worth asking again, where it was refused; 0 unknown. */
  retryMs = 0;
  /** Resting: */
  dueMs = 0;
  /** Way: */
  isHopped = false;
  isForAll = false;
  tls: ServerTlsPlan | null = null;
  /** Null where the request goes to the target itself. */
  form: RequestForm | null = null;
  /** Looks at the body for what that says of the member; null: nobody does. */
  watch: BodyWatch | null = null;
  /** The target has broken the tunnel off. */
  isReset = false;
  readonly #exchange: Exchange;
  readonly #context: Context;
  #target!: Target;
  /** Of the site. */
  #doors!: Doors;
  /** What was looked at last for this request, and what clients are told of it, where that is an address. */
  #sighted = -1;
  #address = 0;
  /** For the pool's `end`: EgressHeld, where `#isHeld`. */
  row = 0;
  lease = -1;
  #isHeld = false;
  #takenMs = 0;
  /** Bytes that the pool has been told of. */
  #toldBytes = 0;
  #waitEndMs = 0;
  #isBegun = false;
  /** Members whose own names lead nowhere. */
  #lost = 0;
  #lastFault: Fault | null = null;
  #tried: Set<number> | null = null;
  /** Made anew at each end. */
  readonly #outcome: EgressOutcome = {
    ...{ host: "", key: "", user: "", atMs: 0, durationMs: 0, status: 0, fault: 0, blame: "nobody", meaning: null },
    ...{ isTunnel: false, fromLog: false, isCancelled: false, bytesUp: 0, bytesDown: 0, bytesTold: 0 },
  };

  constructor(exchange: Exchange, context: Context) {
    this.#exchange = exchange;
    this.#context = context;
  }

  /** Its exchange has a target, and looks for a way there. */
  begin(site: EgressSite): void {
    const { ask, user, target, isUpgrade, pool } = this.#exchange;
    this.site = site;
    this.#target = target!;
    this.#doors = pool.targets!.doorsOf(site);
    this.index = -1;
    this.#sighted = -1;
    this.why = "none";
    this.among = 0;
    this.refusal = null;
    this.retryMs = 0;
    this.watch = null;
    this.isReset = false;
    this.#waitEndMs = 0;
    this.#isBegun = false;
    this.#lost = 0;
    this.#lastFault = null;
    this.#tried = null;
    const { wish } = this;
    wish.host = target!.place.host;
    wish.key = ask === null ? "" : ask.key;
    wish.user = user ?? "";
    wish.lifetimeMs = ask === null ? 0 : ask.lifetimeMs;
    wish.tags = ask === null ? "" : ask.tags;
    wish.family = 0;
    wish.isTunnel = target!.isTunnel || isUpgrade;
    wish.tried = null;
    this.seek();
  }

  get member(): EgressMemberPlan | null {
    return this.site.memberAt(this.index);
  }

  get isTunnel(): boolean {
    return this.#target.isTunnel;
  }

  /** The proxy answers in the target's name: what it says of itself is not the target's. */
  get isProxied(): boolean {
    return !this.isHopped && this.member?.door.kind === "proxy";
  }

  /** X-Egress-IP, as a line; "" where there is nothing to tell: no member was asked to carry anything. */
  get line(): string {
    return this.#isBegun || this.#lost > 0 ? this.site.lineOf(this.index) : "";
  }

  /** The same, into a head. */
  tell(output: Output): void {
    const { site, index } = this;
    site.writeLine(output, index, index === this.#sighted ? this.#address : site.addressOf(index));
  }

  // ---- the search ----

  /** Until there is a member, and then on to it. It may have the exchange wait, or be the end of it. */
  seek(): void {
    const { site, wish } = this;
    const target = this.#target;
    if (site.isLookingUp && target.judged === null && !this.#lookUp()) return;
    // A literal one is known from the start.
    if (target.judged !== null && wish.family === 0) wish.family = target.judged.family;
    const lender = site.pool.current;
    const choice = lender.choose(wish, this.#context.port.wallMs, this);
    this.refusal = choice.refusal;
    this.retryMs = choice.retryMs;
    this.among = choice.among;
    // Where others were tried before there was none, the log names the last of them, and why it was that one.
    if (choice.refusal === null || this.index === -1) this.why = choice.why;
    if (choice.refusal !== null) return this.#refused(choice.refusal);
    this.#take(choice, lender);
    this.#reach();
  }

  /** Scout: */
  sight(member: number): void {
    this.#sighted = member;
    this.#address = this.site.addressOf(member);
    this.#doors.sight(member);
  }

  #take(choice: EgressChoice, lender: EgressPool): void {
    this.lender = lender;
    this.index = choice.member;
    this.row = choice.row;
    this.lease = choice.lease;
    this.#isHeld = true;
    this.#takenMs = this.#context.port.nowMs;
    this.#toldBytes = 0;
    if (this.site.isCountingBytes) this.#context.lent.add(this);
    this.watch = null;
    this.isReset = false;
    if (choice.member === -1) this.#count(egressCell.direct);
    this.#exchange.inquiry?.lent(this, this.#context.port.wallMs);
  }

  #refused(refusal: EgressRefusal): void {
    const exchange = this.#exchange;
    const { port } = this.#context;
    this.#exchange.inquiry?.lent(this, this.#context.port.wallMs);
    if (refusal === "paced" && this.#isWorthWaiting()) {
      this.dueMs = port.nowMs + (this.retryMs > 0 ? this.retryMs : busyMs);
      if (this.#context.resting.add(this)) this.#count(egressCell.waited);
      return exchange.waitFor(this, this.#waitEndMs - port.nowMs);
    }
    // What the others did not get through with is more to the point.
    if (this.#lastFault !== null) return exchange.fail(this.#lastFault);
    this.#count(refusalCell[refusal]);
    exchange.fail(this.#refusalFault(refusal));
  }

  #isWorthWaiting(): boolean {
    const { nowMs } = this.#context.port;
    if (this.#waitEndMs === 0) this.#waitEndMs = nowMs + this.site.plan.waitMs;
    return nowMs + Math.max(this.retryMs, 1) <= this.#waitEndMs;
  }

  #refusalFault(refusal: EgressRefusal): Fault {
    const { tags, family, isTunnel } = this.wish;
    const code = refusalCode[refusal];
    if (refusal !== "unfit") return fault(code);
    const wished = [...(tags === "" ? [] : tags.split("\n")), ...(family === 0 ? [] : [`an IPv${family} address`])];
    // Those behind an nginx may have what is wished for, and do not count.
    const isOfSome = isTunnel && this.site.plan.members.some(({ door }) => door.kind === "gateway");
    if (wished.length === 0)
      return isOfSome ? faultTold(code, "no outbound address of the pool carries tunnels") : fault(code);
    const those = isOfSome ? " that carries tunnels" : "";
    return faultTold(code, `no outbound address of the pool${those} has ${wished.join(" and ")}`);
  }

  /** There is one: by which addresses, and in which form? */
  #reach(): void {
    const target = this.#target;
    const { policy } = this.#exchange.pool.targets!;
    const family = this.site.familyAt(this.index);
    const door = family === 0 ? (this.member?.door ?? null) : null;
    this.form = null;
    this.isHopped = false;
    this.isForAll = false;
    this.tls = target.isSecure ? { ...publicTls, serverName: target.place.host } : null;
    // Somebody else's proxy looks names up in its own network; what no name in `allow` is for has to be judged by its addresses.
    const isJudgedHere = door?.kind !== "proxy" || !policy.isNamed(target.place);
    if (isJudgedHere && target.judged === null && !this.#lookUp()) return;
    const problem = isJudgedHere ? null : policy.refuseName(target.place);
    if (problem !== null) return void deny(this.#exchange, this.#context, problem);
    if (door === null || door.kind === "source") return this.#leadTo(target.judged!, family);
    if (door.kind === "gateway") this.form = gatewayForm(target, door, this.wish.key);
    if (door.kind === "proxy") {
      this.isHopped = this.wish.isTunnel || target.isSecure || door.protocol === "socks5";
      if (this.isHopped && target.isSecure && door.tls !== null) return this.#another();
      if (!this.isHopped) this.form = proxyForm(target, door);
    }
    this.isForAll = !this.isHopped;
    const octets = new Uint8Array(addressBytes);
    if (readAddress(door.host, octets)) return this.#connect([door.host]);
    this.#find(door.host);
  }

  /** From an address of ours, or the system's choice: only to those of its family. */
  #leadTo(judged: Judged, family: number): void {
    const isSix = family === 6;
    if (family === 0) return this.#connect(judged.inTurn);
    const led = judged.family === family ? judged.passed : ofFamily(judged.passed, isSix);
    if (led.length > 0) return this.#connect(led);
    this.end(null);
    if (this.wish.family !== 0) {
      this.refusal = "unfit";
      this.index = -1;
      return this.#refused("unfit");
    }
    this.wish.family = isSix ? 4 : 6;
    this.seek();
  }

  /** This one cannot do it. */
  #another(): void {
    this.#exclude();
    this.end(null);
    this.seek();
  }

  #exclude(): void {
    if (!this.#isHeld || this.index === -1) return;
    this.#tried ??= new Set();
    this.#tried.add(this.index);
    this.wish.tried = this.#tried;
  }

  #connect(addresses: readonly string[]): void {
    const { attempt } = this.#exchange;
    this.#target.lead(addresses);
    if (this.#isBegun) return attempt.again();
    this.#isBegun = true;
    attempt.begin();
  }

  // ---- waiting, and looking up ----

  /** It has rested for long enough, or so it was said. */
  retry(): void {
    const exchange = this.#exchange;
    exchange.wait = null;
    this.seek();
    if (exchange.wait !== this) this.#context.resting.remove(this);
  }

  /** No longer than that. */
  timedOut(): void {
    this.#context.resting.remove(this);
    this.seek();
  }

  cancelled(): void {
    this.#context.resting.remove(this);
  }

  /** The target's addresses. False: they have to be waited for, or there are none. */
  #lookUp(): boolean {
    const resolution = this.#ask(this.#target.place.host, (found) => {
      if (found === null) this.#exchange.fail(fault("resolve_timeout"));
      else if (!this.#judge(found)) return;
      else if (!this.#isHeld) this.seek();
      else this.#reach();
    });
    return resolution !== null && this.#judge(resolution);
  }

  /** Null: `found` will be told. */
  #ask(name: string, found: Found): Resolution | null {
    const exchange = this.#exchange;
    const lookup = new Lookup(exchange, found);
    const resolution = this.#context.port.resolve(name, lookup);
    if (resolution === null) exchange.waitFor(lookup, exchange.pool.plan.targets!.resolveMs);
    return resolution;
  }

  #judge(resolution: Resolution): boolean {
    const exchange = this.#exchange;
    const { addresses } = resolution;
    if (addresses.length === 0) {
      this.#target.problem = resolution.problem;
      exchange.fail(unresolved(resolution));
      return false;
    }
    const judged = exchange.pool.targets!.policy.judge(this.#target.place, addresses);
    if (judged.passed.length === 0) return deny(exchange, this.#context, judged.refused);
    this.#target.judged = judged;
    return true;
  }

  /** The member itself is named by a name. */
  #find(name: string): void {
    const resolution = this.#ask(name, (found) => this.#found(found));
    if (resolution !== null) this.#found(resolution);
  }

  #found(resolution: Resolution | null): void {
    if (resolution !== null && resolution.addresses.length > 0) return this.#connect(alternating(resolution.addresses));
    const isLate = resolution === null || resolution.isSilent === true;
    const problem = isLate ? "its name was not found in time" : resolution.problem;
    const what = faultWith("hop_refused", problem === "" ? "its name leads nowhere" : problem);
    // Nothing was sent, and nobody is connected: another may do.
    if (this.#lost++ >= this.#exchange.pool.plan.retries) return this.#exchange.fail(what);
    this.again(what, false);
  }

  // ---- what comes of it ----

  /** It did not get through, and the exchange may be tried again: with another member, but where a connection had only grown old (false). */
  again(what: Fault, isReused: boolean): boolean {
    if (isReused) return false;
    this.#lastFault = what;
    this.#exclude();
    this.end(what);
    this.#count(egressCell.retried);
    this.seek();
    return true;
  }

  /** What it has carried so far counts from now on: downloads and tunnels may last for hours. */
  tellBytes(): void {
    const bytes = this.#exchange.serverStatus > 0 ? this.#bytesUp + this.#exchange.sentBytes : 0;
    if (bytes <= this.#toldBytes) return;
    this.site.pool.carry(this.wish.user, this.wish.key, bytes - this.#toldBytes, this.#context.port.wallMs);
    this.#toldBytes = bytes;
  }

  get #bytesUp(): number {
    const { requestBytes, asked } = this.#exchange;
    return requestBytes + asked.receivedBytes;
  }

  /** The exchange is over with it, for that fault if for any. Said again it is nothing. */
  end(what: Fault | null): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    if (this.site.isCountingBytes) this.#context.lent.delete(this);
    const { watch } = this;
    this.#note(what);
    this.#outcome.meaning = watch === null ? null : watch.meaning;
    if (watch?.isPending === true) this.#endLater(watch);
    else this.#finish(this.site, this, this.#outcome);
  }

  /** The last of its body is being taken out of its coding; this may be another exchange's by then. */
  #endLater(watch: BodyWatch): void {
    const { site, lender, index, row, lease } = this;
    const outcome = { ...this.#outcome };
    watch.whenOver = (meaning) => this.#finish(site, { lender, index, row, lease }, { ...outcome, meaning });
  }

  #finish(site: EgressSite, held: Lent, outcome: EgressOutcome): void {
    const { cells } = this.#context.tally;
    if (held.index !== -1) cells[site.row + cellOf(outcome)]!++;
    cells[site.row + egressCell.bytesUp]! += outcome.bytesUp;
    cells[site.row + egressCell.bytesDown]! += outcome.bytesDown;
    held.lender.end(held, outcome);
  }

  #note(what: Fault | null): void {
    const exchange = this.#exchange;
    const { port } = this.#context;
    const { host, key, user } = this.wish;
    const isLost = this.isReset && exchange.responseBytesSent === 0 && port.nowMs - exchange.sentMs < earlyResetMs;
    const status = isLost ? 0 : exchange.serverStatus;
    const isOfClient = what === null || what.side !== "upstream";
    const blame = isLost ? "target" : status > 0 ? "nobody" : isOfClient ? null : blameOf(what, this.#road);
    const faultNow = isLost ? fault("server_reset") : what;
    const isAnswered = status > 0;
    const outcome = this.#outcome;
    outcome.host = host;
    outcome.key = key;
    outcome.user = user;
    outcome.atMs = port.wallMs;
    outcome.durationMs = port.nowMs - this.#takenMs;
    outcome.status = status;
    outcome.fault = faultNow === null ? 0 : faultCodes.indexOf(faultNow.code) + 1;
    outcome.blame = blame ?? "nobody";
    outcome.isTunnel = this.#target.isTunnel;
    outcome.isCancelled = blame === null;
    outcome.bytesUp = isAnswered ? this.#bytesUp : 0;
    outcome.bytesDown = isAnswered ? exchange.sentBytes : 0;
    outcome.bytesTold = this.#toldBytes;
  }

  get #road(): Road {
    const { member } = this;
    if (member === null || member.door.kind === "source") return "direct";
    return this.isHopped ? "hop" : "member";
  }

  #count(cell: number): void {
    this.#context.tally.cells[this.site.row + cell]!++;
  }
}

function cellOf({ isCancelled, blame }: EgressOutcome): number {
  if (isCancelled) return egressCell.cancelled;
  if (blame === "nobody") return egressCell.answered;
  return blame === "member" || blame === "source" ? egressCell.memberFaults : egressCell.wayFaults;
}

function ofFamily(addresses: readonly string[], isSix: boolean): readonly string[] {
  return addresses.filter((each) => each.includes(":") === isSix);
}
