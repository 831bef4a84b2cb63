//! Typed results to pages and stand-alone files, in English and German, with charts.
//!
//! Everything here is a pure function of data: no HTTP, no store, no clock, no statistics.
//! Intervals arrive computed; this crate rounds once, draws, and finds the words. The same
//! function makes the live page, the file that is sent by mail, and the table behind a picture,
//! so the three cannot disagree.
//!
//! Reading order: [`locale`] (numbers, money, dates, durations), [`unit`] (what a number measures
//! and how it is shown), [`words`] (the catalogue, both languages side by side), [`table`],
//! [`chart`] (own marks on scales, static SVG), [`part`] (verdict, tiles, figures, tables),
//! [`page`] (sections and the two shells), [`file`] (one HTML file that makes no request), [`text`] (Markdown), then
//! the reports themselves: [`experiment`], [`flow`], [`kpi`], [`brief`] (a quarter in two
//! pages), [`model`], [`roi`] and [`demo`]; and [`mail`] (what a rep is written).

pub mod assets;
pub mod brief;
pub mod chart;
pub mod demo;
pub mod experiment;
pub mod file;
pub mod flow;
pub mod kpi;
pub mod locale;
pub mod mail;
pub mod model;
pub mod page;
pub mod part;
mod provenance;
pub mod roi;
pub mod table;
pub mod text;
pub mod unit;
pub mod words;

pub use file::stand_alone;

pub use chart::{Chart, Figure, Interval, Role, Width};
pub use locale::{Day, Locale};

pub use page::{Page, Section, Shell};
pub use table::Table;
pub use unit::Unit;

/// What rendering needs to know besides the data.
///
/// Days and times of day arrive as civil values: whoever knows the workspace's zone converts
/// before calling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cx {
    pub locale: Locale,
}

impl Cx {
    pub const EN: Self = Self { locale: Locale::En };
    pub const DE: Self = Self { locale: Locale::De };
}
