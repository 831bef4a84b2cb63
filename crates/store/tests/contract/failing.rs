//! A store on which one command of a batch fails: the others are committed.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use pointsman_domain::{ContactId, LeadId};
use pointsman_store::{
    Backend, Declined, Reader, Shelf, Store, StoreError,
    audit::verify,
    backend::{Found, Keys, Visit},
    load, loaded,
    log::Head,
    row::{BatchRows, CheckpointRow, ContactRow},
    statements::Statements,
};

use crate::world::{World, lead_of};

pub fn only_the_command_that_fails_alone_fails<S: Store>(store: S) {
    let world = World::with_cap(Faulty(store), 20);
    let failed = std::sync::atomic::AtomicU32::new(0);
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let (world, failed) = (&world, &failed);
            scope.spawn(move || {
                for n in 0..12 {
                    let mut enquiry = world.enquiry("DE");
                    let poison = n == 5 && worker % 4 == 0;
                    if poison {
                        enquiry.source = "poison".into();
                    }
                    match world.decide(&enquiry, None) {
                        Ok(done) => {
                            assert!(!poison);
                            assert_eq!(lead_of(&done), enquiry.id);
                            assert!(
                                world.read(|reader| reader.lead(enquiry.id)).unwrap().is_some(),
                                "acknowledged, so stored"
                            );
                        }
                        Err(declined) => {
                            assert!(poison, "{declined}");
                            assert_eq!(declined, Declined::Failed);
                            failed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    assert_eq!(failed.into_inner(), 2);
    assert_eq!(world.read(Reader::head).unwrap().leads, 94, "decided once each, whatever commits answered");
    let (report, _) = world.ledger();
    assert!(report.holds(), "{report:?}");
    assert_eq!(world.read(|reader| verify(reader, None)).unwrap().fault, None);
    world.stop();
}

/// A store that refuses every batch with a lead of this source, and whose commits fail now and
/// then after the fact, as a lost connection does.
#[derive(Debug, Clone)]
pub struct Faulty<S>(pub S);

pub struct FaultyBackend {
    inner: Box<dyn Backend>,
    commits: u32,
}

impl<S: Store> Store for Faulty<S> {
    fn backend(&self) -> Result<Box<dyn Backend>, StoreError> {
        Ok(Box::new(FaultyBackend { inner: self.0.backend()?, commits: 0 }))
    }

    fn reader(&self) -> Result<Box<dyn Reader>, StoreError> {
        self.0.reader()
    }

    fn shelf(&self) -> Result<Box<dyn Shelf>, StoreError> {
        self.0.shelf()
    }

    fn projection(&self) -> Result<Box<dyn pointsman_store::fact::Projection>, StoreError> {
        self.0.projection()
    }

    fn statements(&self) -> Result<Box<dyn Statements>, StoreError> {
        self.0.statements()
    }
}

impl Backend for FaultyBackend {
    fn begin(&mut self) -> Result<Head, StoreError> {
        self.inner.begin()
    }

    fn log_after(&mut self, seq: u64, visit: Visit<'_>) -> Result<(), StoreError> {
        self.inner.log_after(seq, visit)
    }

    fn checkpoint(&mut self) -> Result<Option<CheckpointRow>, StoreError> {
        self.inner.checkpoint()
    }

    fn look_up(&mut self, keys: &Keys) -> Result<Found, StoreError> {
        self.inner.look_up(keys)
    }

    fn write(&mut self, rows: &BatchRows) -> Result<(), StoreError> {
        self.inner.write(rows)?;
        match rows.leads.iter().find(|lead| &*lead.source == "poison") {
            Some(_) => Err(StoreError::Refused { what: "poison".into(), source: None }),
            None => Ok(()),
        }
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.commits += 1;
        let lost = || StoreError::Unavailable { what: "hear the answer to its commit", source: "lost".into() };
        match self.commits % 7 {
            3 => {
                self.inner.rollback();
                Err(lost())
            }
            5 => {
                self.inner.commit()?;
                Err(lost())
            }
            _ => self.inner.commit(),
        }
    }

    fn rollback(&mut self) {
        self.inner.rollback();
    }

    fn documents(
        &mut self,
        snapshot: &pointsman_domain::Digest,
    ) -> Result<Option<pointsman_decision::DocumentSet>, StoreError> {
        self.inner.documents(snapshot)
    }

    fn put(&mut self, table: &loaded::Table, rows: Vec<Vec<load::Cell<'_>>>) -> Result<u64, StoreError> {
        self.inner.put(table, rows)
    }

    fn past(&mut self, leads: &[LeadId]) -> Result<BTreeMap<LeadId, loaded::Past>, StoreError> {
        self.inner.past(leads)
    }

    fn people(&mut self, contacts: &[ContactId]) -> Result<BTreeMap<ContactId, ContactRow>, StoreError> {
        self.inner.people(contacts)
    }
}
