// One request and its response, from the request's head to the last byte; long, for its phases are read together. It keeps the
// plan it began with, relays bodies, turns faults into answers (only here), and is reported exactly once. Objects are used
// again: `reset` brings one back to the start.
//
//   begin ─> attempt ─ send ─> waiting ─ responded ─> relaying ─ both messages done ─> done
//              │ no server        │ fault, no byte sent          │ fault
//              └──────────────────┴─> answered by us             └─> connection reset: never a truncated body as whole
//
// What is done before a server is sought, and before its response goes on, are the steps of stair.ts; each may have the exchange
// wait. Decisions from the head alone are in admission.ts, what rules decide in ruling.ts, answers of our own in answer.ts, the way
// of the request in upload.ts and of the response's body in passage.ts, counting in account.ts and toll.ts.

import type { Fault } from "../base/fault.ts";
import type { Reply } from "../rules/outcome.ts";
import { Body } from "../wire/http1/body.ts";
import { requestBody } from "../wire/http1/framing.ts";
import { bodyKind, Head, method } from "../wire/http1/head.ts";
import { countExchange, countSent } from "./account.ts";
import { balanceKeyOf, isUpgradeAsked, refusalOf } from "./admission.ts";
import { give, refuse } from "./answer.ts";
import { Attempt, type Seeker } from "./attempt.ts";
import type { Caching } from "./caching.ts";
import type { Context } from "./context.ts";
import { deadlinePassed, type Wait } from "./deadline.ts";
import { Descent } from "./descent.ts";
import type { EgressAsk } from "./egress/asked.ts";
import { Lease } from "./egress/lease.ts";
import type { Sender } from "./forwarding.ts";
import { askPick } from "./hooks/pick.ts";
import type { Inquiry } from "./inquiry.ts";
import { mayGoOn } from "./maxforwards.ts";
import { Passage } from "./passage.ts";
import { doorFor, takeKept } from "./pinned.ts";
import type { Requester } from "./requester.ts";
import { respond } from "./responding.ts";
import { admitRequest } from "./ruling.ts";
import type { ListenerSite, PoolSite, RouteSite, ServerSite } from "./site.ts";
import { plainUp, stairUp } from "./stair.ts";
import { stickyCookie } from "./sticky.ts";
import { tryNextAddress } from "./targets/seeking.ts";
import type { Target } from "./targets/target.ts";
import { noteFault, settle } from "./toll.ts";
import type { Upgrade } from "./upgrade.ts";
import { Upload } from "./upload.ts";
import { Upstream } from "./upstream.ts";
import { Visit } from "./visit.ts";

export class Exchange implements Sender, Seeker {
  /** As it came. */
  readonly asked: Head;
  /** As it goes on: another where rules have changed it. */
  head: Head;
  readonly requestBody: Body = new Body();
  /** From the server's head on. */
  readonly responseBody: Body = new Body();
  readonly attempt: Attempt;
  readonly context: Context;
  /** Whom it is for; set from `open` until the report is over. */
  downstream: Requester | null = null;
  /** The connection to the server of the try under way. */
  upstream: Upstream | null = null;
  listener!: ListenerSite;
  route!: RouteSite;
  /** The route's. Where that has none, every request is answered here, and nothing asks for this. */
  pool!: PoolSite;
  upgrade: Upgrade | null = null;
  /** Where the client of a forward proxy wants it to go. */
  target: Target | null = null;
  /** What it wants of an outbound address; null: nothing. */
  ask: EgressAsk | null = null;
  /** The outbound address that it was given, or waits for; null where its pool has none. */
  lease: Lease | null = null;
  /** Whose good credentials it shows; null where none are asked for, or none are good. */
  user: string | null = null;
  /** The peer's address, and who the client behind trusted proxies is. */
  address = "";
  clientAddress = "";
  isTrusted = false;
  /** The client came over TLS. */
  isSecure = false;
  isUpgrade = false;
  requestIdIndex = -1;
  requestIdCount = 0;
  /** Body bytes that came with the head: head.bytes[bodyStart, bodyEnd). */
  bodyStart = 0;
  bodyEnd = 0;
  readonly upload: Upload;
  readonly passage: Passage;
  /** Of the stair, the next step up. */
  #step = 0;
  /** What it waits for; null while it goes on, or waits for a server. */
  wait: Wait | null = null;
  /** The response, until it goes on to the client. */
  readonly descent: Descent;
  /** The client's connection goes on after this. */
  isPersistent = true;
  /** A status line has been sent to the client. */
  isAnswered = false;
  status = 0;
  /** Why it did not end well, or null. */
  fault: Fault | null = null;
  /** What the server said, where rules have changed it for the client. */
  serverStatus = 0;
  /** Null where the pool has no cache, and until it is asked. */
  caching: Caching | null = null;
  /** Of former exchanges, to be used again. */
  spareCaching: Caching | null = null;
  spareHead: Head | null = null;
  #spareVisit: Visit | null = null;
  #spareLease: Lease | null = null;
  /** Null where nothing is to be judged or counted by rules. */
  visit: Visit | null = null;
  /** What it is watched by; null where nobody asks why. */
  inquiry: Inquiry | null = null;
  /** What a rule has the client wait for; meanwhile what it says is thrown away. */
  tarpit: Reply | null = null;
  /** Of all that was sent to the client for this. */
  sentBytes = 0;
  /** Of those and of what was received, what has been told to entries that are held. */
  notedSent = 0;
  notedReceived = 0;
  /** Body bytes, framing included. */
  requestBytes = 0;
  responseBytesSent = 0;
  startedMs = 0;
  sentMs = 0;
  respondedMs = 0;

