//! Work that one thread does for everybody who waits for it, one round after the other. Whoever
//! comes while a round is done shares the next one, so that work never piles up; whoever does not
//! want to wait any longer goes without it, and the work is done all the same.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// A thread that nobody needs any more ends after this.
const IDLE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub struct Errand<T> {
    shared: Arc<Shared<T>>,
}

#[derive(Debug)]
struct Shared<T> {
    rounds: Mutex<Rounds<T>>,
    changed: Condvar,
}

/// Rounds are counted from 1.
#[derive(Debug)]
struct Rounds<T> {
    /// The last round that somebody wants.
    wanted: u64,
    /// The last one that began, and that ended.
    begun: u64,
    ended: u64,
    /// What the last one came to; none where it broke.
    last: Option<T>,
    /// A thread is there.
    worker: bool,
}

impl<T> Default for Errand<T> {
    fn default() -> Self {
        let rounds = Rounds { wanted: 0, begun: 0, ended: 0, last: None, worker: false };
        Self { shared: Arc::new(Shared { rounds: Mutex::new(rounds), changed: Condvar::new() }) }
    }
}

impl<T: Clone + Send + 'static> Errand<T> {
    /// Has a round begin after now; its outcome, if that is there within `patience`. Blocks for that
    /// long at most. All callers give the same `work`.
    pub fn run(&self, patience: Duration, work: impl Fn() -> T + Send + 'static) -> Option<T> {
        let mut rounds = self.shared.lock();
        let mine = rounds.begun + 1;
        rounds.wanted = mine;
        if !rounds.worker {
            rounds.worker = true;
            let shared = Arc::clone(&self.shared);
            std::thread::spawn(move || shared.serve(work));
        }
        self.shared.changed.notify_all();
        let waiting = self.shared.changed.wait_timeout_while(rounds, patience, |rounds| rounds.ended < mine);
        let (rounds, _) = waiting.unwrap_or_else(PoisonError::into_inner);
        if rounds.ended < mine { None } else { rounds.last.clone() }
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, Rounds<T>> {
        self.rounds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(self: Arc<Self>, work: impl Fn() -> T) {
        // Whatever ends this thread, the next caller starts another one.
        let present = Present(&self);
        loop {
            let idle = |rounds: &mut Rounds<T>| rounds.wanted == rounds.begun;
            let waiting = self.changed.wait_timeout_while(self.lock(), IDLE, idle);
            let (mut rounds, _) = waiting.unwrap_or_else(PoisonError::into_inner);
            if idle(&mut rounds) {
                // Said under the lock: who comes now sees that nobody is there.
                rounds.worker = false;
                std::mem::forget(present);
                return;
            }
            rounds.begun = rounds.wanted;
            drop(rounds);
            let outcome = work();
            let mut rounds = self.lock();
            (rounds.ended, rounds.last) = (rounds.begun, Some(outcome));
            self.changed.notify_all();
        }
    }
}

/// A thread that works; where its work panics, those who wait are told that there is nothing.
struct Present<'a, T>(&'a Shared<T>);

impl<T> Drop for Present<'_, T> {
    fn drop(&mut self) {
        let mut rounds = self.0.lock();
        (rounds.worker, rounds.ended, rounds.last) = (false, rounds.begun, None);
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn who_comes_during_a_round_shares_the_next() {
        let errand = Arc::new(Errand::<u64>::default());
        let count = Arc::new(AtomicU64::new(0));
        // A round goes on only when the test lets it.
        let (go, may) = std::sync::mpsc::channel::<()>();
        let may = Arc::new(Mutex::new(may));
        let (begun, begins) = std::sync::mpsc::channel::<()>();
        let work = {
            let count = Arc::clone(&count);
            move || {
                let round = count.fetch_add(1, Ordering::SeqCst) + 1;
                let _heard = begun.send(());
                may.lock().unwrap().recv().unwrap();
                round
            }
        };
        let first = {
            let errand = Arc::clone(&errand);
            std::thread::spawn(move || errand.run(LONG, work))
        };
        begins.recv().unwrap();
        // Nobody is told of the round that began before.
        let there = || unreachable!("a thread is there");
        for _ in 0..5 {
            assert_eq!(errand.run(Duration::ZERO, there), None);
        }
        for _ in 0..3 {
            go.send(()).unwrap();
        }
        assert!(first.join().unwrap().is_some());
        // All five have one round together; whoever comes now shares it or has the next.
        let round = errand.run(LONG, there).unwrap();
        assert!((2..=3).contains(&round) && count.load(Ordering::SeqCst) == round, "{round}");
    }

    #[test]
    fn who_waits_no_longer_goes_without_and_a_panic_frees_those_who_wait() {
        let errand = Errand::<u8>::default();
        let (go, may) = std::sync::mpsc::channel::<()>();
        let may = Mutex::new(may);
        let work = move || {
            may.lock().unwrap().recv().expect("the test lets it");
            7
        };
        assert_eq!(errand.run(Duration::ZERO, work), None);
        go.send(()).unwrap();
        while errand.shared.lock().ended < 1 {
            std::thread::yield_now();
        }
        // The thread of the first call breaks in its second round, because nobody lets it any more.
        drop(go);
        assert_eq!(errand.run(LONG, || unreachable!("a thread is there")), None);
        assert_eq!(errand.run(LONG, || 8), Some(8), "and another one is started");
    }
}
