// One session in many tabs, in Chromium, at a provider that rotates refresh tokens and ends a grant whose token is used twice.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import process from 'node:process';

import { evaluate, passForms, pause, setUpSession, status } from './session_stage.mjs';

/** How many tabs, and over how many expiries: `RP_TABS=20 RP_EXPIRIES=50` is the whole judgement. */
const TABS = Number(process.env.RP_TABS ?? 4);
const EXPIRIES = Number(process.env.RP_EXPIRIES ?? 2);

const isToken = (request) => request === 'POST /token';

/** A provider that has no logout of its own: the page stays. */
const STAY = `rp.logOut = async () => {
  throw Object.assign(new Error('none'), { code: 'endpoint_missing' });
}`;

let stage;

function staged(options) {
  before(async () => (stage = await setUpSession(options)));
  afterEach(async () => {
    assert.deepEqual(stage.errors.splice(0), []);
    await stage.op.control('up');
    await stage.renew();
    await stage.op.control('revoked');
    await stage.op.control('requests');
  });
  after(() => stage.close());
}

for (const storage of ['localStorage', 'indexedDB']) {
  describe(`tabs that share ${storage}, with tokens that live for six seconds`, () => {
    staged({ storage, secs: 6 });

    test(`${TABS} tabs send one request for each of ${EXPIRIES} expiries, and nobody is logged out`, { timeout: 60_000 + EXPIRIES * 10_000 }, async () => {
      const first = await stage.signIn();
      const tabs = [first];
      while (tabs.length < TABS) tabs.push(await stage.open());
      await Promise.all(tabs.map((tab) => status(tab, 'signed_in')));
      const token = () => evaluate(first, 'session.fresh().then(({ access_token }) => access_token)');
      await stage.requests();
      const seen = new Set([await token()]);
      const asked = [];
      const until = Date.now() + EXPIRIES * 8_000 + 20_000;
      while (seen.size <= EXPIRIES && Date.now() < until) {
        await pause(250);
        // All of them want a token that lives, at the same time.
        const tokens = await Promise.all(tabs.map((tab) => evaluate(tab, 'session.fresh().then(({ access_token }) => access_token)')));
        for (const each of tokens) seen.add(each);
        asked.push(...(await stage.requests()));
      }
      await pause(500);
      asked.push(...(await stage.requests()));
      const last = await Promise.all(tabs.map((tab) => evaluate(tab, 'session.get().status')));
      for (const each of await Promise.all(tabs.map(() => token()))) seen.add(each);
      asked.push(...(await stage.requests()));
      assert.ok(seen.size > EXPIRIES, `${seen.size} tokens`);
      assert.equal(asked.filter(isToken).length, seen.size - 1);
      assert.deepEqual(new Set(last), new Set(['signed_in']));
      assert.deepEqual(await stage.op.control('revoked'), []);
    });

    test('a login in one tab shows in all', async () => {
      const other = await stage.open();
      await status(other, 'signed_out');
      await stage.signIn();
      await status(other, 'signed_in');
      assert.equal(await evaluate(other, 'session.get().claims.sub'), 'alice');
    });

    test('s19_a refresh that comes back after a logout revives nothing', async () => {
      const tab = await stage.signIn();
      const other = await stage.open();
      await status(other, 'signed_in');
      let release;
      const held = new Promise((resolve) => (release = resolve));
      await tab.route('**/token', async (route) => {
        await held;
        await route.continue();
      });
      const late = evaluate(tab, 'session.refresh().catch((error) => error.code)');
      await pause(300);
      await evaluate(other, 'session.logOut()');
      await status(tab, 'signed_out');
      release();
      assert.equal(await late, 'signed_out');
      await pause(300);
      assert.equal(await evaluate(tab, 'session.get().status'), 'signed_out');
      assert.equal(await evaluate(await stage.open(), 'session.ready().then(({ status }) => status)'), 'signed_out');
    });
  });
}