  constructor(context: Context) {
    this.context = context;
    this.asked = new Head(context.site.plan.limits.fieldsMax);
    this.head = this.asked;
    this.attempt = new Attempt(this, context);
    this.upload = new Upload(this, context);
    this.passage = new Passage(this, context);
    this.descent = new Descent(this, context);
  }

  reset(): void {
    this.head.release();
    this.asked.release();
    this.head = this.asked;
    this.attempt.reset();
    this.inquiry = null;
    this.#leaveVisit();
    if (this.caching !== null) {
      this.caching.reset();
      this.caching = null;
    }
    this.serverStatus = 0;
    this.sentBytes = 0;
    this.notedSent = 0;
    this.notedReceived = 0;
    this.downstream = null;
    this.upstream = null;
    this.upgrade = null;
    this.target = null;
    this.ask = null;
    this.#spareLease = this.lease ?? this.#spareLease;
    this.lease = null;
    this.user = null;
    this.isUpgrade = false;
    this.requestIdIndex = -1;
    this.requestIdCount = 0;
    this.upload.reset();
    this.#step = 0;
    this.wait = null;
    this.descent.reset();
    this.isPersistent = true;
    this.isAnswered = false;
    this.status = 0;
    this.fault = null;
    this.requestBytes = 0;
    this.responseBytesSent = 0;
    this.sentMs = 0;
    this.respondedMs = 0;
  }

  get serverName(): string {
    if (this.target !== null) return this.target.name;
    return this.route.pool?.servers[this.attempt.index]?.plan.name ?? "";
  }

  /** Name of the rule whose outcome this is, "" without. */
  get rule(): string {
    return this.visit?.ruled?.name ?? "";
  }

  get preface(): Uint8Array {
    return this.downstream!.preface(this.listener.forwarding);
  }

  get isExcepted(): boolean {
    return this.downstream!.isExcepted;
  }

  get requestIdPrefix(): string {
    return this.context.requestIdPrefix;
  }

  get givenFields(): number {
    return this.visit === null ? 0 : this.visit.edits.given;
  }

  /** Idempotent, or seen by no server, and every byte of it still in our hands. */
  get isReplayable(): boolean {
    const by = this.head.method;
    const isIdempotent = by !== method.other && by !== method.post && by !== method.connect;
    return (isIdempotent || this.upload.isUnseen) && this.upload.isBodyHeld && !this.isUpgrade;
  }

  // ---- the request ----

  /** Start of all: the connection it came on, before its head is parsed. */
  open(downstream: Requester, listener: ListenerSite): void {
    this.downstream = downstream;
    this.listener = listener;
    this.route = listener.route;
    this.pool = listener.route.pool!;
    this.startedMs = this.context.port.nowMs;
    this.address = downstream.client.address;
    this.clientAddress = this.address;
    this.isTrusted = downstream.isTrusted;
    this.isSecure = downstream.isSecure;
    this.inquiry = this.context.inquiry;
    this.requestBody.begin(bodyKind.none, 0);
    this.asked.isHostFree = listener.plan.proxy !== null;
  }

  /** The head is parsed and followed by bytes[bodyStart, end). Answers the index after what belongs to this request. */
  measure(bodyStart: number, end: number): number {
    const { head } = this;
    this.requestBody.begin(requestBody(head), head.contentLength);
    this.bodyStart = bodyStart;
    this.bodyEnd = this.requestBody.advance(head.bytes, bodyStart, end);
    this.requestBytes = this.bodyEnd - bodyStart;
    return this.bodyEnd;
  }

