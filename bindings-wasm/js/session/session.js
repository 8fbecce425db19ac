// Who is signed in on a page that talks to the provider itself (RFC 10017 6.3): login, renewal, logout, the same in all tabs.
//
// Renewal is that of a site: due, lock, read again, somebody else's tokens if there are any, else refresh, write, tell.
//  * Whoever gets the lock reads again. So of all tabs one sends a request.
//  * What is written names what was read: a refresh that comes after a logout, or after another login, changes nothing.
//  * `invalid_grant` is believed unless other tokens came meanwhile.
//  * Any other failure is noted, with the time of the next attempt, for all tabs; the session stays.

import { SessionError } from './error.js';
import { Keeper, LONGEST_PAUSE, isSame } from './keeper.js';
import { news } from './news.js';
import { optionsOf } from './options.js';
import { activated, cameBack, cleanUrl, here, inPage, isResponse, isVisible, leave, listenForWaking, showPage } from './page.js';
import { note } from './storages.js';
import { handOver, openWindow, windowDone } from './window.js';

/** A token's age, in seconds, below which an API that refuses it gets no other one. */
const YOUNG = 5;
/** The longest time that a timer is set for, in seconds. */
const LONGEST_TIMER = 3600;
/** When to look again at a session that could not be read, in seconds. */
const UNREAD_PAUSE = 10;

const STARTING = Object.freeze({ status: 'starting' });

/** When to renew again after a failure that no tab noted, in seconds. */
const PAUSE = 5;
/** How long an API that refuses each token gets no other one, in seconds. */
const STUBBORN = 300;
/** What of a stored session says that it will never be one. */
const UNREADABLE = ['unreadable_session', 'session_mismatch'];

/** Callbacks of this page, by name and URL: each is answered once. And the last one of each name. */
const callbacks = new Map();
const called = new Map();

export class PageSession {
  #rp;
  #options;
  #name;
  #keeper;
  #news;
  #deaf = () => {};
  #listeners = new Set();
  #state = STARTING;
  #started = false;
  #starting;
  #held;
  #reason;
  #error;
  #turn = Promise.resolve();
  #renewing;
  #timer;
  #leaving;
  #notBefore = 0;
  #stubborn = new Map();
  #prepared;
  #remembered;
  #window;
  #handing;

  constructor(given) {
    this.#options = optionsOf(given);
    this.#rp = this.#options.rp;
    this.#name = `relyingparty-session:${this.#rp.issuer} ${this.#rp.client_id}`;
    if (inPage()) {
      this.#keeper = new Keeper(this.#options.storage, this.#name);
      this.#news = news(this.#name, (notice) => this.#hear(notice));
    }
    // On a server nothing begins.
    this.#starting = inPage() ? Promise.resolve().then(() => this.#start()) : new Promise(() => {});
  }

  get state() {
    return this.#state;
  }

  subscribe(listener) {
    const call = () => listener();
    this.#listeners.add(call);
    return () => this.#listeners.delete(call);
  }

  async ready() {
    await this.#starting;
    return this.#state;
  }

