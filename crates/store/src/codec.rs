//! Ledger changes in bytes: what a log row keeps of them.
//!
//! ```text
//! 1    format
//! 4    number of changes (u32, little endian)
//! per change: one byte naming it, then its fields in order
//! ```
//!
//! Names are a length byte and ASCII; numbers little endian; a window one byte for its kind and
//! an i32. A decision takes about forty bytes, and a million rows decode in a fraction of the
//! second that a start may take.

use std::sync::Arc;

use pointsman_assign::{
    Change, CounterKey, Ladder, LineId, Partition, Posted, Standing, Waiting,
    price::{LimitPrice, PriceBook, SolvedFrom},
};
use pointsman_domain::{CreditReason, FairnessMeasure, Instant, LeadId, LimitId, PoolId, RepId, Window};

const FORMAT: u8 = 1;

/// Why bytes are no changes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    #[error("format {0} of ledger changes is newer than this version reads (1)")]
    Format(u8),
    #[error("ledger changes end too early, at byte {0}")]
    Short(usize),
    #[error("ledger changes go on after the last one, at byte {0}")]
    Long(usize),
    #[error("byte {at} of ledger changes is {byte}, which no version wrote")]
    Unknown { at: usize, byte: u8 },
    #[error("a name at byte {0} of ledger changes is no name")]
    Name(usize),
}

pub fn encode(changes: &[Change], out: &mut Vec<u8>) {
    out.clear();
    out.push(FORMAT);
    out.extend((changes.len() as u32).to_le_bytes());
    for change in changes {
        match change {
            Change::Cap { rep, limit, cap } => {
                out.push(1);
                name(out, rep.as_str());
                name(out, limit.as_str());
                out.push(u8::from(cap.is_some()));
                out.extend(cap.unwrap_or(0).to_le_bytes());
            }
            Change::Claim { key } => {
                out.push(2);
                counter(out, key);
            }
            Change::Release { key } => {
                out.push(3);
                counter(out, key);
            }
            Change::Turn { line, clock, rep, standing, amount } => {
                out.push(9);
                turns(out, line);
                out.extend(clock.to_le_bytes());
                name(out, rep.as_str());
                stands(out, standing);
                out.extend(amount.to_le_bytes());
            }
            Change::Join { line, rep, standing } => {
                out.push(10);
                turns(out, line);
                name(out, rep.as_str());
                stands(out, standing);
            }
            Change::Credit { line, rep, time, amount } => {
                out.push(11);
                turns(out, line);
                name(out, rep.as_str());
                out.extend(time.to_le_bytes());
                out.extend(amount.to_le_bytes());
            }
            Change::Wait { waiting } => {
                out.push(6);
                wait(out, waiting);
            }
            Change::Awake { lead } => {
                out.push(7);
                out.extend(lead.bytes());
            }
            Change::Decided => out.push(8),
            Change::Credited { lead, reason } => {
                out.push(12);
                out.extend(lead.bytes());
                out.push(*reason as u8);
            }
            Change::Prices { book } => {
                out.push(13);
                prices(out, book);
            }
        }
    }
}

/// The counters of one claim on their own, as a lead's state keeps them.
pub fn encode_keys(keys: &[CounterKey]) -> Vec<u8> {
    let mut out = vec![FORMAT];
    out.extend((keys.len() as u32).to_le_bytes());
    keys.iter().for_each(|key| counter(&mut out, key));
    out
}

fn name(out: &mut Vec<u8>, text: &str) {
    // A slug has at most 63 bytes.
    out.push(text.len() as u8);
    out.extend(text.as_bytes());
}

fn counter(out: &mut Vec<u8>, key: &CounterKey) {
    name(out, key.rep.as_str());
    name(out, key.limit.as_str());
    window(out, key.window);
    out.push(key.partition.0);
}

fn window(out: &mut Vec<u8>, window: Window) {
    let (kind, number) = match window {
        Window::Always => (0, 0),
        Window::Day(n) => (1, n),
        Window::Week(n) => (2, n),
        Window::Month(n) => (3, n),
    };
    out.push(kind);
    out.extend(i32::to_le_bytes(number));
}

