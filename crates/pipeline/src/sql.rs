//! The feature specification as portable SQL, for histories that one machine does not hold.
//!
//! The same numbers as [`crate::asof`], by an engine that is there already (DuckDB, DataFusion, Spark,
//! Sail). Engines differ in division, overflow, order of NULL, casts and timestamps, so the text uses
//! integers only (microseconds, minor units, every SUM cast) and window functions of the simplest
//! kind: facts are added up by the hour in which they were learned, because borders are full hours;
//! each border is one more row, `kind` 0, that sorts before the facts of its own hour; a running sum
//! over both gives what was known.

use std::{collections::BTreeMap, path::Path};

use pointsman_domain::{AttributeSchema, AttributeType, Entity, Instant, record::ActivityKind};
use pointsman_scoring::{
    FeatureSpec, Missing, Source, SpecError,
    spec::{Feature, FeatureKind, RateOf},
};
use pointsman_workhours::Zone;

use crate::{ReadError, Wanted, for_each_batch, tables::Table};

/// One text a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlFiles {
    /// The feature table.
    pub features: String,
    /// Counts of identical rows, enough to train on.
    pub suffstats: String,
    /// Sums to compare between engines.
    pub check: String,
    /// Registers the tables with an engine and runs the other three.
    pub client: String,
}

/// From when a place's clock is ahead of UTC by how much, in microseconds. The place is a zone's or
/// country's text as the attribute has it; the empty text is the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offset {
    pub place: String,
    pub from: i64,
    pub until: i64,
    pub offset: i64,
}

/// Lowers a specification. `offsets` are read where it asks for the time of the week.
pub fn lower(spec: &FeatureSpec, schema: &AttributeSchema, offsets: &[Offset]) -> Result<SqlFiles, SpecError> {
    spec.check(schema)?;
    let lowering = Lowering { spec, schema };
    let categories = spec.features.iter().filter(|f| f.kind == FeatureKind::Category);
    let names: Vec<String> = categories.map(|f| quoted("c_", &f.name)).collect();
    let group = ["rep".to_owned()].into_iter().chain(names).collect::<Vec<_>>().join(", ");
    let numbers: Vec<String> = spec
        .features
        .iter()
        .filter(|f| f.kind == FeatureKind::Number)
        .map(|f| format!(",\n  COUNT({0}) AS {1}", quoted("n_", &f.name), quoted("known_", &f.name)))
        .collect();
    Ok(SqlFiles {
        features: lowering.features(offsets),
        suffstats: format!(
            "SELECT {group},\n  CAST(COUNT(*) AS BIGINT) AS leads, CAST(SUM(y) AS BIGINT) AS won\nFROM features\nWHERE label_ts IS NOT NULL\nGROUP BY {group}\nORDER BY {group}\n"
        ),
        check: format!(
            "SELECT CAST(COUNT(*) AS BIGINT) AS leads_owned, CAST(COUNT(DISTINCT lead_id) AS BIGINT) AS leads,\n  CAST(COUNT(label_ts) AS BIGINT) AS labels_known, CAST(SUM(y) AS BIGINT) AS won,\n  CAST(SUM(MOD(ts, 1000003)) AS BIGINT) AS times{}\nFROM features\n",
            numbers.concat()
        ),
        client: CLIENT.into(),
    })
}

struct Lowering<'a> {
    spec: &'a FeatureSpec,
    schema: &'a AttributeSchema,
}

/// A name as SQL reads it; names of features are free text.
fn quoted(prefix: &str, name: &str) -> String {
    format!("\"{prefix}{}\"", name.replace('"', "\"\""))
}

fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// x / n, both whole, towards 0; exact because the remainder is taken off first.
fn divided(x: &str, n: i64) -> String {
    format!("CAST(({x} - MOD({x}, {n})) / {n} AS BIGINT)")
}

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

