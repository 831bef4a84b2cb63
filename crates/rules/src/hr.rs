//! Absences as HR systems export them: CSV and iCalendar, of many people at once.
//!
//! CSV has a header. Who: `rep`, `email`, `name` or `employee` (an id, an address or a name of the
//! roster). When, with dates as 2026-12-24 or 24.12.2026 or with times: `from` and `until` (the
//! first day back, half-open like everything here), or `first_day` and `last_day`. Optionally
//! `backup`. Commas, semicolons or tabs. An iCalendar event is whose attendee, organiser or summary
//! names one rep.

use pointsman_domain::{Instant, RepIndex};
use pointsman_workhours::{CalendarError, Zone, icalendar};

use crate::{
    Roster,
    away::{AbsenceFile, When},
    roll::find_rep,
};

/// What a file holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HrFile {
    pub absences: Vec<AbsenceFile>,
    /// Rows of people whom the roster does not list.
    pub unknown: Vec<HrFault>,
    /// Rows that cannot be read.
    pub faults: Vec<HrFault>,
}

/// One row that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct HrFault {
    pub line: usize,
    pub problem: String,
}

/// What is wrong with a whole file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum HrError {
    #[error("the header has no column for {what}: expected {expected}")]
    Column { what: &'static str, expected: &'static str },
    #[error("the file is empty")]
    Empty,
    #[error("{0}")]
    ICalendar(#[from] CalendarError),
}

/// Whose absences a file holds, from where, and what is known of the reps.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "it lends a function")]
pub struct HrReading<'a> {
    pub roster: &'a Roster,
    pub zone_of: &'a dyn Fn(RepIndex) -> Zone,
    /// The next file of the same source replaces this one.
    pub source: &'a str,
    pub known_at: Instant,
    /// Whose the whole file is, where it does not say.
    pub rep: Option<RepIndex>,
}

/// Reads CSV or iCalendar, whichever it is.
pub fn read(text: &str, reading: HrReading<'_>) -> Result<HrFile, HrError> {
    match text.trim_start_matches('\u{feff}').trim_start() {
        "" => Err(HrError::Empty),
        calendar if calendar.starts_with("BEGIN:") => read_icalendar(calendar, reading),
        csv => read_csv(csv, reading),
    }
}

struct Columns {
    who: Option<usize>,
    from: usize,
    until: Option<(usize, bool)>,
    backup: Option<usize>,
}

fn columns(header: &[String], reading: HrReading<'_>) -> Result<Columns, HrError> {
    let names: Vec<String> = header.iter().map(|name| name.trim().to_lowercase().replace([' ', '-'], "_")).collect();
    let find = |wanted: &[&str]| names.iter().position(|name| wanted.contains(&&**name));
    let who = find(&["rep", "email", "e_mail", "name", "employee"]);
    if who.is_none() && reading.rep.is_none() {
        return Err(HrError::Column { what: "whose absence it is", expected: "rep, email, name or employee" });
    }
    let from = find(&["from", "first_day"]);
    let from = from.ok_or(HrError::Column { what: "its beginning", expected: "from or first_day" })?;
    let until = find(&["until"]).map(|at| (at, false)).or(find(&["last_day"]).map(|at| (at, true)));
    if until.is_none() {
        let expected = "until (the first day back) or last_day";
        return Err(HrError::Column { what: "its end", expected });
    }
    Ok(Columns { who, from, until, backup: find(&["backup"]) })
}

fn read_csv(text: &str, reading: HrReading<'_>) -> Result<HrFile, HrError> {
    let first = text.lines().next().unwrap_or_default();
    let delimiter = [',', ';', '\t'].into_iter().max_by_key(|d| first.matches(*d).count()).unwrap_or(',');
    let mut rows = csv_rows(text, delimiter).into_iter();
    let (_, header) = rows.next().ok_or(HrError::Empty)?;
    let columns = columns(&header, reading)?;
    let mut file = HrFile::default();
    for (line, cells) in rows {
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let cell = |at: usize| cells.get(at).map_or("", |cell| cell.trim());
        let person = columns.who.map_or("", cell);
        let Some(rep) = reading.rep.or_else(|| find_rep(reading.roster, person)) else {
            file.unknown.push(HrFault { line, problem: format!("the roster lists nobody called '{}'", short(person)) });
            continue;
        };
        let until = columns.until.map(|(at, last)| (cell(at), last)).filter(|(text, _)| !text.is_empty());
        let backup = columns.backup.map(cell).filter(|text| !text.is_empty());
        match absence(reading, rep, cell(columns.from), until, backup) {
            Ok(absence) => file.absences.push(absence),
            Err(problem) => file.faults.push(HrFault { line, problem }),
        }
    }
    Ok(file)
}