/// The measures in the order of their bytes; never reorder, only append.
const MEASURES: [FairnessMeasure; 4] =
    [FairnessMeasure::Turns, FairnessMeasure::OpenWork, FairnessMeasure::ExpectedValue, FairnessMeasure::Quota];

fn turns(out: &mut Vec<u8>, line: &LineId) {
    name(out, line.pool.as_str());
    out.push(line.partition.0);
    out.extend(MEASURES.iter().position(|measure| *measure == line.measure).map(|at| at as u8));
    window(out, line.window);
}

fn stands(out: &mut Vec<u8>, standing: &Standing) {
    out.extend(standing.start.to_le_bytes());
    out.extend(standing.weight.to_le_bytes());
    out.extend(standing.owed.to_le_bytes());
    out.extend(standing.paid_on.to_le_bytes());
}

/// A ladder's rungs are few: [`pointsman_assign::price`] makes at most some dozens.
fn prices(out: &mut Vec<u8>, book: &PriceBook) {
    let from = &book.solved_from;
    out.extend(book.epoch.to_le_bytes());
    out.extend(book.at.unix_micros().to_le_bytes());
    [from.rows, from.leads].iter().for_each(|n| out.extend(n.to_le_bytes()));
    [from.today, from.value, from.residual].iter().for_each(|x| out.extend(x.to_le_bytes()));
    out.extend((book.prices.len() as u32).to_le_bytes());
    for price in &book.prices {
        name(out, price.rep.as_str());
        name(out, price.limit.as_str());
        window(out, price.window);
        let posted = &price.posted;
        let floats = [posted.price, posted.planned_rate, posted.step, posted.least, posted.most];
        floats.iter().for_each(|x| out.extend(x.to_le_bytes()));
        [posted.claims_at_epoch, posted.leads_at_epoch].iter().for_each(|n| out.extend(n.to_le_bytes()));
        let Some(ladder) = &posted.ladder else {
            out.push(0);
            continue;
        };
        out.push(ladder.now.len().min(255) as u8);
        out.extend(ladder.over.to_le_bytes());
        ladder.now.iter().chain(&ladder.then).for_each(|x| out.extend(x.to_le_bytes()));
    }
}

fn wait(out: &mut Vec<u8>, waiting: &Waiting) {
    out.extend(waiting.lead.bytes());
    out.push(waiting.priority);
    for at in [waiting.arrived, waiting.until, waiting.wake_at] {
        out.extend(at.unix_micros().to_le_bytes());
    }
    out.extend((waiting.reps.len() as u32).to_le_bytes());
    waiting.reps.iter().for_each(|rep| name(out, rep.as_str()));
}

/// Hands each change to `visit`, in order.
pub fn decode(bytes: &[u8], mut visit: impl FnMut(Change)) -> Result<(), CodecError> {
    let (mut reader, count) = Reader::open(bytes)?;
    for _ in 0..count {
        visit(reader.change()?);
    }
    reader.end()
}