impl Lowering<'_> {
    fn features(&self, offsets: &[Offset]) -> String {
        let mut sql = String::from("WITH\n");
        sql += &self.owned();
        if self.spec.features.iter().any(is_clock) {
            let row = |o: &Offset| format!("({}, {}, {}, {})", text(&o.place), o.from, o.until, o.offset);
            let rows: Vec<String> = offsets.iter().map(row).collect();
            sql += &format!(
                "offsets AS (\n  SELECT * FROM (VALUES\n    {}) AS o(place, from_us, until_us, offset_us)),\n",
                rows.join(",\n    ")
            );
        }
        sql += &self.base();
        for (name, keys) in self.scopes() {
            sql += &counts(&name, &keys);
        }
        for days in self.windows() {
            sql += &recent(days);
        }
        sql += &format!("priors AS (\n  SELECT b.*,\n{}\n  FROM base b\n{})\n", self.counted(), self.joins());
        sql += &self.select();
        sql
    }

    /// First owners, how their leads ended, and when each counts.
    fn owned(&self) -> String {
        let ends = |name: &str, stages: &str| {
            format!(
                "{name} AS (\n  SELECT lead_id, known_at, stage, value FROM (\n    SELECT lead_id, known_at, stage, value,\n      ROW_NUMBER() OVER (PARTITION BY lead_id ORDER BY known_at, at) AS place\n    FROM outcomes_us WHERE stage IN ({stages})) AS o\n  WHERE place = 1),\n"
            )
        };
        let merged = "f.stage IN ('merged', 'erased') AND f.known_at >= a.known_at";
        format!(
            "owned AS (\n  SELECT lead_id, rep, at, known_at FROM (\n    SELECT lead_id, rep, at, known_at, ROW_NUMBER() OVER (PARTITION BY lead_id ORDER BY at, rep) AS place\n    FROM assignments_us WHERE kind = 'first') AS a\n  WHERE place = 1),\n{}{}ended AS (\n  SELECT a.lead_id, a.rep, a.at, a.known_at,\n    f.stage AS stage, f.known_at AS label_ts, f.value AS value,\n    CASE WHEN f.stage IS NULL THEN NULL\n      WHEN {merged} THEN f.known_at\n      WHEN c.known_at > a.known_at THEN c.known_at\n      WHEN c.stage IS NOT NULL THEN a.known_at END AS end_at,\n    CASE WHEN f.stage IS NULL OR c.stage IS NULL OR ({merged}) THEN 0 ELSE 1 END AS counted,\n    CASE WHEN c.stage = 'won' THEN 1 ELSE 0 END AS closed_won,\n    c.known_at AS closed_known\n  FROM owned a\n  LEFT JOIN first_end f ON f.lead_id = a.lead_id\n  LEFT JOIN closing c ON c.lead_id = a.lead_id),\n",
            ends("first_end", "'won', 'lost', 'unqualified', 'merged', 'erased'"),
            ends("closing", "'won', 'lost', 'unqualified'"),
        )
    }

    /// One row a lead: what is known of the lead itself.
    fn base(&self) -> String {
        let mut columns = vec![
            "e.lead_id, e.rep, e.at, e.known_at, e.stage, e.label_ts, e.value".to_owned(),
            "e.end_at, e.counted, e.closed_won, e.closed_known".to_owned(),
            format!("{} AS border_hour", divided("e.at", HOUR)),
        ];
        let mut joins = String::from("  JOIN leads_us l ON l.id = e.lead_id\n");
        if self.spec.features.iter().any(|f| matches!(f.source.attribute(), Some((Entity::Account, _)))) {
            joins += "  LEFT JOIN accounts_us acc ON acc.id = l.account_id AND acc.known_at <= e.at\n";
        }
        let (mut clocks, mut engagements) = (0, 0);
        for feature in &self.spec.features {
            let prefix = if feature.kind == FeatureKind::Category { "c_" } else { "n_" };
            let name = quoted(prefix, &feature.name);
            match &feature.source {
                Source::Attribute { entity, name: attribute } => {
                    columns.push(format!("{} AS {name}", self.attribute(feature, *entity, attribute)));
                }
                Source::Hour | Source::Weekday | Source::HourOf { .. } | Source::WeekdayOf { .. } => {
                    let zone = format!("z{clocks}");
                    let place = feature.source.attribute().map(|(entity, name)| column(entity, name));
                    joins += &clock_join(&zone, place.as_deref());
                    columns.push(format!("{} AS {name}", clock(feature, &zone, place.is_some())));
                    clocks += 1;
                }
                Source::Engagement { kind } => {
                    let of = format!("g{engagements}");
                    joins += &engagement(&of, *kind);
                    columns.push(format!("CAST(COALESCE({of}.touches, 0) AS DOUBLE) AS {name}"));
                    engagements += 1;
                }
                _ => {}
            }
        }
        format!("base AS (\n  SELECT {}\n  FROM ended e\n{joins}  ),\n", columns.join(",\n    "))
    }

    fn attribute(&self, feature: &Feature, entity: Entity, name: &str) -> String {
        let from = column(entity, name);
        let kind = self.schema.find(entity, name).and_then(|at| self.schema.get(at)).map(|(_, a)| a.kind);
        if entity == Entity::Contact {
            return match feature.kind {
                FeatureKind::Category => missing(feature, "CAST(NULL AS VARCHAR)"),
                FeatureKind::Number => missing(feature, "CAST(NULL AS DOUBLE)"),
            };
        }
        match (feature.kind, kind) {
            (FeatureKind::Category, Some(AttributeType::Bool)) => {
                missing(feature, &format!("CASE WHEN {from} THEN 'true' WHEN NOT {from} THEN 'false' END"))
            }
            (FeatureKind::Category, Some(AttributeType::Integer)) => {
                missing(feature, &format!("CAST({from} AS VARCHAR)"))
            }
            (FeatureKind::Category, _) => missing(feature, &from),
            (FeatureKind::Number, Some(AttributeType::Bool)) => {
                missing(feature, &format!("CASE WHEN {from} THEN 1.0 WHEN NOT {from} THEN 0.0 END"))
            }
            (FeatureKind::Number, _) => missing(feature, &format!("CAST({from} AS DOUBLE)")),
        }
    }

    /// What is counted, and by which columns of `base`.
    fn scopes(&self) -> Vec<(String, Vec<String>)> {
        let mut scopes: Vec<(String, Vec<String>)> =
            vec![("all_leads".into(), Vec::new()), ("by_rep".into(), vec!["rep".into()])];
        for (i, segment) in self.spec.segments.iter().enumerate() {
            let level = quoted("c_", segment);
            scopes.push((format!("by_segment{i}"), vec![level.clone()]));
            scopes.push((format!("by_rep_segment{i}"), vec!["rep".into(), level]));
        }
        scopes
    }

    fn windows(&self) -> Vec<u16> {
        let mut days: Vec<u16> = (self.spec.features.iter())
            .filter_map(|f| match f.source {
                Source::RecentRate { days, .. } | Source::Utilisation { days } => Some(days),
                _ => None,
            })
            .collect();
        days.sort_unstable();
        days.dedup();
        days
    }

    fn counted(&self) -> String {
        let columns = self.scopes().into_iter().map(|(name, _)| {
            format!("    CAST(COALESCE({name}.leads, 0) AS DOUBLE) AS {name}_leads, CAST(COALESCE({name}.won, 0) AS DOUBLE) AS {name}_won")
        });
        let windows = self.windows().into_iter().map(|days| {
            format!("    CAST(COALESCE(recent{days}.leads, 0) AS DOUBLE) AS recent{days}_leads, CAST(COALESCE(recent{days}.won, 0) AS DOUBLE) AS recent{days}_won")
        });
        let extra = "    by_rep.first_at AS first_at, CAST(COALESCE(by_rep.opened, 0) - COALESCE(by_rep.ended, 0) AS DOUBLE) AS open_leads".to_owned();
        columns.chain(windows).chain([extra]).collect::<Vec<_>>().join(",\n")
    }

    fn joins(&self) -> String {
        let scopes = self.scopes().into_iter().map(|(name, keys)| {
            let on: Vec<String> = keys.iter().map(|key| same(&format!("{name}.{key}"), &format!("b.{key}"))).collect();
            let on = on.into_iter().chain([format!("{name}.hour = b.border_hour")]).collect::<Vec<_>>();
            format!("  LEFT JOIN {name} ON {}\n", on.join(" AND "))
        });
        let windows = self.windows().into_iter().map(|days| {
            format!("  LEFT JOIN recent{days} ON recent{days}.rep = b.rep AND recent{days}.hour = b.border_hour\n")
        });
        scopes.chain(windows).collect()
    }

    fn select(&self) -> String {
        let mut columns = vec![
            "lead_id, at AS ts, label_ts, rep".to_owned(),
            "CASE WHEN stage = 'won' THEN 1 ELSE 0 END AS y".to_owned(),
            "value".to_owned(),
        ];
        for feature in self.spec.features.iter().filter(|f| f.kind == FeatureKind::Category) {
            columns.push(quoted("c_", &feature.name));
        }
        for feature in self.spec.features.iter().filter(|f| f.kind == FeatureKind::Number) {
            let name = quoted("n_", &feature.name);
            columns.push(match self.number(feature) {
                Some(number) => format!("{number} AS {name}"),
                None => name,
            });
        }
        format!(
            "SELECT {}\nFROM priors\nWHERE stage IS NULL OR stage NOT IN ('merged', 'erased')\nORDER BY at, lead_id\n",
            columns.join(",\n  ")
        )
    }

    /// A number that is counted.
    fn number(&self, feature: &Feature) -> Option<String> {
        let segment = feature.source.segment().and_then(|s| self.spec.segments.iter().position(|n| **n == *s));
        let segment = segment.unwrap_or_default();
        let rate = |of: &str, parent: &str, shrink: f64| {
            format!("(({of}_won + {shrink:?} * {parent}) / ({of}_leads + {shrink:?}))")
        };
        let global = |shrink: f64| rate("all_leads", "0.5", shrink);
        Some(match &feature.source {
            Source::WinRate { of: RateOf::Global, shrink } => global(*shrink),
            Source::WinRate { of: RateOf::Rep, shrink } => rate("by_rep", &global(*shrink), *shrink),
            Source::WinRate { of: RateOf::Segment(_), shrink } => {
                rate(&format!("by_segment{segment}"), &global(*shrink), *shrink)
            }
            Source::WinRate { of: RateOf::RepSegment(_), shrink } => {
                let rep = rate("by_rep", &global(*shrink), *shrink);
                rate(&format!("by_rep_segment{segment}"), &rep, *shrink)
            }
            Source::RecentRate { days, shrink } => rate(&format!("recent{days}"), &global(*shrink), *shrink),
            Source::Tenure => {
                missing(feature, &format!("((CAST(border_hour * {HOUR} - first_at AS DOUBLE) / 1000000.0) / 86400.0)"))
            }
            Source::OpenLeads => "open_leads".into(),
            Source::Utilisation { days } => format!("(open_leads / (recent{days}_leads + 1.0))"),
            Source::Experience { .. } => format!("by_rep_segment{segment}_leads"),
            _ => return None,
        })
    }
}

