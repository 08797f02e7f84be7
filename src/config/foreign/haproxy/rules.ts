// The rules of a proxy, all families together: ACLs, tcp-request, http-request, use_backend, stick and their kin, as lists of ours by phase. HAProxy evaluates
// families in a fixed order, whatever their order in the file, and so the lists are made:
//
//   connection   tcp-request connection, then session; in mode tcp content and use_backend too
//   request      tcp-request content, http-request (with block and reqadd), redirect, use_backend
//   response     tcp-response content, http-response (with rspadd), http-after-response
//
// A frontend's or listen's are its listener's, a backend's its pool's, which comes after the listener's, as in HAProxy.

import { Acls } from "./acl.ts";
import { Captures } from "./capture.ts";
import type { Code } from "./code.ts";
import type { RulesDraft } from "./draft.ts";
import { pathAndQuery } from "./fetchnames.ts";
import { isForwardingRuled } from "./forwarding.ts";
import { fault, heard } from "./objection.ts";
import { isMethodEdited, isTargetKept, receivedMethod, receivedTarget } from "./received.ts";
import {
  type Actions,
  actionOf,
  afterActions,
  connectionActions,
  contentActions,
  requestActions,
  responseActions,
} from "./ruleaction.ts";
import { redirect } from "./ruleanswer.ts";
import { familyRules, type Member } from "./rulefamily.ts";
import { legacyRule } from "./rulelegacy.ts";
import { type Made, RuleLine } from "./ruleline.ts";
import { type Changes, changeBy } from "./rulesettings.ts";
import { nameIn, type Site, type Stage } from "./sample.ts";
import {
  type Conversion,
  isRuleWord,
  linePath,
  type ProxyRules,
  type Service,
  type Statement,
  type TranslateRules,
} from "./scene.ts";
import { Sticking } from "./stick.ts";
import { stickTables, stores } from "./sticktable.ts";
import { warn } from "./tell.ts";
import { readUnits } from "./time.ts";
import { useBackend } from "./usebackend.ts";

const families = [
  "connection",
  "session",
  "content",
  "request",
  "redirect",
  "use",
  "answered",
  "response",
  "after",
] as const;
type Family = (typeof families)[number];

const stages: Readonly<Record<Family, Stage>> = {
  connection: "connection",
  session: "session",
  content: "content",
  request: "request",
  redirect: "request",
  use: "request",
  answered: "response",
  response: "response",
  after: "response",
};

export const translateRules: TranslateRules = (conversion, proxy) => new Translator(conversion, proxy).rules();

class Translator {
  readonly #conversion: Conversion;
  readonly #proxy: Service;
  readonly #acls: Acls;
  readonly #captures: Captures;
  readonly #sticking = new Sticking();
  readonly #failing: Code[] = [];
  readonly #changes: Changes = { listenerKeys: {}, poolKeys: {}, connection: [] };
  readonly #members: Readonly<Record<Family, Member[]>>;

  constructor(conversion: Conversion, proxy: Service) {
    this.#conversion = conversion;
    this.#proxy = proxy;
    this.#addTable();
    this.#acls = new Acls(this.#site("request"), proxy);
    this.#captures = new Captures(this.#site("request"), proxy);
    this.#members = Object.fromEntries(families.map((family) => [family, []])) as unknown as Record<Family, Member[]>; // All of them.
  }