for (const storage of ['memory', 'sessionStorage', 'localStorage', 'indexedDB']) {
  describe(`a session in ${storage}`, () => {
    staged({ storage });

    test('s22_it is begun once, however often the callback is called, and its code leaves the URL', async () => {
      const tab = await stage.signIn('/reports?year=1#top');
      const paths = (await stage.requests()).filter(isToken);
      assert.equal(paths.length, 1, paths.join());
      const same = await evaluate(tab, 'Promise.all(called).then(([one, other]) => one === other && one === session.get().session)');
      assert.equal(same, true);
      assert.equal(tab.url(), new URL('/reports?year=1#top', stage.url).href);
      assert.deepEqual(await evaluate(tab, 'states'), ['signed_in']);
      // As after a module was loaded anew: two of one name in a page are one.
      const again = `createSession({ rp, storage: '${storage}' }).ready()`;
      assert.equal(await evaluate(tab, `${again}.then(({ status }) => status)`), 'signed_in');
    });

    test('ends in all tabs when one logs out, and the way leads to the provider and back', async () => {
      const tabs = [await stage.signIn(), await stage.open(), await stage.open()];
      for (const tab of tabs.slice(1)) {
        await evaluate(tab, 'session.ready()');
        if ((await evaluate(tab, 'session.get().status')) === 'signed_in') continue;
        await evaluate(tab, 'void session.logIn()');
        await passForms(tab);
      }
      await Promise.all(tabs.map((tab) => status(tab, 'signed_in')));
      const since = Date.now();
      await evaluate(tabs[0], 'void session.logOut()');
      await Promise.all(tabs.slice(1).map((tab) => status(tab, 'signed_out')));
      assert.ok(Date.now() - since < 1000, `${Date.now() - since} ms`);
      assert.equal(await evaluate(tabs[1], 'session.get().reason'), 'logged_out');
      await tabs[0].click('button[name=logout]');
      await status(tabs[0], 'signed_out');
      assert.equal(await evaluate(tabs[0], 'session.get().reason'), 'logged_out');
      assert.equal(tabs[0].url(), stage.url);
      await tabs[1].reload();
      await status(tabs[1], 'signed_out');
    });

    test('survives a reload as it says, which asks the provider for nothing', async () => {
      const tab = await stage.signIn();
      await stage.requests();
      await tab.reload();
      await status(tab, storage === 'memory' ? 'signed_out' : 'signed_in');
      assert.deepEqual(await stage.requests(), []);
    });

    test('survives a reload while the provider is down', { skip: storage === 'memory' }, async () => {
      const tab = await stage.signIn();
      await stage.op.control('down');
      await tab.reload();
      await status(tab, 'signed_in');
      assert.equal(await evaluate(tab, 'session.get().claims.sub'), 'alice');
    });

    test('survives the way to another page and back', async () => {
      const tab = await stage.signIn();
      await tab.evaluate(() => (globalThis.mark = true));
      await tab.goto(`${stage.url}blank`);
      await tab.goBack({ waitUntil: 'commit' });
      const restored = await evaluate(tab, 'globalThis.mark === true');
      await status(tab, restored || storage !== 'memory' ? 'signed_in' : 'signed_out');
      await tab.goForward({ waitUntil: 'commit' });
      await tab.goBack({ waitUntil: 'commit' });
      await status(tab, restored || storage !== 'memory' ? 'signed_in' : 'signed_out');
    });

    test('is over in a page that comes back after a logout elsewhere', async () => {
      const tab = await stage.signIn();
      const other = await stage.open();
      await evaluate(other, 'session.ready()');
      await tab.goto(`${stage.url}blank`);
      await evaluate(other, 'void session.logOut()');
      await tab.goBack({ waitUntil: 'commit' });
      await status(tab, 'signed_out');
    });

    test('calls an API', async () => {
      const tab = await stage.signIn();
      const claims = await evaluate(tab, `session.fetch(rp.issuer + '/me').then((response) => response.json())`);
      assert.equal(claims.sub, 'alice');
    });

    test('is forgotten at a logout, also by who asks what the callback came to', async () => {
      const tab = await stage.signIn();
      assert.equal(await evaluate(tab, 'session.callback().then(({ claims }) => claims.sub)'), 'alice');
      await tab.evaluate(STAY);
      const told = await evaluate(tab, 'session.logOut().then(() => session.callback()).then((session) => String(session))');
      assert.equal(told, 'undefined');
    });

    test('begins in a window of its own', async () => {
      const tab = await stage.open();
      await evaluate(tab, 'session.ready()');
      await tab.evaluate(() => document.addEventListener('click', () => {
        globalThis.inWindow = session.logInWithPopup().then(({ claims }) => claims.sub);
      }));
      const [popup] = await Promise.all([tab.waitForEvent('popup'), tab.click('html')]);
      const closed = popup.waitForEvent('close');
      await passForms(popup);
      await closed;
      assert.equal(await evaluate(tab, 'inWindow'), 'alice');
      assert.equal(await evaluate(tab, 'session.get().status'), 'signed_in');
      assert.equal((await stage.requests()).filter(isToken).length, 1);
    });
  });
}