fn is_clock(feature: &Feature) -> bool {
    matches!(feature.source, Source::Hour | Source::Weekday | Source::HourOf { .. } | Source::WeekdayOf { .. })
}

fn column(entity: Entity, name: &str) -> String {
    let table = if entity == Entity::Account { "acc" } else { "l" };
    format!("{table}.{}", quoted("a_", name))
}

/// NULL equals NULL: a missing level is a level.
fn same(a: &str, b: &str) -> String {
    format!("{a} IS NOT DISTINCT FROM {b}")
}

fn missing(feature: &Feature, value: &str) -> String {
    match &feature.missing {
        Missing::Own => value.into(),
        Missing::Number(x) => format!("COALESCE({value}, {x:?})"),
        Missing::Level(level) => format!("COALESCE({value}, {})", text(level)),
    }
}

fn clock_join(zone: &str, place: Option<&str>) -> String {
    let during = |zone: &str| format!("e.at >= {zone}.from_us AND e.at < {zone}.until_us");
    let here = format!("  JOIN offsets {zone} ON {zone}.place = '' AND {}\n", during(zone));
    match place {
        None => here,
        Some(place) => format!(
            "{here}  LEFT JOIN offsets {zone}p ON {zone}p.place = {place} AND {}\n",
            during(&format!("{zone}p"))
        ),
    }
}