  rules(): ProxyRules {
    for (const statement of this.#proxy.statements)
      if (isRuleWord(statement.words[0]!.text)) heard(this.#conversion.ledger, statement, () => this.#read(statement));
    // Where all is there: what is not used does no harm.
    this.#acls.finish(this.#site("request"));
    const lists = this.#proxy.mode === "http" ? this.#httpLists() : this.#tcpLists();
    const isBackend = this.#proxy.kind === "backend";
    const { listenerKeys, poolKeys } = this.#changes;
    return {
      listener: isBackend ? noRules() : lists,
      pool: isBackend ? lists : noRules(),
      stick: this.#sticking.stick((name) => this.#conversion.nameOf("table", name)),
      failing: this.#failing,
      listenerKeys,
      poolKeys,
    };
  }

  #addTable(): void {
    const table = stickTables(this.#conversion).get(this.#proxy.name);
    if (table?.proxy !== this.#proxy) return;
    const name = this.#conversion.nameOf("table", this.#proxy.name);
    this.#conversion.draft.tables[name] = table.draft;
    this.#conversion.origins.add(["tables", name], linePath(table.statement));
    this.#conversion.ledger.keep(linePath(table.statement));
  }

  #httpLists(): RulesDraft {
    const {
      connection,
      session,
      content,
      request,
      redirect: redirects,
      use,
      answered,
      response,
      after,
    } = this.#members;
    const isBackend = this.#proxy.kind === "backend";
    return {
      connection: [
        ...this.#changes.connection,
        ...familyRules(connection, session.length === 0),
        ...familyRules(session, true),
      ],
      request: [
        ...(isBackend || !isTargetKept(this.#conversion.proxies)
          ? []
          : [{ set: { [nameIn("vars", receivedTarget).text]: pathAndQuery.text } }]),
        ...(isBackend || !isMethodEdited(this.#conversion.proxies)
          ? []
          : [{ set: { [nameIn("vars", receivedMethod).text]: "method" } }]),
        ...this.#captures.request,
        ...familyRules(content, false),
        // Nothing comes after the rules of a pool, but what comes after those of a listener an accept may not pass over.
        ...familyRules(request, isBackend && redirects.length === 0 && !isForwardingRuled(this.#conversion.proxies)),
        ...familyRules(redirects, false),
        ...familyRules(use, false),
      ],
      response: [...this.#captures.response, ...familyRules(answered, false), ...familyRules(response, true)],
      afterResponse: familyRules(after, true),
    };
  }

  #tcpLists(): RulesDraft {
    const { connection, session, content, use } = this.#members;
    return {
      connection: [
        ...this.#changes.connection,
        ...familyRules(connection, false),
        ...familyRules(session, false),
        ...(this.#isSessionCounted() ? [{ countSession: true }] : []),
        ...familyRules(content, this.#proxy.kind === "backend"),
        ...familyRules(use, false),
      ],
      request: [],
      response: [],
      afterResponse: [],
    };
  }

  /** To HAProxy a connection is a session before rules on content ask for it, and stays one that they refuse. */
  #isSessionCounted(): boolean {
    const { content, use } = this.#members;
    const { proxies } = this.#conversion;
    if (this.#proxy.kind === "backend" || (content.length + use.length === 0 && !hasContentRules(proxies)))
      return false;
    const tables = [...stickTables(this.#conversion).values()];
    return tables.some((table) => stores(table, "sess_cnt", 0) || stores(table, "sess_rate", 0));
  }

  #site(stage: Stage, isSent = false): Site {
    return { conversion: this.#conversion, proxy: this.#proxy, stage, ...(isSent ? { isSent } : {}) };
  }

  #read(statement: Statement): void {
    const [first, second] = statement.words;
    switch (first!.text) {
      case "acl":
      case "stick-table":
      case "capture":
      case "declare":
        return;
      case "tcp-request":
        return this.#tcpRequest(statement);
      case "tcp-response":
        return this.#tcpResponse(statement);
      case "http-request":
        return this.#add("request", statement, 1, requestActions);
      case "http-response":
        return this.#add("response", statement, 1, responseActions);
      case "http-after-response":
        return this.#add("after", statement, 1, afterActions);
      case "redirect":
        if (this.#isIdle(statement)) return;
        return this.#make("redirect", statement, 1, (line) => redirect(line));
      case "use_backend":
        if (this.#proxy.kind === "backend")
          return warn(this.#conversion.ledger, first!, "does nothing in a backend, as in HAProxy");
        return this.#make("use", statement, 1, useBackend);
      case "use-server":
        return this.#make("use", statement, 1, (line) =>
          fault(
            line.last,
            `is refused: a rule chooses a pool, not one server of it; give ${second?.text ?? "the server"} a backend of its own`,
          ),
        );
      case "stick":
        return this.#stick(statement);
      case "monitor":
        return this.#monitor(statement);
      default:
        if (!changeBy(this.#site("request"), statement, this.#changes)) this.#legacy(statement);
    }
  }

  #tcpRequest(statement: Statement): void {
    const [first, second, third] = statement.words;
    switch (second?.text) {
      case "connection":
      case "session":
        if (this.#proxy.kind === "backend")
          return fault(second, `is not taken in a backend: ${second.text} is over before one is chosen`);
        if (third?.text === "expect-proxy") return this.#expectProxy(statement);
        return this.#add(second.text, statement, 2, connectionActions);
      case "content":
        return this.#add("content", statement, 2, contentActions);
      case "inspect-delay":
        if (third === undefined) return fault(second, "needs a time");
        readUnits(third, "ms");
        this.#conversion.ledger.note(
          linePath(statement),
          "rules wait for what they ask about, as long as timeouts.handshake says",
        );
        return;
      default:
        return fault(second ?? first!, "must be tcp-request connection, session, content or inspect-delay");
    }
  }

  #tcpResponse(statement: Statement): void {
    const [first, second] = statement.words;
    if (this.#proxy.kind === "frontend")
      fault(first!, "is not taken in a frontend, as in HAProxy: it belongs in a backend");
    if (second?.text === "inspect-delay")
      return this.#conversion.ledger.note(linePath(statement), "responses are not waited for");
    if (second?.text !== "content") return fault(second ?? first!, "must be tcp-response content or inspect-delay");
    if (this.#proxy.mode === "tcp") {
      const line = new RuleLine(this.#site("response"), this.#acls, statement, 2);
      if (line.peek()?.text !== "accept") fault(second, "is refused: what servers send is not looked at in mode tcp");
      return this.#conversion.ledger.keep(linePath(statement));
    }
    this.#add("answered", statement, 2, {
      ...responseActions,
      accept: () => "accept",
      close: responseActions["reject"]!,
      allow: () => fault(second, "has no action allow"),
    });
  }

  /** The one way to say of some clients that a PROXY header comes first: trustedProxies. */
  #expectProxy(statement: Statement): void {
    const words = statement.words;
    const isKnown = words[3]?.text === "layer4" && words.length === 4;
    const blocks = expectedBlocks(words.slice(4).map(({ text }) => text));
    if (!isKnown && blocks === null)
      return fault(
        words[2]!,
        "is refused: a PROXY header is expected of all, or of addresses: expect-proxy layer4 if { src 10.0.0.0/8 }",
      );
    this.#changes.listenerKeys["proxyProtocol"] = true;
    this.#changes.listenerKeys["trustedProxies"] = blocks ?? ["0.0.0.0/0", "::/0"];
    this.#conversion.ledger.keep(linePath(statement));
  }

  #stick(statement: Statement): void {
    const first = statement.words[0]!;
    if (this.#proxy.kind === "frontend")
      return warn(this.#conversion.ledger, first, "does nothing in a frontend, as in HAProxy");
    const stage = this.#proxy.mode === "http" ? "request" : "content";
    const line = new RuleLine(this.#site(stage), this.#acls, statement, 1);
    this.#sticking.read(line);
    this.#conversion.ledger.keep(linePath(statement));
  }

  /** `monitor fail if ...`: then the answer to monitor-uri is 503. */
  #monitor(statement: Statement): void {
    const [first, second] = statement.words;
    if (second?.text !== "fail") fault(second ?? first!, "must be monitor fail if ..., as in HAProxy");
    if (this.#proxy.kind === "backend")
      return warn(this.#conversion.ledger, first!, "does nothing in a backend, as in HAProxy");
    const condition = new RuleLine(this.#site("request"), this.#acls, statement, 2).condition();
    if (condition === null) fault(second, "needs a condition, as in monitor fail if { nbsrv(app) lt 1 }");
    this.#failing.push(condition);
    this.#conversion.ledger.keep(linePath(statement));
  }

  #legacy(statement: Statement): void {
    const family = statement.words[0]!.text.startsWith("rsp") ? "response" : "request";
    this.#make(
      family,
      statement,
      1,
      (line) => legacyRule(line) ?? fault(statement.words[0]!, "is no keyword of HAProxy's"),
    );
  }

  #add(family: Family, statement: Statement, at: number, actions: Actions): void {
    const name = statement.words
      .slice(0, at)
      .map(({ text }) => text)
      .join(" ");
    if (name.startsWith("http-") && this.#isIdle(statement)) return;
    this.#make(family, statement, at, (line) => actionOf(line, actions, name, this.#captures));
  }

  /** A rule on HTTP in mode tcp. */
  #isIdle(statement: Statement): boolean {
    if (this.#proxy.mode === "http") return false;
    warn(this.#conversion.ledger, statement.words[0]!, "does nothing in mode tcp, as in HAProxy");
    return true;
  }

  #make(family: Family, statement: Statement, at: number, act: (line: RuleLine) => Made): void {
    const stage = this.#proxy.mode === "tcp" && family === "use" ? "content" : stages[family];
    const line = new RuleLine(this.#site(stage, family === "after"), this.#acls, statement, at);
    const made = act(line);
    const condition = line.condition();
    this.#members[family].push({ condition, made, path: linePath(statement) });
    this.#conversion.ledger.keep(linePath(statement));
  }
}

function noRules(): RulesDraft {
  return { connection: [], request: [], response: [], afterResponse: [] };
}

/** Of `if { src A B }`; null for any other condition. */
function expectedBlocks(words: readonly string[]): readonly string[] | null {
  const [keyword, open, fetched, ...rest] = words;
  if (keyword !== "if" || open !== "{" || fetched !== "src" || rest.at(-1) !== "}" || rest.length < 2) return null;
  return rest.slice(0, -1);
}

/** Of backends that connections are led to. */
function hasContentRules(proxies: Conversion["proxies"]): boolean {
  return proxies.some(
    ({ kind, mode, statements }) =>
      kind === "backend" &&
      mode === "tcp" &&
      statements.some(({ words: [first, second] }) => first!.text === "tcp-request" && second?.text === "content"),
  );
}