  /** Go and find a server. It may all be over when this returns. */
  begin(): void {
    const { head } = this;
    const { forwarding } = this.listener;
    this.isPersistent = head.wantsKeepAlive && !this.downstream!.isLast;
    const refusal = refusalOf(this, this.context.limits.bodyBytesMax, this.listener.plan.proxy);
    if (refusal !== null) return this.fail(refusal);
    if (this.isTrusted && head.hasSpecial) this.clientAddress = forwarding.trust.clientAddress(head, this.address);
    if (forwarding.requestId !== null) {
      this.requestIdIndex = forwarding.findRequestId(head);
      this.requestIdCount = ++this.context.requestIdCount;
    }
    if (stairUp(this.listener) !== plainUp) return this.goOn();
    this.#step = 1;
    if (admitRequest(this, this.context)) this.seekServer();
  }

  /** Take the next steps, up or down: from the start, or said by the step that had it wait. */
  goOn(): void {
    this.wait = null;
    if (this.descent.head !== null) return this.descent.goOn();
    const steps = stairUp(this.listener);
    while (this.#step < steps.length) if (!steps[this.#step++]!(this, this.context)) return;
    this.seekServer();
  }

  /** All that comes before is done. */
  seekServer(): void {
    if (!mayGoOn(this, this.context)) return;
    this.isUpgrade = isUpgradeAsked(this.head, this.requestBody);
    const by = this.target === null ? null : this.target.by;
    if (by === null) return this.attempt.begin();
    this.lease = this.#spareLease ?? new Lease(this, this.context);
    this.#spareLease = null;
    this.lease.begin(by);
  }

  /** Said by a step that will say `goOn` later. The client's body waits too, and so does the response, of which all is kept. */
  waitFor(wait: Wait, forMs: number): void {
    this.wait = wait;
    this.holdBody();
    this.descent.wait();
    this.arm(forMs);
  }

  /** What rules see of it. */
  visitNow(): Visit {
    if (this.visit !== null) return this.visit;
    const visit = this.#spareVisit ?? new Visit(this, this.context);
    visit.begin(this.downstream!.guestNow());
    this.visit = visit;
    return visit;
  }

  #leaveVisit(): void {
    if (this.visit === null) return;
    this.visit.reset();
    this.#spareVisit = this.visit;
    this.visit = null;
  }

  /** What a hashing policy hashes. */
  balanceKey(): number {
    return balanceKeyOf(this.head, this.pool.plan.balance.key, this.clientAddress);
  }

  namedServer(): number {
    return this.pool.backends.byCookie(stickyCookie(this, this.pool.plan.balance.sticky!));
  }

  stuckServer(): number {
    return this.pool.sticking!.find(this.visitNow());
  }

  hookedServer(): number {
    return askPick(this, this.context);
  }

  /** The attempt has chosen: over a connection that is there, or a new one. */
  connect(server: ServerSite, isFreshWanted: boolean): void {
    if (this.inquiry !== null) this.inquiry.chosen(this.pool, this.attempt, true);
    const kept = isFreshWanted ? null : takeKept(this, this.context, server);
    if (kept !== null) {
      this.upstream = kept;
      kept.carry(this);
      return this.upload.send(kept);
    }
    this.upstream = new Upstream(this.context, doorFor(this, this.context, server));
    this.holdBody();
    this.upstream.dial(this, this.downstream!.client);
  }

  /** Another outbound address, where it has one. */
  seekAgain(what: Fault, isReused: boolean): boolean {
    return this.lease?.again(what, isReused) === true;
  }

  /** The connection that was dialed is not to be had. */
  refused(what: Fault): void {
    this.upstream = null;
    if (this.target === null || !tryNextAddress(this, this.context, what)) this.attempt.refused(what);
  }

  /** The connection was lost before any byte of an answer. */
  lost(what: Fault, isReused: boolean): void {
    this.upstream = null;
    this.attempt.lost(what, isReused);
  }

  /** Who was to pass the request on has not: as if it had not answered, but that it is no idle connection that grew old. */
  spurned(what: Fault): void {
    this.upstream!.reset();
    this.lost(what, false);
  }

  /** The attempt waits for a server: the client waits too. */
  queued(): void {
    if (this.inquiry !== null) this.inquiry.chosen(this.pool, this.attempt, false);
    this.holdBody();
    this.arm(this.pool.plan.queue.timeoutMs);
  }

  holdBody(): void {
    if (!this.requestBody.isDone) this.downstream!.holdBody();
  }

