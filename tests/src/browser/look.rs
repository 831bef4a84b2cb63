//! What is asked of every page: whether axe-core finds anything, whether something is cut, runs
//! over the edge or over something else, whether everything can be reached by keyboard.

use serde::Deserialize;

use super::{Browser, Look};

/// How bad it is; the first two fail a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    Critical,
    Serious,
    Moderate,
    Minor,
}

/// Something that is not right with a page.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Finding {
    pub rule: String,
    pub impact: Impact,
    /// The element, and what is wrong with it.
    pub at: String,
}

/// Of axe-core, all rules; its own source must have been evaluated before.
const AXE: &str = r"axe.run(document, { resultTypes: ['violations'] }).then(found => found.violations.flatMap(rule =>
    rule.nodes.map(node => ({ rule: rule.id, impact: node.impact || rule.impact || 'moderate',
        at: node.target.join(' ') + ': ' + (node.any[0] || node.all[0] || node.none[0] || rule).message }))))";

/// Nothing is wider than the page, no text of a picture leaves it or lies on another, nothing is
/// taken out of the keyboard's way, and each control is as large as a finger where fingers are used.
const OWN: &str = r#"(() => {
    const found = [];
    const add = (rule, impact, at) => found.push({ rule, impact, at });
    const name = e => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') +
        (e.getAttribute('class') ? '.' + e.getAttribute('class').split(' ').join('.') : '') +
        ' "' + (e.textContent || '').trim().slice(0, 40) + '"';
    const shown = e => e.checkVisibility ? e.checkVisibility({ contentVisibilityAuto: true }) : e.offsetParent !== null;
    const wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > wide + 1) {
        const scrolls = e => { for (let p = e.parentElement; p; p = p.parentElement) {
            if (getComputedStyle(p).overflowX !== 'visible') return true; } return false; };
        const over = [...document.body.querySelectorAll('*')].filter(e => shown(e) && !scrolls(e) &&
            e.getBoundingClientRect().right > wide + 1);
        add('page-too-wide', 'serious', document.documentElement.scrollWidth + ' of ' + wide + ' px: ' +
            over.slice(0, 3).map(name).join(', '));
    }
    for (const svg of document.querySelectorAll('.draw svg')) {
        if (!shown(svg)) continue;
        const frame = svg.getBoundingClientRect();
        const texts = [...svg.querySelectorAll('text')].filter(shown)
            .map(e => ({ e, r: e.getBoundingClientRect() })).filter(t => t.r.width > 0);
        for (const { e, r } of texts) {
            if (r.left < frame.left - 3 || r.right > frame.right + 3 || r.top < frame.top - 3 || r.bottom > frame.bottom + 3)
                add('text-leaves-picture', 'serious', name(e));
        }
        for (let i = 0; i < texts.length; i++) for (let j = i + 1; j < texts.length; j++) {
            const [a, b] = [texts[i].r, texts[j].r];
            const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (x > 2 && y > 4) add('texts-overlap', 'serious', name(texts[i].e) + ' and ' + name(texts[j].e));
        }
    }
    for (const e of document.querySelectorAll('.tile, .value, th, td, h1, h2, h3, button, label, .answer')) {
        if (shown(e) && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflow !== 'visible')
            add('text-cut', 'serious', name(e));
    }
    for (const e of document.querySelectorAll('a[href], button, input, select, textarea, summary')) {
        if (e.tabIndex < 0 && shown(e)) add('not-by-keyboard', 'serious', name(e));
        if (matchMedia('(pointer: coarse)').matches && shown(e) && e.matches('button, select, input:not([type=hidden]), nav a')) {
            const r = e.getBoundingClientRect();
            if (r.height < 40) add('small-for-a-finger', 'moderate', name(e) + ' ' + Math.round(r.height) + ' px');
        }
    }
    return found;
})()"#;

/// Everything that is not right with the page that is open.
pub fn findings(browser: &mut Browser, axe: Option<&str>, look: Look) -> Result<Vec<Finding>, String> {
    let mut found = read(browser.evaluate(OWN)?)?;
    // Paper has no keyboard and no screen reader.
    if let Some(source) = axe.filter(|_| look != Look::Print) {
        browser.evaluate(&format!("{source};undefined"))?;
        found.extend(read(browser.evaluate(AXE)?)?);
    }
    found.sort_by(|a, b| (a.impact, &a.rule, &a.at).cmp(&(b.impact, &b.rule, &b.at)));
    found.dedup();
    Ok(found)
}

/// A page with faults of every kind that is asked for.
const BAD: &str = "data:text/html,<html><body><h3>x</h3><img src='data:,'><input><p style='color:%23ccc;background:%23fff'>pale</p>\
    <div style='width:3000px'>wide</div><div class='draw'><svg width='200' height='40'><text x='9' y='20'>one</text>\
    <text x='12' y='22'>two</text></svg></div></body></html>";

/// Asks a page that is known to be bad: who finds nothing there finds nothing anywhere.
pub fn can_find(browser: &mut Browser, axe: Option<&str>) -> Result<(), String> {
    browser.open(BAD, Look::Light)?;
    let found = findings(browser, axe, Look::Light)?;
    let of_axe: &[&str] = if axe.is_some() { &["image-alt", "label", "color-contrast"] } else { &[] };
    let wanted = ["page-too-wide", "texts-overlap"].iter().chain(of_axe);
    for rule in wanted {
        if !found.iter().any(|finding| finding.rule == **rule && finding.impact <= Impact::Serious) {
            return Err(format!("a page that is bad passes '{rule}': these checks can find nothing ({found:?})"));
        }
    }
    Ok(())
}

fn read(found: serde_json::Value) -> Result<Vec<Finding>, String> {
    serde_json::from_value(found).map_err(|e| format!("findings cannot be read: {e}"))
}
