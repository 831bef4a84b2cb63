//! The writer: escaped text, coordinates rounded to a tenth, classes instead of colours.

use std::fmt::Write;

use super::{Width, lettering};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing in progress.
#[derive(Debug)]
pub(crate) struct Svg {
    pub width: f64,
    pub height: f64,
    body: String,
    /// Transparent areas that carry values; drawn last, so they lie on top.
    hits: String,
}

/// A place or length with one decimal, without a trailing zero.
fn place(value: f64) -> String {
    let value = if value.is_finite() { (value * 10.0).round() / 10.0 } else { 0.0 };
    // `+ 0.0` turns −0 into 0.
    format!("{}", value + 0.0)
}

/// Text and attribute values: markup and control characters cannot get through.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

impl Svg {
    pub fn new(width: Width, height: f64) -> Self {
        Self { width: width.units(), height, body: String::new(), hits: String::new() }
    }

    pub fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let (x1, y1, x2, y2) = (place(x1), place(y1), place(x2), place(y2));
        let _ = write!(self.body, r#"<line class="{class}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>"#);
    }

    pub fn rect(&mut self, class: &str, x: f64, y: f64, w: f64, h: f64) {
        let (x, y, w, h) = (place(x), place(y), place(w.max(0.0)), place(h.max(0.0)));
        let _ = write!(self.body, r#"<rect class="{class}" x="{x}" y="{y}" width="{w}" height="{h}"/>"#);
    }

    pub fn circle(&mut self, class: &str, x: f64, y: f64, r: f64) {
        let (x, y, r) = (place(x), place(y), place(r));
        let _ = write!(self.body, r#"<circle class="{class}" cx="{x}" cy="{y}" r="{r}"/>"#);
    }

    pub fn path(&mut self, class: &str, path: &Path) {
        if !path.0.is_empty() {
            let _ = write!(self.body, r#"<path class="{class}" d="{}"/>"#, path.0);
        }
    }

    pub fn text(&mut self, class: &str, x: f64, y: f64, anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        let (x, y, text) = (place(x), place(y), escape(text));
        let _ = write!(self.body, r#"<text class="{class}" x="{x}" y="{y}"{anchor}>{text}</text>"#);
    }

    /// Text that is shortened with an ellipsis where it would exceed `room`.
    pub fn fitted(&mut self, class: &str, x: f64, y: f64, anchor: Anchor, room: f64, text: &str) {
        self.text(class, x, y, anchor, &lettering::fit(text, room));
    }

    /// A transparent area whose value the script shows.
    pub fn hit(&mut self, x: f64, y: f64, w: f64, h: f64, tip: &str) {
        let (x, y) = (x.clamp(0.0, self.width), y.clamp(0.0, self.height));
        let (w, h) = (w.clamp(0.0, self.width - x), h.clamp(0.0, self.height - y));
        let (x, y, w, h, tip) = (place(x), place(y), place(w), place(h), escape(tip));
        let _ = write!(self.hits, r#"<rect class="hit" x="{x}" y="{y}" width="{w}" height="{h}" data-tip="{tip}"/>"#);
    }

    /// The visible rectangle, with `margin` around the drawing.
    pub fn view_box(&self, margin: f64) -> String {
        let (w, h) = (self.width + 2.0 * margin, self.height + 2.0 * margin);
        format!("{} {} {} {}", place(-margin), place(-margin), place(w), place(h))
    }

    /// The element, named and described for those who do not see it.
    pub fn finish(&self, id: &str, width: Width, title: &str, description: &str) -> String {
        let id = escape(id);
        format!(
            concat!(
                r#"<svg class="{class}" viewBox="{view}" role="img" aria-labelledby="{id}-t" "#,
                r#"aria-describedby="{id}-d"><title id="{id}-t">{title}</title><desc id="{id}-d">{desc}</desc>"#,
                "{body}{hits}</svg>"
            ),
            class = width.pick("wide", "narrow"),
            view = self.view_box(0.0),
            id = id,
            title = escape(title),
            desc = escape(description),
            body = self.body,
            hits = self.hits,
        )
    }
}

/// The `d` of a path.
#[derive(Debug, Default)]
pub(crate) struct Path(String);

impl Path {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn to(&mut self, x: f64, y: f64) -> &mut Self {
        let command = if self.0.is_empty() { 'M' } else { 'L' };
        let _ = write!(self.0, "{command}{} {}", place(x), place(y));
        self
    }

    /// Starts a new piece.
    pub fn jump(&mut self, x: f64, y: f64) -> &mut Self {
        let _ = write!(self.0, "M{} {}", place(x), place(y));
        self
    }

    pub fn curve(&mut self, a: (f64, f64), b: (f64, f64), end: (f64, f64)) -> &mut Self {
        let [ax, ay, bx, by, ex, ey] = [a.0, a.1, b.0, b.1, end.0, end.1].map(place);
        let _ = write!(self.0, "C{ax} {ay} {bx} {by} {ex} {ey}");
        self
    }

    pub fn close(&mut self) -> &mut Self {
        self.0.push('Z');
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_short_and_never_minus_zero() {
        assert_eq!(place(-0.04), "0");
        assert_eq!(place(12.34), "12.3");
        assert_eq!(place(f64::NAN), "0");
    }

    #[test]
    fn markup_does_not_get_through() {
        assert_eq!(escape("<b a='1'>&\u{0}"), "&lt;b a=&#39;1&#39;&gt;&amp; ");
    }
}
