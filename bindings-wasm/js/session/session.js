// Who is signed in on a page that talks to the provider itself (RFC 10017 6.3): login, renewal, logout, the same in all tabs.
//
// Renewal is that of a site: due, lock, read again, somebody else's tokens if there are any, else refresh, write, tell.
//  * Whoever gets the lock reads again. So of all tabs one sends a request.
//  * What is written names what was read: a refresh that comes after a logout, or after another login, changes nothing.
//  * `invalid_grant` is believed unless other tokens came meanwhile.
//  * Any other failure is noted, with the time of the next attempt, for all tabs; the session stays.

import { answeredOnce, forgetAnswers } from './answers.js';
import { Departure } from './departure.js';
import { isDue, livesAt, secondsToChange } from './due.js';
import { SessionError, isUnreadable } from './error.js';
import { fetching } from './fetching.js';
import { Keeper, isSame } from './keeper.js';
import { inThisPage } from './locks.js';
import { ProviderLogout } from './logout.js';
import { news } from './news.js';
import { optionsOf } from './options.js';
import { activated, cleanUrl, here, inPage, isResponse, isVisible, leave, listenForWaking, showPage } from './page.js';
import { ProviderCache } from './provider_cache.js';
import { Published, stateOf } from './state.js';
import { Windows, handOver } from './window.js';

/** When to renew again after a failure that no tab noted, in seconds. */
const PAUSE = 5;

export class PageSession {
  published = new Published();
  #rp;
  #options;
  #name;
  #keeper;
  #news;
  #deaf = () => {};
  #started = false;
  #starting;
  #held;
  #reason;
  #error;
  #renewing;
  #timer;
  #leaving;
  #notBefore = 0;
  #provider;
  #logout;
  #fetch;
  #departure;
  #windows;
  #handing;

  constructor(given) {
    this.#options = optionsOf(given);
    this.#rp = this.#options.rp;
    this.#name = `relyingparty-session:${this.#rp.issuer} ${this.#rp.client_id}`;
    this.#fetch = fetching(this.#options, {
      fresh: () => this.fresh(),
      refresh: () => this.refresh(),
      held: () => this.#held,
    });
    if (inPage()) {
      this.#provider = new ProviderCache(this.#rp, this.#name);
      this.#departure = new Departure(this.#name);
      this.#windows = new Windows(this.#name, this.#rp);
      this.#logout = new ProviderLogout(this.#rp, this.#name);
      this.#keeper = new Keeper(this.#options.storage, this.#name);
      this.#news = news(this.#name, (notice) => this.#hear(notice));
    }
    // On a server nothing begins.
    this.#starting = inPage() ? Promise.resolve().then(() => this.#start()) : new Promise(() => {});
  }

  async ready() {
    await this.#starting;
    return this.published.state;
  }

  /** Leaves for the provider. */
  logIn(request = {}) {
    this.#leaving ??= this.#authorize(request)
      .then(({ url }) => this.#departure.leave(url))
      .finally(() => (this.#leaving = undefined));
    return this.#leaving;
  }

  async logInWithPopup(request = {}, { features } = {}) {
    this.#needPage();
    const begin = () => this.#starting.then(() => this.#authorize(request));
    return this.#windows.logIn(features, begin, (url) => this.#finish(url));
  }

  /**
   * Finishes the login that the browser came back from. However often it is called, a URL is answered once; when it is gone from the
   * page, who asks gets what it came to.
   */
  callback(url) {
    this.#needPage();
    const text = String(url ?? location.href);
    const answer = isResponse(text, this.#rp.redirect_uri) && (() => this.#answered(text));
    return answeredOnce(this.#name, text, answer);
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

  fetch(input, init) {
    return this.#fetch(input, init);
  }

  /** Ends the session in all tabs, then at the provider. */
  async logOut(request = {}) {
    this.#needPage();
    await this.#starting;
    const session = this.#held?.session;
    await this.#inTurn(async () => {
      this.#drop('logged_out', await this.#keeper.logOut());
    });
    this.#tell('changed');
    this.#show();
    await this.#provider.recall();
    const to = await this.#logout.leading(session, request);
    if (to) leave(to);
  }

  /** Stops listening: the page goes on without this session. */
  close() {
    clearTimeout(this.#timer);
    this.#deaf();
    this.#news?.close();
    this.published.close();
  }

  async #start() {
    await activated();
    this.#deaf = listenForWaking((event) => this.#wake(event));
    try {
      if (this.#logout.isBack()) this.#reason = 'logged_out';
      await this.callback();
    } catch (error) {
      this.#error = error;
    }
    await this.#look();
    // A browser that goes back to a page which leaves by itself would never get further back.
    if (this.#departure.isUndone() && !this.#held) this.#reason ??= 'came_back';
    this.#started = true;
    this.#show();
    if (this.#isDue() && isVisible()) this.#renew().catch(() => {});
  }

  async #authorize(request) {
    this.#needPage();
    try {
      await activated();
      await this.#provider.recall();
      const login = await this.#rp.authorize({ return_to: here(), ...request });
      this.#provider.keep();
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
      await this.#provider.recall();
      const session = await this.#rp.callback(url);
      this.#provider.keep();
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

  #hear(notice) {
    if (notice.kind === 'callback') {
      const answer = () => this.#news.tell({ kind: 'received', id: notice.id });
      return this.#windows.hear(notice, answer);
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
      await this.#provider.recall();
      const session = record.session ?? (await this.#rp.restore(record.encoded));
      this.#hold(record, session);
      this.#provider.keep();
    } catch (error) {
      this.#error = error;
      // What cannot be read now may be read later.
      if (!isUnreadable(error)) this.#held = { record, session: undefined };
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
    if (reason === 'logged_out') forgetAnswers(this.#name);
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
      await this.#provider.recall();
      const renewed = await this.#rp.refresh(session);
      this.#provider.keep();
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
    return inThisPage(this, work);
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
    return livesAt(this.#held.session, this.#now());
  }

  #isDue() {
    return isDue(this.#held, this.#options.margin_secs, this.#now());
  }

  /** Works out the state, tells who listens, and sets the timer for the next change. */
  #show() {
    if (!this.#started) return;
    if (this.#held?.session && !this.#held.session.refresh_token && !this.#lives()) {
      this.#keeper.ended(this.#held.record).catch(() => {});
      this.#drop('expired', new SessionError('session_expired'));
    }
    this.#schedule();
    const lives = this.#held?.session && this.#lives();
    this.published.publish(stateOf(this.#held, { reason: this.#reason, error: this.#error, lives }));
  }

  #schedule() {
    clearTimeout(this.#timer);
    const seconds = this.#held && secondsToChange(this.#held, this.#options.margin_secs, this.#now(), this.#notBefore);
    if (seconds) this.#timer = setTimeout(() => this.#tick(), seconds * 1000);
  }

  async #tick() {
    // Who looks at another tab needs no token: the page renews it when it is seen again, or used.
    if (this.#held && !this.#held.session) return this.#look();
    if (!this.#isDue()) return this.#show();
    if (isVisible()) await this.#renew().catch(() => {});
  }

  #needHeld() {
    if (this.#held?.session) return this.#held;
    throw this.#error ?? new SessionError('signed_out');
  }

  #needPage() {
    if (!inPage()) throw new SessionError('not_a_page');
  }
}