  /** The server takes bytes again. */
  drainedUp(): void {
    if (this.upgrade !== null) this.upgrade.drainedUp();
    else this.upload.drained();
  }

  // ---- the response ----

  /** The final head, followed by bytes[bodyStart, end). */
  responded(head: Head, bytes: Uint8Array, bodyStart: number, end: number): void {
    respond(this, this.context, head, bytes, bodyStart, end);
  }

  /** The client takes bytes again. */
  drainedDown(): void {
    if (this.upgrade !== null) this.upgrade.drainedDown();
    else if (this.caching?.shown.isBegun === true) this.caching.shown.drained();
    else this.passage.drained(this.upstream);
  }

  /** More of the response is to come by then. */
  awaitServer(): void {
    this.arm(this.pool.plan.timeouts.readMs);
  }

  /** Both sides have ended, or one has broken off, or neither says anything. */
  endUpgrade(isReset: boolean): void {
    if (isReset) this.upstream?.reset();
    else this.upstream?.destroy();
    const downstream = this.downstream!;
    this.conclude();
    downstream.closeNow(isReset);
  }

  // ---- the end ----

  /** Both messages are done, or the response is and the rest of the request is of no use. */
  finish(isUpstreamReusable: boolean): void {
    const upstream = this.upstream!;
    const downstream = this.downstream!;
    const isRequestDone = this.requestBody.isDone;
    upstream.release(isUpstreamReusable && isRequestDone);
    const isPersistent = this.isPersistent && isRequestDone;
    this.conclude();
    downstream.concluded(isPersistent, isRequestDone && !this.head.wantsKeepAlive);
  }

  /** The server broke its word inside an exchange. */
  failUpstream(what: Fault): void {
    if (this.passage.isDeferred(what)) return;
    this.attempt.failed();
    this.fail(what);
  }

  /** No (further) attempt helps. Answer the client if nothing was sent to it yet; else let it see that this is not whole. */
  fail(what: Fault): void {
    if (this.caching?.rescues(what) === true) return;
    const downstream = this.downstream!;
    this.fault = what;
    if (this.upstream !== null) this.upstream.reset();
    if (this.isAnswered || what.status === 0) {
      this.conclude();
      downstream.closeNow(true);
      return;
    }
    if (this.inquiry !== null) this.inquiry.failed(this.route.pool, this.attempt, what);
    noteFault(this, what);
    refuse(this, this.context, what);
  }

  /** Answer what a rule, a pool or a ban gives in place of a server's response. `what`: null where nothing is at fault. */
  give(reply: Reply, what: Fault | null): void {
    this.fault = what;
    if (this.upstream !== null) this.upstream.reset();
    give(this, this.context, reply);
  }

  /** Let the client wait before it is answered. It is read on, or it would not be seen to leave. */
  hold(reply: Reply, forMs: number): void {
    this.tarpit = reply;
    this.downstream!.line.resume();
    this.arm(forMs);
  }

  /** The client is gone, and it goes on for `heir`: by the same rules and what they have set, for a cache may keep what comes. */
  bequeath(heir: Requester, what: Fault): void {
    settle(this);
    this.visit?.begin(heir.guestNow());
    this.fault = what;
    this.downstream = heir;
    this.drainedDown();
  }

  /** The client is gone. */
  abort(what: Fault): void {
    this.fault = what;
    this.upstream?.reset();
    this.conclude();
  }

  /** The deadline has passed; what for depends on who is waited for. */
  timedOut(): void {
    deadlinePassed(this);
  }

  /** Count and report; after this the object is not ours any more. */
  conclude(): void {
    this.tarpit = null;
    const { wait } = this;
    if (wait !== null) {
      this.wait = null;
      wait.cancelled();
    }
    this.passage.stop();
    if (this.caching !== null) this.caching.end();
    if (this.inquiry !== null) this.inquiry.ended(this.context.port.sharedMs);
    if (this.visit !== null || this.downstream!.guest !== null) settle(this);
    countExchange(this.context.tally.cells, this, this.context.port.nowMs);
    this.upstream = null;
    this.attempt.end();
    if (this.lease !== null) this.lease.end(this.fault);
    if (this.downstream!.isOfClient) this.context.report(this);
  }

  /** To the client. False: it cannot take more now. */
  sendDown(bytes: Uint8Array, start: number, end: number): boolean {
    countSent(this.context.tally.cells, this, end - start);
    return this.downstream!.line.send(bytes, start, end);
  }

  /** Its deadline is so far from now. */
  arm(delayMs: number): void {
    this.context.port.wake(this.downstream!, this.context.port.nowMs + delayMs);
  }
}