fn clock(feature: &Feature, zone: &str, placed: bool) -> String {
    let offset = match placed {
        true => format!("COALESCE({zone}p.offset_us, {zone}.offset_us)"),
        false => format!("{zone}.offset_us"),
    };
    let local = format!("(e.at + {offset})");
    let value = match feature.source {
        Source::Hour | Source::HourOf { .. } => format!("MOD({}, 24)", divided(&local, HOUR)),
        _ => format!("1 + MOD({} + 3, 7)", divided(&local, DAY)),
    };
    match feature.kind {
        FeatureKind::Category => format!("CAST({value} AS VARCHAR)"),
        FeatureKind::Number => format!("CAST({value} AS DOUBLE)"),
    }
}

fn engagement(of: &str, kind: ActivityKind) -> String {
    let word = serde_json::to_value(kind).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
    format!(
        "  LEFT JOIN (SELECT t.lead_id AS lead_id, CAST(COUNT(*) AS BIGINT) AS touches FROM activities_us t\n    JOIN owned o ON o.lead_id = t.lead_id WHERE t.kind = {} AND t.known_at < o.at GROUP BY t.lead_id) AS {of} ON {of}.lead_id = e.lead_id\n",
        text(&word)
    )
}

/// What was known at each border, by some keys: facts by the hour they were learned in, borders as
/// rows of kind 0, a running sum over both.
fn counts(name: &str, keys: &[String]) -> String {
    let list: String = keys.iter().map(|key| format!("{key}, ")).collect();
    let partition = match keys.is_empty() {
        true => String::new(),
        false => format!("PARTITION BY {} ", keys.join(", ")),
    };
    let order = format!("OVER ({partition}ORDER BY hour, kind ROWS UNBOUNDED PRECEDING)");
    let hour = |column: &str| divided(column, HOUR);
    let group = |hour: &str| keys.iter().cloned().chain([hour.to_owned()]).collect::<Vec<_>>().join(", ");
    format!(
        "{name}_facts AS (\n  SELECT DISTINCT {list}border_hour AS hour, 0 AS kind, CAST(0 AS BIGINT) AS d_leads, CAST(0 AS BIGINT) AS d_won,\n    CAST(0 AS BIGINT) AS d_open, CAST(0 AS BIGINT) AS d_end, CAST(NULL AS BIGINT) AS d_first FROM base\n  UNION ALL SELECT {list}{known}, 1, CAST(0 AS BIGINT), CAST(0 AS BIGINT), CAST(COUNT(*) AS BIGINT), CAST(0 AS BIGINT), MIN(at)\n    FROM base GROUP BY {by_known}\n  UNION ALL SELECT {list}{end}, 1, CAST(SUM(counted) AS BIGINT), CAST(SUM(counted * closed_won) AS BIGINT), CAST(0 AS BIGINT), CAST(COUNT(*) AS BIGINT), CAST(NULL AS BIGINT)\n    FROM base WHERE end_at IS NOT NULL GROUP BY {by_end}),\n{name} AS (\n  SELECT * FROM (\n    SELECT {list}hour, kind, CAST(SUM(d_leads) {order} AS BIGINT) AS leads, CAST(SUM(d_won) {order} AS BIGINT) AS won,\n      CAST(SUM(d_open) {order} AS BIGINT) AS opened, CAST(SUM(d_end) {order} AS BIGINT) AS ended,\n      MIN(d_first) {order} AS first_at\n    FROM {name}_facts) AS f\n  WHERE kind = 0),\n",
        known = hour("known_at"),
        end = hour("end_at"),
        by_known = group(&hour("known_at")),
        by_end = group(&hour("end_at")),
    )
}