describe('a renewal', () => {
  staged({ storage: 'localStorage', secs: 6 });

  test('that the provider refuses for good ends the session in all tabs, and is asked for once', async () => {
    const tab = await stage.signIn();
    const other = await stage.open();
    await status(other, 'signed_in');
    // Another library has used the refresh token: the grant is over.
    await evaluate(tab, 'fetch(rp.issuer + "/token", { method: "POST", body: new URLSearchParams({ grant_type: "refresh_token", client_id: rp.client_id, refresh_token: session.get().session.refresh_token }) }).then(() => {})');
    await stage.requests();
    await Promise.all([status(tab, 'signed_out'), status(other, 'signed_out')]);
    assert.equal(await evaluate(tab, 'session.get().reason'), 'ended');
    assert.equal(await evaluate(other, 'session.get().reason'), 'ended');
    assert.equal((await stage.requests()).filter(isToken).length, 1);
  });

  test('that fails keeps the session while its token lives, is not tried again and again, and goes on afterwards', async () => {
    const tab = await stage.signIn();
    const other = await stage.open();
    await status(other, 'signed_in');
    let asked = 0;
    await stage.context.route('**/token', (route) => {
      asked += 1;
      return route.abort();
    });
    await status(tab, 'paused');
    await status(other, 'paused');
    assert.equal(asked, 1);
    assert.equal(await evaluate(tab, 'session.get().claims.sub'), 'alice');
    assert.match(await evaluate(other, 'session.fresh().catch(({ code }) => code)'), /^(?:renewal_failed|unreachable|\w+)$/);
    assert.equal(asked, 1);
    await stage.context.unroute('**/token');
    await Promise.all([status(tab, 'signed_in'), status(other, 'signed_in')]);
    assert.deepEqual(await stage.op.control('revoked'), []);
  });

  test('goes on at once when the network is back', async () => {
    const tab = await stage.signIn();
    await stage.context.setOffline(true);
    await status(tab, 'paused');
    await stage.context.setOffline(false);
    await status(tab, 'signed_in');
  });

  test('waits until a tab is seen that slept', async () => {
    const tab = await stage.signIn();
    const hidden = `Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => globalThis.seen ?? 'hidden' })`;
    await tab.evaluate(hidden);
    await stage.requests();
    await pause(7000);
    assert.deepEqual(await stage.requests(), []);
    await tab.evaluate(`globalThis.seen = 'visible'; document.dispatchEvent(new Event('visibilitychange'))`);
    await tab.waitForFunction(() => session.get().session.expires_at > Date.now() / 1000);
    assert.equal((await stage.requests()).filter(isToken).length, 1);
  });

  test('s21_it comes once for all tabs that slept past the end of their token', async () => {
    const tabs = [await stage.signIn(), await stage.open(), await stage.open()];
    await Promise.all(tabs.map((tab) => status(tab, 'signed_in')));
    // A debugger that holds a page holds its timers: as on a laptop that is closed.
    const holds = await Promise.all(tabs.map((tab) => stage.context.newCDPSession(tab)));
    for (const hold of holds) {
      await hold.send('Debugger.enable');
      await hold.send('Debugger.pause');
    }
    await stage.requests();
    await pause(8000);
    assert.deepEqual(await stage.requests(), []);
    for (const hold of holds) await hold.send('Debugger.disable');
    const answers = await Promise.all(tabs.map((tab) => evaluate(tab, `session.fetch(rp.issuer + '/me').then(({ status }) => status)`)));
    assert.deepEqual(answers, [200, 200, 200]);
    assert.equal((await stage.requests()).filter(isToken).length, 1);
    assert.deepEqual(await stage.op.control('revoked'), []);
  });
});

describe('a clock that is wrong', () => {
  staged({ storage: 'localStorage' });
  const wrongBy = (seconds) =>
    stage.context.addInitScript((seconds) => {
      const now = Date.now;
      Date.now = () => now() + seconds * 1000;
    }, seconds);

  for (const days of [1, -1]) {
    test(`by ${days} day fails the login, and the error says so`, async () => {
      await wrongBy(days * 86_400);
      const tab = await stage.open();
      await evaluate(tab, 'session.ready().then(() => void session.logIn())');
      await passForms(tab);
      await status(tab, 'signed_out');
      const [category, message] = await evaluate(tab, '[session.get().error.category, session.get().error.message]');
      assert.equal(category, 'Token');
      assert.match(message, /clock|expired|future/);
    });
  }
});

