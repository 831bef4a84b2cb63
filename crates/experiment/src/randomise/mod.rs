//! Who gets which variant, and when: deterministic from a salt, so that every replica, the
//! simulator and a later audit agree.

pub mod compat;
pub mod hash;
pub mod rota;
pub mod schedule;
pub mod split;

pub use hash::{Allocation, AllocationError, Salt, Slice};
pub use rota::{LocalTime, PeriodIndex, Rota, RotaError};
pub use schedule::{Phase, Schedule, ScheduleError, Slot, SwitchbackConfig, UnitIndex};
