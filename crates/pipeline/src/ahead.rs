//! Work done ahead on other threads, its results taken in order on the caller's: what comes out is the
//! same with any number of threads. The only place in this crate that starts threads.

use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

/// Pulls items on this thread, does `work` on each on one of the machine's threads, and hands results to
/// `take` on this thread in the order of the items. No more than four items a thread are under way,
/// so memory does not grow with their number. The first error of `take` ends it.
pub(crate) fn in_order<I: Send, T: Send, E>(
    items: impl Iterator<Item = I>,
    work: impl Fn(I) -> T + Sync,
    take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    on(threads, items, work, take)
}

fn on<I: Send, T: Send, E>(
    threads: usize,
    items: impl Iterator<Item = I>,
    work: impl Fn(I) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let (queue, jobs) = sync_channel::<(I, SyncSender<T>)>(threads * 4);
    let jobs = Mutex::new(jobs);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((item, answer)) = next(&jobs) {
                    // Nobody listens after an error.
                    let _ = answer.send(work(item));
                }
            });
        }
        // Moved in, so that however this ends the workers find the queue closed.
        let queue = queue;
        let mut under_way: VecDeque<Receiver<T>> = VecDeque::new();
        for item in items {
            if under_way.len() == threads * 4 {
                under_way.pop_front().into_iter().try_for_each(|first| take(result(&first)))?;
            }
            let (answer, result) = sync_channel(1);
            queue.send((item, answer)).expect("workers listen until the queue is closed");
            under_way.push_back(result);
        }
        under_way.iter().try_for_each(|next| take(result(next)))
    })
}

fn next<J>(jobs: &Mutex<Receiver<J>>) -> Option<J> {
    jobs.lock().ok()?.recv().ok()
}

fn result<T>(answer: &Receiver<T>) -> T {
    answer.recv().expect("a worker answers unless it panicked")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_and_the_first_error_ends_it() {
        for threads in 1..4 {
            let mut seen = Vec::new();
            let slow_first = |n: u64| {
                (0..(200 - n) * 100).for_each(|i| assert!(std::hint::black_box(i) < 20_000));
                n * n
            };
            let take = |n: u64| {
                seen.push(n);
                if n == 100 * 100 { Err("stop") } else { Ok(()) }
            };
            assert_eq!(on(threads, 0..200, slow_first, take), Err("stop"));
            assert_eq!(seen, (0..=100).map(|n| n * n).collect::<Vec<u64>>());
        }
    }

    #[test]
    #[should_panic(expected = "a worker answers")]
    fn a_panic_of_the_work_is_not_lost() {
        let _ = on(2, 0..9, |n| assert!(n < 5, "five"), |()| Ok::<(), ()>(()));
    }
}