describe('a tab that was duplicated', () => {
  staged({ storage: 'sessionStorage' });

  test('s20_a copy does not spend a refresh token twice', async () => {
    const tab = await stage.signIn();
    const kept = await tab.evaluate('JSON.stringify(sessionStorage)');
    const copy = await stage.open('/blank');
    await copy.evaluate((kept) => Object.entries(JSON.parse(kept)).forEach(([name, value]) => sessionStorage.setItem(name, value)), kept);
    await copy.goto(stage.url);
    await status(copy, 'signed_in');
    await evaluate(tab, 'session.refresh().then(() => {})');
    await evaluate(copy, 'session.refresh().catch(() => {})');
    await status(copy, 'signed_out');
    assert.equal(await evaluate(copy, 'session.get().error.code'), 'session_copied');
    assert.deepEqual(await stage.op.control('revoked'), []);
    await evaluate(tab, 'session.refresh().then(() => {})');
    assert.equal(await evaluate(tab, 'session.get().status'), 'signed_in');
  });
});

describe('a page that is loaded ahead', () => {
  staged({ storage: 'localStorage' });

  test('waits until it is shown', async () => {
    await stage.context.addInitScript(() => {
      if (!sessionStorage.getItem('ahead')) return;
      Object.defineProperty(document, 'prerendering', { get: () => !globalThis.shown });
    });
    const tab = await stage.open('/blank');
    await tab.evaluate(() => sessionStorage.setItem('ahead', '1'));
    await tab.goto(stage.url);
    await pause(300);
    assert.equal(await evaluate(tab, 'session.get().status'), 'starting');
    await tab.evaluate(() => {
      globalThis.shown = true;
      document.dispatchEvent(new Event('prerenderingchange'));
    });
    await status(tab, 'signed_out');
  });
});

describe('a login that does not come to its end', () => {
  staged({ storage: 'localStorage' });

  test('is said in the state, and the page can begin another one', async () => {
    const tab = await stage.open('/?code=x&state=' + 'x'.repeat(43));
    await status(tab, 'signed_out');
    assert.equal(await evaluate(tab, 'session.get().error.code'), 'no_pending_login');
    assert.equal(tab.url(), stage.url);
  });

  test('takes nothing from who is signed in', async () => {
    await stage.signIn();
    const tab = await stage.open('/?code=x&state=' + 'x'.repeat(43));
    await status(tab, 'signed_in');
  });

  test('leaves a page that can be left when the user comes back', async () => {
    const tab = await stage.open();
    await evaluate(tab, 'session.ready()');
    await evaluate(tab, 'void session.logIn()');
    await tab.waitForURL(/interaction/);
    while (tab.url() !== stage.url) await tab.goBack({ waitUntil: 'commit' });
    await tab.waitForFunction(() => session.get().reason === 'came_back');
  });

  test('is refused where no window opens', async () => {
    const tab = await stage.open();
    await tab.evaluate(() => (globalThis.open = () => null));
    assert.equal(await evaluate(tab, 'session.logInWithPopup().catch(({ code }) => code)'), 'popup_blocked');
  });

  test('is over when its window is closed', async () => {
    const tab = await stage.open();
    await evaluate(tab, 'session.ready()');
    await tab.evaluate(() => document.addEventListener('click', () => {
      globalThis.inWindow = session.logInWithPopup().catch(({ code }) => code);
    }));
    const [popup] = await Promise.all([tab.waitForEvent('popup'), tab.click('html')]);
    await popup.waitForURL(/interaction/);
    await popup.close();
    await tab.bringToFront();
    assert.equal(await evaluate(tab, 'inWindow'), 'popup_closed');
  });
});

describe('no storage', () => {
  // Such a page has an origin of its own: as where site data are blocked.
  staged({ headers: { 'content-security-policy': 'sandbox allow-scripts', 'access-control-allow-origin': '*' } });

  test('keeps no page from being shown, and is said by name', async () => {
    const tab = await stage.open();
    await status(tab, 'signed_out');
    assert.equal(await evaluate(tab, 'session.get().error.code'), 'storage_unavailable');
    await tab.evaluate(`globalThis.another = createSession({ rp })`);
    assert.equal(await evaluate(tab, 'another.ready().then(({ status, error }) => status + error)'), 'signed_outundefined');
  });
});

describe('storage that is full', () => {
  staged({ storage: 'localStorage' });

  test('leaves the session in its page, and is said', async () => {
    await stage.context.addInitScript(() => {
      const { setItem } = Storage.prototype;
      Storage.prototype.setItem = function (name, value) {
        if (value.includes('encoded')) throw new DOMException('full', 'QuotaExceededError');
        return setItem.call(this, name, value);
      };
    });
    const tab = await stage.signIn();
    const { code, details } = await evaluate(tab, '(({ code, details }) => ({ code, details }))(session.get().error)');
    assert.deepEqual([code, details], ['storage_unavailable', { operation: 'set', reason: 'QuotaExceededError' }]);
    await evaluate(tab, 'session.refresh().then(() => {})');
    assert.equal(await evaluate(tab, 'session.get().status'), 'signed_in');
  });
});