fn absence(
    reading: HrReading<'_>,
    rep: RepIndex,
    from: &str,
    until: Option<(&str, bool)>,
    backup: Option<&str>,
) -> Result<AbsenceFile, String> {
    let zone = (reading.zone_of)(rep);
    let start = day_or_time(from, false, &zone)?;
    let until = until.map(|(text, last)| day_or_time(text, last, &zone)).transpose()?;
    let backup = backup.map(|text| {
        let unknown = || format!("the roster lists no backup called '{}'", short(text));
        find_rep(reading.roster, text).ok_or_else(unknown)
    });
    kept(reading, rep, start, until, backup.transpose()?)
}

fn kept(
    reading: HrReading<'_>,
    rep: RepIndex,
    from: Instant,
    until: Option<Instant>,
    backup: Option<RepIndex>,
) -> Result<AbsenceFile, String> {
    if until.is_some_and(|until| until <= from) {
        return Err("it ends before it begins".into());
    }
    let id_of = |rep: RepIndex| reading.roster.rep_at(rep).id.clone();
    Ok(AbsenceFile {
        rep: id_of(rep),
        from: from.into(),
        until: until.map(When::from),
        backup: backup.filter(|backup| *backup != rep).map(id_of),
        known_at: Some(reading.known_at),
        source: Some(reading.source.into()),
    })
}

/// A date or time; `last`: the end of that day.
fn day_or_time(text: &str, last: bool, zone: &Zone) -> Result<Instant, String> {
    let dotted: Vec<&str> = text.split('.').collect();
    let iso = match dotted[..] {
        [day, month, year] if year.len() == 4 => format!("{year}-{month:0>2}-{day:0>2}"),
        _ => text.to_owned(),
    };
    let at = When::Text(iso.as_str().into()).on(zone)?;
    let whole_day = iso.len() == 10;
    Ok(if last && whole_day { zone.day_start(zone.local_day(at) + 1) } else { at })
}

fn read_icalendar(text: &str, reading: HrReading<'_>) -> Result<HrFile, HrError> {
    let mut file = HrFile::default();
    // Times without any zone are rare; the first rep's clock is as good as any.
    let zone = (reading.zone_of)(reading.rep.unwrap_or(RepIndex(0)));
    for event in icalendar::everybodys_absences(text, &zone)? {
        let line = event.line;
        let named = || event.people.iter().find_map(|person| find_rep(reading.roster, person));
        let Some(rep) = reading.rep.or_else(named).or_else(|| in_summary(reading.roster, &event.summary)) else {
            let problem = format!("nobody of the roster is named by the event '{}'", short(&event.summary));
            file.unknown.push(HrFault { line, problem });
            continue;
        };
        let (from, until) = event.span(&(reading.zone_of)(rep));
        match kept(reading, rep, from, Some(until), None) {
            Ok(absence) => file.absences.push(absence),
            Err(problem) => file.faults.push(HrFault { line, problem }),
        }
    }
    Ok(file)
}

