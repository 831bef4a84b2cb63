//! Threads that read the store: each has a connection and a scratch of its own, and takes what was
//! asked first. What is asked waits in a queue rather than on a thread.

use std::{
    collections::VecDeque,
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use pointsman_decision::{Scratch, Snapshot};
use pointsman_domain::Digest;
use pointsman_store::{Reader, Store, StoreError};
use tokio::sync::oneshot;

use crate::error::Problem;

/// Threads that read, unless the settings say how many: enough for a few long reads beside the
/// short ones.
const MOST: usize = 16;

type Job = Box<dyn FnOnce(&mut Kit) + Send>;

/// As many threads as are needed at once, and never more than the most. They end with this.
pub struct Readers {
    shared: Arc<Shared>,
}

struct Shared {
    store: Arc<dyn Store>,
    most: usize,
    queue: Mutex<Queue>,
    asked: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
    closed: bool,
}

/// What a thread works with; both are made when first needed.
#[derive(Default)]
struct Kit {
    reader: Option<Box<dyn Reader>>,
    scratch: Option<(Digest, Scratch)>,
}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Readers")
    }
}

impl Readers {
    /// At most `most` threads; 0 leaves the number to us.
    pub fn new(store: Arc<dyn Store>, most: usize) -> Self {
        let most = if most == 0 { MOST } else { most };
        Self { shared: Arc::new(Shared { store, most, queue: Mutex::default(), asked: Condvar::new() }) }
    }

    pub fn store(&self) -> &Arc<dyn Store> {
        &self.shared.store
    }

    /// Reads on one of the threads. Whoever stops waiting before it begins has it left out.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut dyn Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        self.run(move |kit, store| read(kit.reader(store)?)).await
    }

    /// The same with the thread's scratch for `snapshot`.
    pub async fn work<T: Send + 'static>(
        &self,
        snapshot: &Arc<Snapshot>,
        work: impl FnOnce(&mut dyn Reader, &mut Scratch) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        let snapshot = Arc::clone(snapshot);
        let run = move |kit: &mut Kit, store: &dyn Store| {
            let (reader, scratch) = kit.both(store, &snapshot)?;
            work(reader, scratch)
        };
        self.run(run).await
    }

    async fn run<T: Send + 'static>(
        &self,
        run: impl FnOnce(&mut Kit, &dyn Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        let (answer, answered) = oneshot::channel();
        let store = Arc::clone(&self.shared.store);
        let job = move |kit: &mut Kit| {
            if !answer.is_closed() {
                let _gone = answer.send(run(kit, &*store));
            }
        };
        self.shared.put(Box::new(job)).map_err(|error| {
            tracing::error!(%error, "cannot start a thread that reads");
            Problem::Ours
        })?;
        // A job that panicked dropped its answer.
        Ok(answered.await.map_err(|_| Problem::Ours)??)
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.shared.locked().closed = true;
        self.shared.asked.notify_all();
    }
}

impl Shared {
    fn locked(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(self: &Arc<Self>, job: Job) -> io::Result<()> {
        let mut queue = self.locked();
        if queue.jobs.len() >= queue.idle && queue.threads < self.most {
            let shared = Arc::clone(self);
            let started = thread::Builder::new().name("reader".into()).spawn(move || shared.serve());
            match started {
                Ok(_) => queue.threads += 1,
                // Those that run will come to it.
                Err(_) if queue.threads > 0 => {}
                Err(error) => return Err(error),
            }
        }
        queue.jobs.push_back(job);
        drop(queue);
        self.asked.notify_one();
        Ok(())
    }

    fn serve(&self) {
        let mut kit = Kit::default();
        while let Some(job) = self.next() {
            if catch_unwind(AssertUnwindSafe(|| job(&mut kit))).is_err() {
                tracing::error!("a reader failed");
                // What panicked may have left it in the middle of something.
                kit = Kit::default();
            }
        }
    }

    fn next(&self) -> Option<Job> {
        let mut queue = self.locked();
        loop {
            if queue.closed {
                return None;
            }
            if let Some(job) = queue.jobs.pop_front() {
                return Some(job);
            }
            queue.idle += 1;
            queue = self.asked.wait(queue).unwrap_or_else(PoisonError::into_inner);
            queue.idle -= 1;
        }
    }
}

impl Kit {
    fn reader(&mut self, store: &dyn Store) -> Result<&mut dyn Reader, StoreError> {
        Ok(&mut **opened(&mut self.reader, store)?)
    }

    fn both(&mut self, store: &dyn Store, snapshot: &Snapshot) -> Result<(&mut dyn Reader, &mut Scratch), StoreError> {
        let reader = &mut **opened(&mut self.reader, store)?;
        let kept = self.scratch.take().filter(|(id, _)| *id == snapshot.id);
        let (_, scratch) = self.scratch.insert(kept.unwrap_or_else(|| (snapshot.id, Scratch::new(snapshot))));
        Ok((reader, scratch))
    }
}

fn opened<'a>(kept: &'a mut Option<Box<dyn Reader>>, store: &dyn Store) -> Result<&'a mut Box<dyn Reader>, StoreError> {
    match kept {
        Some(reader) => Ok(reader),
        None => Ok(kept.insert(store.reader()?)),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    use pointsman_store::Sqlite;
    use tokio::task::JoinSet;

    use super::*;

    fn readers(most: usize) -> (tempfile::TempDir, Arc<Readers>) {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&folder.path().join("pointsman.db")).unwrap();
        (folder, Arc::new(Readers::new(Arc::new(store), most)))
    }

    #[tokio::test]
    async fn many_ask_and_few_threads_answer_in_turn() {
        let (_folder, readers) = readers(3);
        let answered = Arc::new(AtomicUsize::new(0));
        let mut asked = JoinSet::new();
        for _ in 0..200 {
            let (readers, answered) = (Arc::clone(&readers), Arc::clone(&answered));
            asked.spawn(async move {
                let read = move |reader: &mut dyn Reader| {
                    answered.fetch_add(1, Ordering::Relaxed);
                    reader.head().map(|_| format!("{:?}", thread::current().id()))
                };
                readers.read(read).await.unwrap()
            });
        }
        let threads: BTreeSet<String> = asked.join_all().await.into_iter().collect();
        assert_eq!(answered.load(Ordering::Relaxed), 200);
        assert!((1..=3).contains(&threads.len()), "{threads:?}");
    }

    #[tokio::test]
    async fn one_that_panics_takes_nobody_along() {
        let (_folder, readers) = readers(1);
        let panicked = readers.read(|_| -> Result<(), StoreError> { panic!("on purpose") }).await;
        assert!(matches!(panicked, Err(Problem::Ours)));
        assert_eq!(readers.read(|reader| Ok(reader.head()?.seq)).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn nothing_is_read_for_whoever_left() {
        let (_folder, readers) = readers(1);
        let begun = Arc::new(AtomicUsize::new(0));
        let (release, held) = std::sync::mpsc::channel::<()>();
        let busy = {
            let readers = Arc::clone(&readers);
            tokio::spawn(async move { readers.read(move |_| Ok(held.recv().is_err())).await })
        };
        tokio::task::yield_now().await;
        let counted = Arc::clone(&begun);
        let impatient = readers.read(move |_| Ok(counted.fetch_add(1, Ordering::Relaxed)));
        assert!(tokio::time::timeout(Duration::from_millis(50), impatient).await.is_err());
        drop(release);
        assert!(busy.await.unwrap().unwrap());
        readers.read(|_| Ok(())).await.unwrap();
        assert_eq!(begun.load(Ordering::Relaxed), 0);
    }
}
