//! Every order in which two processes and a logout can ask the store: nobody's token is lost, no session comes back.

use relyingparty::{Event, Sequence, Step, Visit};

use crate::town::{Browser, Town, failure};

/// A session that is due, to begin from each time.
struct Due {
    town: Town,
    browser: Browser,
}

impl Due {
    fn new() -> Due {
        let mut town = Town::stored();
        let browser = town.login();
        town.wait(250);
        Due { town, browser }
    }

    fn again(&self) -> (Town, Browser) {
        (self.town.clone(), self.browser.clone())
    }
}

/// What an order of steps came to.
struct Run {
    town: Town,
    browser: Browser,
    visits: Vec<Visit>,
}

/// Two visits of a session that is due, interleaved as `order` says: 0 and 1 are a step of one of them, 2 is what happens in
/// between. An order that ends too soon is carried on with the first that is not done; the whole order is returned.
fn play(
    due: &Due,
    order: &[u8],
    between: Option<fn(&mut Town, &mut Browser)>,
) -> (Run, Vec<u8>, Vec<Vec<u8>>) {
    let (mut town, mut browser) = due.again();
    let mut steps: [Option<Step<Sequence<Visit>>>; 2] =
        [0, 1].map(|_| Some(town.begin_visit(&browser).unwrap()));
    let (mut visits, mut happened, mut done, mut open) =
        (Vec::new(), between.is_none(), Vec::new(), Vec::new());
    loop {
        let mut may: Vec<u8> = Vec::new();
        may.extend((0..2).filter(|actor| steps[usize::from(*actor)].is_some()));
        if !done.contains(&0) {
            may.retain(|actor| *actor != 1);
        }
        if !happened {
            may.push(2);
        }
        let Some(first) = may.first().copied() else { break };
        let actor = order.get(done.len()).copied().unwrap_or(first);
        open.push(may);
        done.push(actor);
        if actor == 2 {
            happened = true;
            if let Some(between) = between {
                between(&mut town, &mut browser);
            }
            continue;
        }
        let place = &mut steps[usize::from(actor)];
        match place.take().unwrap() {
            Step::Done(visit) => visits.push(visit),
            Step::Pending(flow) => *place = Some(town.advance(flow).unwrap()),
        }
    }
    (Run { town, browser, visits }, done, open)
}

/// Plays every order, and returns how many there are. The visits are alike: the second one never begins first.
fn every_order(between: Option<fn(&mut Town, &mut Browser)>, judge: impl Fn(Run, &[u8])) -> usize {
    let (due, mut order, mut count) = (Due::new(), Vec::new(), 0);
    loop {
        let (run, done, open) = play(&due, &order, between);
        judge(run, &done);
        count += 1;
        // The next order in the alphabet: the last place where a later actor could have come.
        let next = (0..done.len()).rev().find_map(|place| {
            let later = open[place].iter().find(|actor| **actor > done[place])?;
            Some([&done[..place], &[*later]].concat())
        });
        match next {
            Some(next) => order = next,
            None => return count,
        }
    }
}

#[test]
fn s11_two_refreshes_are_one_in_every_order() {
    let orders = every_order(None, |mut run, order| {
        assert_eq!(run.town.refreshes, 1, "{order:?}");
        assert!(run.visits.iter().all(|visit| visit.session.is_some()), "{order:?}");
        let changed =
            run.visits.iter().filter(|visit| matches!(visit.event, Some(Event::SessionChanged { .. })));
        assert_eq!(changed.count(), 1, "{order:?}");
        let session = run.town.visit(&mut run.browser).session.unwrap();
        assert_eq!(session.refresh_token(), run.town.good.as_deref(), "{order:?}");
    });
    assert!(orders > 100, "{orders}");
}

#[test]
fn s12_no_refresh_brings_a_session_back_that_logged_out_in_any_order() {
    fn logout(town: &mut Town, browser: &mut Browser) {
        let mut tab = browser.clone();
        assert_eq!(failure(&town.post(&mut tab, "/auth/logout", "")), "ok");
    }
    let orders = every_order(Some(logout), |mut run, order| {
        assert!(run.town.visit(&mut run.browser).session.is_none(), "{order:?}");
        assert_eq!(run.town.store.len(), 1, "the mark of the login alone: {order:?}");
        assert!(run.town.refreshes <= 1, "{order:?}");
        assert!(
            run.visits.iter().all(|visit| !matches!(visit.event, Some(Event::SessionEnded { .. }))),
            "{order:?}"
        );
    });
    assert!(orders > 100, "{orders}");
}

/// A lock that expires while its owner works: two refresh, and the provider takes the second for theft. What is in the store in
/// the end is the newest token, or the session's end; never an older token.
#[test]
fn s13_who_lost_the_lock_overwrites_nothing_newer_in_any_order() {
    let orders = every_order(Some(|town, _| town.wait(61)), |mut run, order| {
        let newest = run.town.newest.clone();
        if let Some(session) = run.town.visit(&mut run.browser).session {
            assert_eq!(session.refresh_token(), newest.as_deref(), "{order:?}");
        }
        let told = run.visits.iter().filter(|visit| matches!(visit.event, Some(Event::SessionEnded { .. })));
        assert!(told.count() <= 1, "{order:?}");
    });
    assert!(orders > 100, "{orders}");
}