  /** Leaves for the provider. */
  logIn(request = {}) {
    this.#leaving ??= this.#authorize(request)
      .then(({ url }) => {
        this.#left.set('login');
        leave({ url });
      })
      .finally(() => (this.#leaving = undefined));
    return this.#leaving;
  }

  async logInWithPopup(request = {}, { features } = {}) {
    this.#needPage();
    const opened = openWindow(this.#name, features);
    this.#window?.stop.abort(new SessionError('popup_replaced'));
    const mine = (this.#window = { stop: new AbortController() });
    try {
      await this.#starting;
      const { url } = await this.#authorize(request);
      mine.stop.signal.throwIfAborted();
      const { done, heard } = windowDone(opened, new URL(url).searchParams.get('state'), mine.stop.signal);
      mine.heard = heard;
      opened.location.replace(url);
      return await this.#finish(await done);
    } catch (error) {
      opened.close();
      throw error;
    } finally {
      if (this.#window === mine) this.#window = undefined;
    }
  }

  /**
   * Finishes the login that the browser came back from. However often it is called, a URL is answered once; when it is gone from the
   * page, who asks gets what it came to.
   */
  callback(url) {
    this.#needPage();
    const text = String(url ?? location.href);
    if (isResponse(text, this.#rp.redirect_uri)) {
      const key = `${this.#name} ${text}`;
      if (!callbacks.has(key)) callbacks.set(key, this.#answered(text));
      called.set(this.#name, callbacks.get(key));
    }
    return called.get(this.#name) ?? Promise.resolve(undefined);
  }

  /** The session with a token that lives: renewed if it is due. */
  async fresh() {
    this.#needPage();
    await this.#starting;
    if (!this.#held?.session) await this.#look();
    this.#needHeld();
    try {
      if (this.#isDue()) await this.#renew();
    } catch (error) {
      if (!this.#held?.session || !this.#lives()) throw error;
    }
    const { session } = this.#needHeld();
    if (!this.#lives()) throw this.#error ?? new SessionError(session.refresh_token ? 'renewal_failed' : 'session_expired');
    return session;
  }

  /** Renews now, whether it is due or not. */
  async refresh() {
    this.#needPage();
    await this.#starting;
    if (!this.#held?.session) await this.#look();
    const { record, session } = this.#needHeld();
    if (!session.refresh_token) return this.#rp.refresh(session);
    await this.#renew(record);
    return this.#needHeld().session;
  }

  async fetch(input, init) {
    const request = new Request(input, init);
    const session = await this.fresh();
    const again = request.clone();
    const { limits } = this.#options;
    const response = await this.#rp.fetchAs(session, limits)(request);
    // A clock that is wrong, or a token that was revoked: it is renewed once, and not for an API that refuses whatever comes.
    const { origin } = new URL(request.url);
    const age = this.#now() - (this.#held?.record.got_at ?? 0);
    const isOld = !(age >= 0 && age < YOUNG) && !(this.#stubborn.get(origin) > this.#now());
    if (response.status !== 401 || !session.refresh_token || !isOld) return response;
    const isRenewed = this.#held?.session && this.#held.session.access_token !== session.access_token;
    const renewed = isRenewed ? this.#held.session : await this.refresh().catch(() => session);
    if (renewed.access_token === session.access_token) return response;
    const second = await this.#rp.fetchAs(renewed, limits)(again);
    if (second.status === 401) this.#stubborn.set(origin, this.#now() + STUBBORN);
    return second;
  }

  /** Ends the session in all tabs, then at the provider. */
  async logOut(request = {}) {
    this.#needPage();
    await this.#starting;
    const session = this.#held?.session;
    await this.#inTurn(async () => {
      await this.#keeper.logOut();
      this.#drop('logged_out');
    });
    this.#tell('changed');
    this.#show();
    await this.#prepare();
    let to;
    try {
      to = await this.#leading(session, request);
    } catch (error) {
      // A provider without a logout of its own has nothing to be told.
      if (error?.code === 'endpoint_missing') return;
      throw error;
    }
    if (to.state) this.#logoutState.set(to.state);
    leave(to);
  }

  /** Stops listening: the page goes on without this session. */
  close() {
    clearTimeout(this.#timer);
    this.#deaf();
    this.#news?.close();
    this.#listeners.clear();
  }

  async #start() {
    await activated();
    this.#deaf = listenForWaking((event) => this.#wake(event));
    try {
      this.#takeLogout();
      await this.callback();
    } catch (error) {
      this.#error = error;
    }
    await this.#look();
    // A browser that goes back to a page which leaves by itself would never get further back.
    if (this.#left.get() && !this.#held && cameBack()) this.#reason ??= 'came_back';
    this.#left.remove();
    this.#started = true;
    this.#show();
    if (this.#isDue() && isVisible()) this.#renew().catch(() => {});
  }

  async #authorize(request) {
    this.#needPage();
    try {
      await activated();
      await this.#prepare();
      const login = await this.#rp.authorize({ return_to: here(), ...request });
      this.#remember();
      return login;
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** A response that is in the page's own URL leaves it before anything else can see it. */
  async #answered(url) {
    const isHere = url === location.href;
    if (isHere) cleanUrl();
    await activated();
    this.#handing = isHere ? handOver(this.#name, url, this.#news) : undefined;
    if (this.#handing) return this.#handing.done;
    const session = await this.#finish(url);
    const { navigate = showPage } = this.#options;
    if (isHere && session.return_to) await navigate(session.return_to);
    return session;
  }

  async #finish(url) {
    try {
      await this.#prepare();
      const session = await this.#rp.callback(url);
      this.#remember();
      await this.#inTurn(async () => {
        const record = await this.#keeper.begin(session, this.#now());
        this.#hold(record, session);
      });
      this.#tell('changed');
      this.#show();
      return session;
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** Where to go to log out at the provider, and what comes back from there. */
  async #leading(session, request) {
    try {
      return await this.#rp.logOut(session, request);
    } catch (error) {
      if (error?.details?.member !== 'logout') throw error;
    }
    // The small build makes the URL alone.
    const state = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32)))).replaceAll(/\W/g, '');
    return { url: await this.#rp.endSession(session, { state, ...request }), state: request.state ?? state };
  }

  /** What came back from the provider's logout is of no use to the page. */
  #takeLogout() {
    const expected = this.#logoutState.get();
    const { searchParams } = new URL(location.href);
    if (!expected || searchParams.get('state') !== expected) return;
    this.#logoutState.remove();
    this.#reason = 'logged_out';
    cleanUrl(['state']);
  }

  get #left() {
    return note('sessionStorage', `${this.#name} left`);
  }

  get #logoutState() {
    return note('sessionStorage', `${this.#name} logout`);
  }

  #hear(notice) {
    if (notice.kind === 'callback') {
      const answer = () => this.#news.tell({ kind: 'received', id: notice.id });
      return this.#window?.heard?.(notice, answer);
    }
    if (notice.kind === 'received') return this.#handing?.received(notice);
    if (this.#started) this.#look();
  }

  /** The page may have slept, been left, or been without a network. */
  async #wake({ type }) {
    if (!this.#started) return;
    if (type === 'pageshow' && !this.#held) this.#reason ??= 'came_back';
    await this.#look();
    if (!this.#held?.session || !isVisible()) return;
    // Whatever failed without a network is tried at once with one.
    const again = type === 'online' && this.#held.record.failures > 0;
    if (again || this.#isDue()) await this.#renew(again ? this.#held.record : undefined).catch(() => {});
  }

  /** Takes over what the storage has. */
  async #look() {
    await this.#inTurn(async () => {
      try {
        await this.#take(await this.#keeper.read());
      } catch (error) {
        this.#error = error;
      }
    });
    this.#show();
  }

  async #take(record) {
    if (!record) {
      if (this.#held) this.#drop(this.#keeper.isLoggedOut(this.#held.record) ? 'logged_out' : 'ended');
      return;
    }
    if (isSame(record, this.#held?.record) && this.#held.session) {
      this.#held = { record, session: this.#held.session };
      return;
    }
    try {
      await this.#prepare();
      const session = record.session ?? (await this.#rp.restore(record.encoded));
      this.#hold(record, session);
      this.#remember();
    } catch (error) {
      this.#error = error;
      // What cannot be read now may be read later.
      if (error?.category !== 'Token' && !UNREADABLE.includes(error?.code)) this.#held = { record, session: undefined };
      else {
        await this.#keeper.ended(record);
        this.#drop('ended', error);
      }
    }
  }

  #hold(record, session) {
    this.#held = { record, session };
    this.#reason = undefined;
    this.#error = this.#keeper.trouble;
  }

  #drop(reason, error) {
    this.#held = undefined;
    this.#reason = reason;
    this.#error = error;
  }

  /** One renewal at a time in this page, one request at a time among all. */
  #renew(forced) {
    this.#renewing ??= this.#renewAlone(forced).finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async #renewAlone(forced) {
    const { record } = this.#needHeld();
    let failed;
    try {
      failed = await this.#keeper.alone(record, () => this.#renewLocked(forced));
    } catch (error) {
      failed = error;
    }
    await this.#look();
    // Whoever has other tokens by now has no failure.
    if (!failed || (this.#held?.session && !isSame(record, this.#held.record))) return;
    this.#notBefore = this.#now() + PAUSE;
    if (this.#held) this.#fail(failed);
    throw failed;
  }

  /** What the holder of the lock does. Yields what went wrong. */
  async #renewLocked(forced) {
    await this.#look();
    if (!this.#held?.session) return this.#error;
    const { record, session } = this.#held;
    const isOthers = forced && (!isSame(record, forced) || record.failures !== forced.failures);
    if (forced ? isOthers : !this.#isDue()) return undefined;
    try {
      if (await this.#keeper.isSpent(record)) throw new SessionError('session_copied');
      await this.#prepare();
      const renewed = await this.#rp.refresh(session);
      this.#remember();
      const written = await this.#keeper.renewed(record, renewed, this.#now());
      if (written) {
        await this.#inTurn(() => this.#hold(written, renewed));
        this.#tell('changed');
      }
      return undefined;
    } catch (error) {
      const isOver = error?.error === 'invalid_grant' || error?.code === 'session_copied';
      if (isOver && (await this.#keeper.ended(record))) {
        await this.#inTurn(() => this.#drop('ended', isOver && error.error ? new SessionError('session_ended', {}, error) : error));
        if (error.error) this.#tell('changed');
      }
      if (!isOver && (await this.#keeper.failed(record, this.#now()))) this.#tell('changed');
      return error;
    }
  }

  #inTurn(work) {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  #tell(kind) {
    this.#news?.tell({ kind });
  }

  #fail(error) {
    this.#error = error;
    this.#show();
  }

  #now() {
    return this.#options.clock();
  }

  #lives() {
    const { expires_at } = this.#held.session;
    return expires_at === undefined || this.#now() < expires_at;
  }

  /** When the token is to be renewed: before its end, but not in the first three quarters of its life. */
  #dueAt() {
    const { session, record } = this.#held;
    if (session.expires_at === undefined || !session.refresh_token) return Infinity;
    const margin = Math.min(this.#options.margin_secs, Math.max(session.expires_at - record.got_at, 0) / 4);
    return session.expires_at - margin;
  }

  #isDue() {
    if (!this.#held?.session) return false;
    const { got_at } = this.#held.record;
    const now = this.#now();
    // A clock that went back says nothing of how long the token lives.
    if (now < got_at - 60) return Number.isFinite(this.#dueAt());
    return now >= this.#dueAt() && now >= this.#retryAt();
  }

  /** When a renewal that failed may be tried again, unless a clock was wrong when that was noted. */
  #retryAt() {
    const { retry_at } = this.#held.record;
    return retry_at - this.#now() > 2 * LONGEST_PAUSE ? 0 : retry_at;
  }

  /** Works out the state, tells who listens, and sets the timer for the next change. */
  #show() {
    if (!this.#started) return;
    if (this.#held?.session && !this.#held.session.refresh_token && !this.#lives()) {
      this.#keeper.ended(this.#held.record).catch(() => {});
      this.#drop('expired', new SessionError('session_expired'));
    }
    this.#schedule();
    const next = this.#current();
    const names = new Set([...Object.keys(next), ...Object.keys(this.#state)]);
    if ([...names].every((name) => next[name] === this.#state[name])) return;
    this.#state = Object.freeze(next);
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        reportError(error);
      }
    }
  }

  #current() {
    const error = this.#error && { error: this.#error };
    if (!this.#held) return { status: 'signed_out', ...(this.#reason && { reason: this.#reason }), ...error };
    const { session, record } = this.#held;
    if (!session) return { status: 'paused', ...error };
    const isPaused = record.failures > 0 && !this.#lives();
    return { status: isPaused ? 'paused' : 'signed_in', session, claims: session.claims, ...error };
  }

  #schedule() {
    clearTimeout(this.#timer);
    if (!this.#held) return;
    const { session } = this.#held;
    const now = this.#now();
    const times = session
      ? [Math.max(this.#dueAt(), this.#retryAt(), this.#notBefore), ...(this.#lives() ? [session.expires_at ?? Infinity] : [])]
      : [now + UNREAD_PAUSE];
    const next = Math.min(...times);
    if (next === Infinity) return;
    const seconds = Math.min(Math.max(next - now, 0.05), LONGEST_TIMER);
    this.#timer = setTimeout(() => this.#tick(), seconds * 1000);
  }

  async #tick() {
    // Who looks at another tab needs no token: the page renews it when it is seen again, or used.
    if (this.#held && !this.#held.session) return this.#look();
    if (this.#isDue()) {
      if (isVisible()) await this.#renew().catch(() => {});
      return;
    }
    this.#show();
  }

  /** What the tab remembers of the provider, so that a reload asks for nothing that is known. */
  #prepare() {
    this.#prepared ??= this.#recall();
    return this.#prepared;
  }

  async #recall() {
    const text = this.#cache.get();
    if (!text) return;
    try {
      await this.#rp.recall(text);
      this.#remembered = text;
    } catch {
      this.#cache.remove();
      this.#prepared = undefined;
    }
  }

  #remember() {
    const text = this.#rp.cache.toJson();
    if (text === this.#remembered) return;
    this.#remembered = text;
    this.#cache.set(text);
  }

  get #cache() {
    return note('sessionStorage', `${this.#name} cache`);
  }

  #needHeld() {
    if (this.#held?.session) return this.#held;
    throw this.#error ?? new SessionError('signed_out');
  }

  #needPage() {
    if (!inPage()) throw new SessionError('not_a_page');
  }
}