describe('a storage that tabs share and that forgets nothing', () => {
  staged({ storage: 'indexedDB' });

  test('brings nobody back who logged out, and that is said', async () => {
    await stage.context.addInitScript(() => {
      IDBObjectStore.prototype.delete = () => {
        throw new DOMException('no', 'InvalidStateError');
      };
    });
    const [tab, other] = [await stage.signIn(), await stage.open()];
    await status(other, 'signed_in');
    await tab.evaluate(STAY);
    await evaluate(tab, 'session.logOut()');
    const told = await evaluate(tab, '(({ status, reason, error: { code, details } }) => [status, reason, code, details])(session.get())');
    assert.deepEqual(told, ['signed_out', 'logged_out', 'storage_unavailable', { operation: 'remove', reason: 'InvalidStateError' }]);
    await status(other, 'signed_out');
    assert.equal(await evaluate(other, 'session.get().reason'), 'logged_out');
    await other.reload();
    assert.equal(await evaluate(other, 'session.ready().then(({ status }) => status)'), 'signed_out');
    await stage.signIn();
    await status(other, 'signed_in');
  });
});

describe('logins in windows of two tabs', () => {
  staged({ storage: 'memory' });

  test('take each its own answer, also where the way to the provider tells no state', async () => {
    // As after a pushed request, whose URL has no state.
    await stage.context.route(/\/away\?/, (route) => {
      const location = atob(new URL(route.request().url()).searchParams.get('to'));
      return route.fulfill({ status: 302, headers: { location } });
    });
    const [tabs, popups] = [[await stage.open(), await stage.open()], []];
    for (const tab of tabs) {
      await evaluate(tab, 'session.ready()');
      await tab.evaluate(() => {
        const authorize = rp.authorize.bind(rp);
        rp.authorize = async (request) => {
          const login = await authorize(request);
          return { ...login, url: `${location.origin}/away?${new URLSearchParams({ to: btoa(login.url) })}` };
        };
        document.addEventListener('click', () => {
          globalThis.inWindow = session.logInWithPopup().then(({ claims }) => claims.sub, ({ code }) => code);
        });
      });
      await tab.bringToFront();
      popups.push((await Promise.all([tab.waitForEvent('popup'), tab.click('html')]))[0]);
    }
    for (const at of [1, 0]) {
      const closed = popups[at].waitForEvent('close');
      await passForms(popups[at]);
      await closed;
      assert.equal(await evaluate(tabs[at], 'inWindow'), 'alice');
    }
  });
});

describe('no Web Locks', () => {
  staged({ storage: 'localStorage' });

  test('is said by name where tabs share a session, and not missed in memory', async () => {
    await stage.context.addInitScript(() => Object.defineProperty(navigator, 'locks', { value: undefined }));
    const tab = await stage.open();
    await evaluate(tab, 'session.ready().then(() => void session.logIn())');
    await passForms(tab);
    await status(tab, 'signed_out');
    assert.equal(await evaluate(tab, 'session.get().error.code'), 'locks_unavailable');
    await evaluate(tab, 'void session.logOut().catch(() => {})');
    await tab.waitForURL(/session\/end/);
    await tab.goto(stage.url);
    await evaluate(tab, 'session.ready()');
    await tab.evaluate(`{ session.close(); globalThis.session = createSession({ rp, storage: 'memory' }); }`);
    assert.equal(await evaluate(tab, 'session.ready().then(({ status }) => status)'), 'signed_out');
  });
});

describe('tokens that are bound to a key', () => {
  staged({ storage: 'localStorage', secs: 6, dpop: true });

  test('are renewed and used with it, in all tabs', async () => {
    const tabs = [await stage.signIn(), await stage.open()];
    await status(tabs[1], 'signed_in');
    for (let round = 0; round < 2; round += 1) {
      for (const tab of tabs) {
        const [type, code] = await evaluate(tab, `session.fetch(rp.issuer + '/me').then(({ status }) => [session.get().session.token_type, status])`);
        assert.deepEqual([type, code], ['DPoP', 200]);
      }
      await pause(5000);
    }
    assert.deepEqual(await stage.op.control('revoked'), []);
  });
});
