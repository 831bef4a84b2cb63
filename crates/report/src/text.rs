//! A page as Markdown: for terminals, pull requests and mails that show no HTML.

use crate::{Cx, Page, Section, Table, words};

/// Sentences, numbers and tables of a page; a figure becomes its finding and its table.
///
/// ```
/// # use pointsman_report::{table::{Column, Row}, Cx, Table, text};
/// let columns = vec![Column::text("Policy"), Column::number("Wins")];
/// let rows = vec![Row::new(vec!["Round robin".into(), "1,894".into()])];
/// let table = Table::of(columns, rows.into_iter(), Cx::EN);
/// assert_eq!(text::table(&table), "| Policy | Wins |\n|---|---:|\n| Round robin | 1,894 |\n");
/// ```
pub fn markdown(page: &Page, cx: Cx) -> String {
    let l = cx.locale;
    let mut out = format!("# {}\n\n{}\n\n", line(&page.title), line(&page.kicker));
    if let Some(verdict) = &page.verdict {
        out += &format!("**{}.** {}\n\n", line(&verdict.answer), line(&verdict.sentence));
    }
    for tile in &page.tiles {
        let detail = if tile.detail.is_empty() { String::new() } else { format!(" ({})", line(&tile.detail)) };
        out += &format!("- {}: **{}**{detail}\n", line(&tile.label), line(&tile.value));
    }
    for one in &page.sections {
        out += "\n";
        out += &section(one, cx);
    }
    let from = &page.provenance;
    out += &format!("\n## {}\n\n{}\n", words::page::provenance(l), words::page::made_by(l, &line(&from.engine)));
    if !from.command.is_empty() {
        out += &format!("\n    {}\n", line(&from.command));
    }
    if !from.documents.is_empty() {
        out += "\n";
    }
    for document in &from.documents {
        let kind = words::page::document_kind(l, document.kind);
        let (name, version) = (line(&document.name), line(&document.version));
        out += &format!("- {kind} {name} {version}: `{}`\n", document.digest);
    }
    out
}

fn section(section: &Section, cx: Cx) -> String {
    let mut out = format!("## {}\n", line(&section.heading));
    let mut paragraph = |text: &str| {
        if !text.is_empty() {
            out += &format!("\n{text}\n");
        }
    };
    paragraph(&line(&section.sentence));
    for notice in &section.notices {
        paragraph(&format!("> {}", line(&notice.text)));
    }
    for figure in &section.figures {
        paragraph(&format!("**{}**", line(&figure.finding)));
        let data = figure.chart.table(cx);
        // Long tables stay in the HTML file.
        if !data.is_long() {
            paragraph(table(&data).trim_end());
        }
    }
    for data in &section.tables {
        if !data.caption.is_empty() {
            paragraph(&format!("**{}**", line(&data.caption)));
        }
        paragraph(table(data).trim_end());
        paragraph(&line(&data.note));
    }
    out
}

/// A table in pipes.
pub fn table(table: &Table) -> String {
    let row = |cells: &mut dyn Iterator<Item = String>| format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "));
    let mut out = row(&mut table.columns.iter().map(|c| cell(&c.title)));
    let rules: Vec<&str> = table.columns.iter().map(|c| if c.numeric { "---:" } else { "---" }).collect();
    out += &format!("|{}|\n", rules.join("|"));
    for one in &table.rows {
        out += &row(&mut one.cells.iter().map(|c| cell(c)));
    }
    out
}

/// One line of text whose signs mean nothing to Markdown or HTML.
fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '*' | '_' | '`' | '[' | ']' | '\\' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn cell(text: &str) -> String {
    let text = match text.split_once('\n') {
        Some((main, below)) => format!("{main} ({below})"),
        None => text.to_owned(),
    };
    line(&text).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Column, Row};

    #[test]
    fn cells_cannot_break_the_table() {
        let rows = vec![Row::new(vec!["a|b\nc".into(), "<b>*x*".into()])];
        let one = Table::of(vec![Column::text("n"), Column::text("v")], rows.into_iter(), Cx::EN);
        assert_eq!(table(&one), "| n | v |\n|---|---|\n| a\\|b (c) | &lt;b>\\*x\\* |\n");
    }
}