/// Outcomes of a rep over whole days before the border's day. An outcome learned before its
/// assignment counts only once the latter is known.
fn recent(days: u16) -> String {
    let day = divided("closed_known", DAY);
    let late = format!("CASE WHEN end_at > closed_known THEN {} ELSE -1 END", divided("end_at", HOUR));
    let today = divided("b.border_hour", 24);
    format!(
        "daily{days} AS (\n  SELECT rep, {day} AS day, {late} AS late_hour, CAST(COUNT(*) AS BIGINT) AS leads, CAST(SUM(closed_won) AS BIGINT) AS won\n  FROM base WHERE counted = 1 GROUP BY rep, {day}, {late}),\nrecent{days} AS (\n  SELECT b.rep AS rep, b.border_hour AS hour, CAST(SUM(d.leads) AS BIGINT) AS leads, CAST(SUM(d.won) AS BIGINT) AS won\n  FROM (SELECT DISTINCT rep, border_hour FROM base) AS b\n  JOIN daily{days} d ON d.rep = b.rep AND d.day >= {today} - {days} AND d.day < {today} AND d.late_hour < b.border_hour\n  GROUP BY b.rep, b.border_hour),\n"
    )
}

const CLIENT: &str = r#""""Runs features.sql, suffstats.sql and check.sql: client.py DATA OUT [duckdb | sc://HOST:PORT].