pub fn decode_keys(bytes: &[u8]) -> Result<Vec<CounterKey>, CodecError> {
    let (mut reader, count) = Reader::open(bytes)?;
    let keys = (0..count).map(|_| reader.counter()).collect::<Result<_, _>>()?;
    reader.end()?;
    Ok(keys)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn open(bytes: &'a [u8]) -> Result<(Self, u32), CodecError> {
        let mut reader = Self { bytes, at: 0 };
        match reader.byte()? {
            FORMAT => {}
            newer => return Err(CodecError::Format(newer)),
        }
        let count = u32::from_le_bytes(reader.take()?);
        Ok((reader, count))
    }

    fn end(&self) -> Result<(), CodecError> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(CodecError::Long(self.at)) }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let slice = self.bytes.get(self.at..self.at + N).ok_or(CodecError::Short(self.at))?;
        self.at += N;
        Ok(slice.try_into().expect("the slice has N bytes"))
    }

    fn byte(&mut self) -> Result<u8, CodecError> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn name<T>(&mut self, parse: impl Fn(&str) -> Option<T>) -> Result<T, CodecError> {
        let start = self.at;
        let length = usize::from(self.byte()?);
        let text = self.bytes.get(self.at..self.at + length).ok_or(CodecError::Short(start))?;
        self.at += length;
        std::str::from_utf8(text).ok().and_then(parse).ok_or(CodecError::Name(start))
    }

    fn rep(&mut self) -> Result<RepId, CodecError> {
        self.name(|text| RepId::new(text).ok())
    }

    fn pool(&mut self) -> Result<PoolId, CodecError> {
        self.name(|text| PoolId::new(text).ok())
    }

    fn limit(&mut self) -> Result<LimitId, CodecError> {
        self.name(|text| LimitId::new(text).ok())
    }

    fn float(&mut self) -> Result<f64, CodecError> {
        self.take().map(f64::from_le_bytes)
    }

    fn instant(&mut self) -> Result<Instant, CodecError> {
        self.take().map(|bytes| Instant::from_unix_micros(i64::from_le_bytes(bytes)))
    }

    fn counter(&mut self) -> Result<CounterKey, CodecError> {
        let (rep, limit) = (self.rep()?, self.limit()?);
        Ok(CounterKey { rep, limit, window: self.window()?, partition: Partition(self.byte()?) })
    }

    fn window(&mut self) -> Result<Window, CodecError> {
        let at = self.at;
        let kind = self.byte()?;
        let number = i32::from_le_bytes(self.take()?);
        Ok(match kind {
            0 => Window::Always,
            1 => Window::Day(number),
            2 => Window::Week(number),
            3 => Window::Month(number),
            byte => return Err(CodecError::Unknown { at, byte }),
        })
    }

    fn line(&mut self) -> Result<LineId, CodecError> {
        let (pool, partition) = (self.pool()?, Partition(self.byte()?));
        let at = self.at;
        let byte = self.byte()?;
        let measure = *MEASURES.get(usize::from(byte)).ok_or(CodecError::Unknown { at, byte })?;
        Ok(LineId { pool, partition, measure, window: self.window()? })
    }

    fn standing(&mut self) -> Result<Standing, CodecError> {
        let (start, weight, owed) = (self.float()?, self.float()?, self.float()?);
        Ok(Standing { start, weight, owed, paid_on: i32::from_le_bytes(self.take()?) })
    }

    /// A line as it was before pools had contracts: whole turns, for ever.
    fn plain_line(&mut self) -> Result<LineId, CodecError> {
        let (pool, partition) = (self.pool()?, Partition(self.byte()?));
        Ok(LineId { pool, partition, measure: FairnessMeasure::Turns, window: Window::Always })
    }

    fn number(&mut self) -> Result<u64, CodecError> {
        self.take().map(u64::from_le_bytes)
    }

    fn prices(&mut self) -> Result<PriceBook, CodecError> {
        let (epoch, at) = (self.number()?, self.instant()?);
        let (rows, leads) = (self.number()?, self.number()?);
        let (today, value, residual) = (self.float()?, self.float()?, self.float()?);
        let count = u32::from_le_bytes(self.take()?);
        let prices = (0..count).map(|_| self.price()).collect::<Result<_, _>>()?;
        let solved_from = SolvedFrom { rows, leads, today, value, residual };
        Ok(PriceBook { format: PriceBook::FORMAT, epoch, at, solved_from, prices })
    }

    fn price(&mut self) -> Result<LimitPrice, CodecError> {
        let (rep, limit, window) = (self.rep()?, self.limit()?, self.window()?);
        let mut posted = Posted::fixed(self.float()?);
        (posted.planned_rate, posted.step) = (self.float()?, self.float()?);
        (posted.least, posted.most) = (self.float()?, self.float()?);
        (posted.claims_at_epoch, posted.leads_at_epoch) = (self.number()?, self.number()?);
        let rungs = self.byte()?;
        if rungs > 0 {
            let over = u32::from_le_bytes(self.take()?);
            let mut rungs = || (0..rungs).map(|_| self.take().map(f32::from_le_bytes)).collect::<Result<Box<[_]>, _>>();
            posted.ladder = Some(Ladder { over, now: rungs()?, then: rungs()? });
        }
        Ok(LimitPrice { rep, limit, window, posted })
    }

    fn wait(&mut self) -> Result<Waiting, CodecError> {
        let lead = LeadId::from_bytes(self.take()?);
        let priority = self.byte()?;
        let (arrived, until, wake_at) = (self.instant()?, self.instant()?, self.instant()?);
        let count = u32::from_le_bytes(self.take()?);
        let reps = (0..count).map(|_| self.rep()).collect::<Result<_, _>>()?;
        Ok(Waiting { lead, priority, arrived, until, wake_at, reps })
    }

    fn change(&mut self) -> Result<Change, CodecError> {
        let at = self.at;
        Ok(match self.byte()? {
            1 => {
                let (rep, limit) = (self.rep()?, self.limit()?);
                let (some, cap) = (self.byte()?, u32::from_le_bytes(self.take()?));
                Change::Cap { rep, limit, cap: (some == 1).then_some(cap) }
            }
            2 => Change::Claim { key: self.counter()? },
            3 => Change::Release { key: self.counter()? },
            // Written before pools had contracts; the weight was the one of the roster then.
            4 => {
                let line = self.plain_line()?;
                let (clock, rep) = (self.float()?, self.rep()?);
                Change::Turn { line, clock, rep, standing: Standing::of_unknown_weight(self.float()?), amount: 1.0 }
            }
            5 => {
                let (line, rep) = (self.plain_line()?, self.rep()?);
                Change::Join { line, rep, standing: Standing::of_unknown_weight(self.float()?) }
            }
            6 => Change::Wait { waiting: self.wait()? },
            7 => Change::Awake { lead: LeadId::from_bytes(self.take()?) },
            8 => Change::Decided,
            9 => Change::Turn {
                line: self.line()?,
                clock: self.float()?,
                rep: self.rep()?,
                standing: self.standing()?,
                amount: self.float()?,
            },
            10 => Change::Join { line: self.line()?, rep: self.rep()?, standing: self.standing()? },
            11 => Change::Credit { line: self.line()?, rep: self.rep()?, time: self.float()?, amount: self.float()? },
            12 => {
                let lead = LeadId::from_bytes(self.take()?);
                let at = self.at;
                let byte = self.byte()?;
                let reason = CreditReason::from_byte(byte).ok_or(CodecError::Unknown { at, byte })?;
                Change::Credited { lead, reason }
            }
            13 => Change::Prices { book: Arc::new(self.prices()?) },
            byte => return Err(CodecError::Unknown { at, byte }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_change() -> Vec<Change> {
        let rep = || RepId::new("mara").unwrap();
        let limit = || LimitId::new("open").unwrap();
        let pool = || PoolId::new("all").unwrap();
        let line = |measure, window| LineId { pool: pool(), partition: Partition(1), measure, window };
        let key = |window| CounterKey { rep: rep(), limit: limit(), window, partition: Partition(2) };
        let lead = LeadId::from_bytes([9; 16]);
        let at = Instant::from_unix_micros;
        vec![
            Change::Cap { rep: rep(), limit: limit(), cap: Some(20) },
            Change::Cap { rep: rep(), limit: limit(), cap: None },
            Change::Claim { key: key(Window::Always) },
            Change::Claim { key: key(Window::Day(-3)) },
            Change::Release { key: key(Window::Week(4)) },
            Change::Release { key: key(Window::Month(24_000)) },
            Change::Turn {
                line: line(FairnessMeasure::Turns, Window::Always),
                clock: 0.25,
                rep: rep(),
                standing: Standing::at(f64::MAX, 3.0),
                amount: 1.0,
            },
            Change::Join {
                line: line(FairnessMeasure::Quota, Window::Month(24_001)),
                rep: rep(),
                standing: Standing { owed: 2.5, paid_on: -4, ..Standing::at(-0.5, 1.0) },
            },
            Change::Credit {
                line: line(FairnessMeasure::ExpectedValue, Window::Day(20_000)),
                rep: rep(),
                time: -1.5,
                amount: 12_345.5,
            },
            Change::Wait {
                waiting: Waiting {
                    lead,
                    priority: 9,
                    arrived: at(1),
                    until: at(3),
                    wake_at: at(2),
                    reps: vec![rep(), rep()],
                },
            },
            Change::Awake { lead },
            Change::Decided,
            Change::Credited { lead, reason: CreditReason::NoShow },
            Change::Prices { book: Arc::new(book()) },
        ]
    }

    fn book() -> PriceBook {
        let price = |limit: &str, window, ladder| LimitPrice {
            rep: RepId::new("mara").unwrap(),
            limit: LimitId::new(limit).unwrap(),
            window,
            posted: Posted { step: 0.25, claims_at_epoch: 3, leads_at_epoch: 1 << 40, ladder, ..Posted::fixed(-1.5) },
        };
        let ladder = Ladder { over: 200, now: [3.0, 1.0].into(), then: [2.0, 0.5].into() };
        PriceBook {
            format: PriceBook::FORMAT,
            epoch: 12,
            at: Instant::from_unix_micros(77),
            solved_from: SolvedFrom { rows: 9, leads: 8, today: 7.5, value: 0.25, residual: 1e-5 },
            prices: vec![price("day", Window::Day(20_000), Some(ladder)), price("open", Window::Always, None)],
        }
    }

    #[test]
    fn changes_survive_their_bytes() {
        let mut bytes = Vec::new();
        encode(&every_change(), &mut bytes);
        let mut read = Vec::new();
        decode(&bytes, |change| read.push(change)).unwrap();
        assert_eq!(read, every_change());
    }

    #[test]
    fn turns_from_before_contracts_are_read() {
        let mut bytes = vec![FORMAT, 2, 0, 0, 0, 4];
        name(&mut bytes, "all");
        bytes.push(0);
        bytes.extend(1.5f64.to_le_bytes());
        name(&mut bytes, "mara");
        bytes.extend(2.0f64.to_le_bytes());
        bytes.push(5);
        name(&mut bytes, "all");
        bytes.push(0);
        name(&mut bytes, "jonas");
        bytes.extend(1.25f64.to_le_bytes());
        let mut read = Vec::new();
        decode(&bytes, |change| read.push(change)).unwrap();
        let line = LineId {
            pool: PoolId::new("all").unwrap(),
            partition: Partition(0),
            measure: FairnessMeasure::Turns,
            window: Window::Always,
        };
        let rep = |id| RepId::new(id).unwrap();
        let standing = Standing::of_unknown_weight;
        let turn =
            Change::Turn { line: line.clone(), clock: 1.5, rep: rep("mara"), standing: standing(2.0), amount: 1.0 };
        assert_eq!(read, [turn, Change::Join { line, rep: rep("jonas"), standing: standing(1.25) }]);
    }

    #[test]
    fn damaged_bytes_are_refused_not_guessed() {
        let mut bytes = Vec::new();
        encode(&every_change(), &mut bytes);
        for end in 0..bytes.len() {
            assert!(decode(&bytes[..end], |_| {}).is_err(), "cut at {end}");
        }
        bytes.push(0);
        assert_eq!(decode(&bytes, |_| {}), Err(CodecError::Long(bytes.len() - 1)));
        assert_eq!(decode(&[9, 0, 0, 0, 0], |_| {}), Err(CodecError::Format(9)));
        assert_eq!(decode(&[1, 1, 0, 0, 0, 77], |_| {}), Err(CodecError::Unknown { at: 5, byte: 77 }));
    }
}