/// The one rep whose name or address the text holds.
fn in_summary(roster: &Roster, summary: &str) -> Option<RepIndex> {
    let summary = summary.to_lowercase();
    let holds = |text: &str| text.chars().count() > 2 && summary.contains(&text.to_lowercase());
    let mut named =
        roster.reps.iter().enumerate().filter(|(_, rep)| holds(&rep.name) || rep.email.as_deref().is_some_and(holds));
    let (first, _) = named.next()?;
    named.next().is_none().then_some(RepIndex(first as u32))
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Cells by the line on which their row begins.
fn csv_rows(text: &str, delimiter: char) -> Vec<(usize, Vec<String>)> {
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader.has_headers(false).flexible(true).delimiter(delimiter as u8);
    // Text in memory that is UTF-8 has no row that a flexible reader refuses.
    let rows = reader.from_reader(text.as_bytes()).into_records().filter_map(Result::ok);
    let line = |row: &csv::StringRecord| row.position().map_or(0, |at| at.line() as usize);
    rows.map(|row| (line(&row), row.iter().map(str::to_owned).collect())).collect()
}

#[cfg(test)]
mod tests {
    use pointsman_domain::AttributeSchema;
    use pointsman_expr::Environment;

    use super::*;

    fn check(text: &str, expected: &[&str], not_taken: &[&str]) {
        let roster = r#"
            format = 1
            rep = [
                { id = "jonas", name = "Jonas Weber" }, { id = "jonas-2", name = "Jonas Weber" },
                { id = "mara", name = "Mara Lindner", email = "Mara@x.example" },
            ]
        "#;
        let environment = Environment::new(&AttributeSchema::default());
        let roster = Roster::new(&toml::from_str(roster).expect("toml"), &environment).expect("valid");
        let zone_of = |_: RepIndex| Zone::new("Europe/Berlin").expect("known");
        let known_at = Instant::from_unix_micros(0);
        let reading = HrReading { roster: &roster, zone_of: &zone_of, source: "hr", known_at, rep: None };
        let (taken, faults) = match read(text, reading) {
            Err(error) => (vec![], vec![error.to_string()]),
            Ok(file) => {
                let zone = Zone::utc();
                let until =
                    |a: &AbsenceFile| a.until.as_ref().map_or("open".into(), |u| u.on(&zone).unwrap().to_string());
                let taken =
                    file.absences.iter().map(|a| format!("{} {} {}", a.rep, a.from.on(&zone).unwrap(), until(a)));
                (taken.collect(), file.unknown.iter().chain(&file.faults).map(ToString::to_string).collect())
            }
        };
        assert_eq!(
            (taken, faults),
            (
                expected.iter().map(ToString::to_string).collect(),
                not_taken.iter().map(ToString::to_string).collect::<Vec<_>>()
            )
        );
    }

    #[test]
    fn csv_of_hr_systems_is_read() {
        check(
            "\u{feff}Employee;First day;Last day\r\n\"Mara Lindner\";24.12.2026;31.12.2026\r\nmara@x.example;2026-06-01;\r\n",
            &["mara 2026-12-23T23:00:00Z 2026-12-31T23:00:00Z", "mara 2026-05-31T22:00:00Z open"],
            &[],
        );
        check(
            "rep,from,until\njonas,2026-12-24,2026-12-24T12:00:00+01:00\n",
            &["jonas 2026-12-23T23:00:00Z 2026-12-24T11:00:00Z"],
            &[],
        );
    }

    #[test]
    fn rows_that_cannot_be_taken_are_named() {
        check(
            "name,from,until\n\"Weber,\nJonas\",2026-01-01,2026-01-02\nJonas Weber,2026-01-01,2026-01-02\nmara,tomorrow,\nmara,2026-01-02,2026-01-01\n",
            &[],
            &[
                "line 2: the roster lists nobody called 'Weber,\nJonas'",
                "line 4: the roster lists nobody called 'Jonas Weber'",
                "line 5: 'tomorrow' is no time: write a date like 2026-12-01, or 2026-12-01T09:00:00+01:00",
                "line 6: it ends before it begins",
            ],
        );
        check(
            "name,until\nmara,2026-01-01\n",
            &[],
            &["the header has no column for its beginning: expected from or first_day"],
        );
        check(
            "from,until\n2026-01-01,2026-01-02\n",
            &[],
            &["the header has no column for whose absence it is: expected rep, email, name or employee"],
        );
        check(" \n", &[], &["the file is empty"]);
    }

    #[test]
    fn icalendar_of_many_people_is_read() {
        let event =
            |day: &str, rest: &str| format!("BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:{day}\r\n{rest}\r\nEND:VEVENT\r\n");
        let text = format!(
            "BEGIN:VCALENDAR\r\n{}{}{}END:VCALENDAR\r\n",
            event("20260601", "ATTENDEE:mailto:mara@x.example"),
            event("20260701", "SUMMARY:Mara Lindner – leave"),
            event("20260801", "SUMMARY:Jonas Weber – leave"),
        );
        check(
            &text,
            &["mara 2026-05-31T22:00:00Z 2026-06-01T22:00:00Z", "mara 2026-06-30T22:00:00Z 2026-07-01T22:00:00Z"],
            &["line 10: nobody of the roster is named by the event 'Jonas Weber – leave'"],
        );
    }
}