DATA holds the canonical Parquet tables. DuckDB runs on this machine (pip install duckdb); an address
is a Spark Connect server, Apache Spark or Sail (pip install pyspark-client), which must see DATA and OUT.
"""
import pathlib
import sys

TABLES = ["leads", "accounts", "assignments", "activities", "outcomes"]
TIMES = ["at", "known_at"]


def main(data, out, engine="duckdb"):
    here = pathlib.Path(__file__).parent
    read = lambda name: (here / f"{name}.sql").read_text()
    pathlib.Path(out).mkdir(parents=True, exist_ok=True)
    if engine == "duckdb":
        import duckdb
        db = duckdb.connect()
        db.execute("SET TimeZone = 'UTC'")
        for table in TABLES:
            source = f"read_parquet('{data}/{table}.parquet')"
            columns = [row[0] for row in db.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
            micros = ", ".join(f"epoch_us({c}) AS {c}" for c in TIMES if c in columns)
            db.execute(f"CREATE VIEW {table}_us AS SELECT * {'REPLACE (' + micros + ')' if micros else ''} FROM {source}")
        db.execute("CREATE TABLE features AS " + read("features"))
        db.execute(f"COPY features TO '{out}/features.parquet' (FORMAT parquet)")
        db.execute(f"COPY ({read('suffstats')}) TO '{out}/suffstats.parquet' (FORMAT parquet)")
        check = db.execute(read("check"))
        print(dict(zip([c[0] for c in check.description], check.fetchone())))
    else:
        from pyspark.sql import SparkSession, functions as f
        spark = SparkSession.builder.remote(engine).getOrCreate()
        for table in TABLES:
            frame = spark.read.parquet(f"{data}/{table}.parquet")
            for c in TIMES:
                if c in frame.columns:
                    frame = frame.withColumn(c, f.unix_micros(f.col(c)))
            frame.createOrReplaceTempView(f"{table}_us")
        spark.sql("SET spark.sql.ansi.doubleQuotedIdentifiers = true")
        spark.sql(read("features")).write.mode("overwrite").parquet(f"{out}/features.parquet")
        spark.read.parquet(f"{out}/features.parquet").createOrReplaceTempView("features")
        spark.sql(read("suffstats")).write.mode("overwrite").parquet(f"{out}/suffstats.parquet")
        print(spark.sql(read("check")).first().asDict())


if __name__ == "__main__":
    main(*sys.argv[1:])
"#;

/// The clocks that a specification asks for, between the first and the last assignment of a
/// workspace: the workspace's zone, and those of the places its leads name.
pub fn offsets(workspace: &Path, spec: &FeatureSpec, zone: &Zone) -> Result<Vec<Offset>, ReadError> {
    let mut clocks: BTreeMap<String, Zone> = BTreeMap::from([(String::new(), zone.clone())]);
    for feature in &spec.features {
        let (Source::HourOf { entity, name } | Source::WeekdayOf { entity, name }) = &feature.source else { continue };
        let table = match entity {
            Entity::Lead => Table::Leads,
            Entity::Account => Table::Accounts,
            Entity::Contact => continue,
        };
        let column = format!("a_{name}");
        let path = workspace.join("data").join(table.file_name());
        for_each_batch(&path, &[Wanted::Text(&column)], |batch| {
            for row in 0..batch.rows {
                let place = batch.text(0, row);
                if !clocks.contains_key(place)
                    && let Some(zone) = Zone::of_place(place)
                {
                    clocks.insert(place.to_owned(), zone);
                }
            }
            Ok::<(), ReadError>(())
        })?;
    }
    let (mut first, mut last) = (i64::MAX, i64::MIN);
    let path = workspace.join("data").join(Table::Assignments.file_name());
    for_each_batch(&path, &[Wanted::Text("at")], |batch| {
        let times = (0..batch.rows).filter_map(|row| Instant::parse_as_written(batch.text(0, row)).ok());
        times.for_each(|at| (first, last) = (first.min(at.unix_micros()), last.max(at.unix_micros())));
        Ok::<(), ReadError>(())
    })?;
    let of = |(place, zone): (&String, &Zone)| periods(place, zone, first.min(last), last.max(first));
    Ok(clocks.iter().flat_map(of).collect())
}

/// Stretches of one offset between two instants, wider by a day.
fn periods(place: &str, zone: &Zone, first: i64, last: i64) -> Vec<Offset> {
    // Clocks are moved at quarters of an hour only.
    const QUARTER: i64 = HOUR / 4;
    let offset = |at: i64| zone.offset(Instant::from_unix_micros(at)).0;
    let start = (first - first.rem_euclid(DAY)).saturating_sub(DAY);
    let end = last.saturating_add(2 * DAY);
    let mut found = vec![Offset { place: place.into(), from: start, until: end, offset: offset(start) }];
    let mut at = start;
    while at < end {
        let next = at + DAY;
        let last = found.len() - 1;
        if offset(next) != found[last].offset {
            let mut moved = at;
            while offset(moved) == found[last].offset {
                moved += QUARTER;
            }
            found[last].until = moved;
            found.push(Offset { place: place.into(), from: moved, until: end, offset: offset(moved) });
        }
        at = next;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_in_berlin_has_three_stretches() {
        let zone = Zone::new("Europe/Berlin").unwrap();
        let at = |text: &str| Instant::parse_as_written(text).unwrap().unix_micros();
        let found = periods("de", &zone, at("2025-01-05"), at("2025-12-20"));
        let moved: Vec<(i64, i64)> = found.iter().map(|o| (o.from, o.offset / HOUR)).collect();
        assert_eq!(moved[1..], [(at("2025-03-30T01:00:00"), 2), (at("2025-10-26T01:00:00"), 1)]);
        assert!(found.windows(2).all(|pair| pair[0].until == pair[1].from));
    }

    #[test]
    fn names_and_levels_cannot_leave_their_quotes() {
        assert_eq!(quoted("c_", "a\"; DROP"), "\"c_a\"\"; DROP\"");
        assert_eq!(text("it's"), "'it''s'");
    }
}
