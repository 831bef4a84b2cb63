//! What comes in is made uniform here, the same on every way in: files now, forms and webhooks
//! through the same functions.
//!
//! A [`Mapping`] says, in TOML, which columns of a CRM export or an event log mean what. Bound
//! to it, [`Input::row`] turns one record of texts into typed canonical rows, or says which
//! column is at fault and why. Reading files, batches and writing tables are `pipeline`'s; the
//! HTTP door is `server`'s. Nothing here knows IO or a clock.
//!
//! Reading order: [`mapping`] (the language), [`cell`] (one text to one typed value), [`row`]
//! (one record to canonical rows), [`events`] (an event log to leads, owners, activities and
//! outcomes), [`join`] (values looked up in another file), [`ids`] (the same source row always
//! has the same id), [`normalise`] (e-mail, phone, country, company …), [`completeness`] and
//! [`keys`] (duplicates).

pub mod cell;
pub mod completeness;
pub mod events;
pub mod ids;
pub mod join;
pub mod keys;
pub mod mapping;
pub mod normalise;
pub mod row;

pub use cell::{Cell, Place, TimeFormat};
pub use completeness::{Completeness, completeness};
pub use events::{CaseLog, CaseRow};
pub use join::{JoinTable, Known};
pub use keys::{DuplicateKey, duplicate_keys};
pub use mapping::{Encoding, EventLog, Input, Mapping, MappingError};
pub use row::{RepNames, RowFault, Rows};
