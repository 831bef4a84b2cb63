//! Words of the page of the policy: what each rule says, and what is probably a mistake in it.

use pointsman_domain::Pick;
use pointsman_rules::{
    Destination, LeadType, OnFull, OwnerOf, Rule, Target,
    lint::{Kind, Severity},
    words::Names,
};

use super::words;
use crate::Locale;

words! {
    question() { en: "Who gets which leads?", de: "Wer bekommt welche Leads?" }
    ladder() { en: "The ladder", de: "Die Leiter" }
    ladder_sentence(name) {
        en: "Policy '{name}': the first rule whose condition holds takes the lead. A condition on a value that is missing does not hold.",
        de: "Regelwerk '{name}': Die erste Regel, deren Bedingung gilt, nimmt den Lead. Eine Bedingung an einen fehlenden Wert gilt nicht.",
    }
    step() { en: "Step", de: "Stufe" }
    rule() { en: "Rule", de: "Regel" }
    takes() { en: "Takes", de: "Nimmt" }
    hands_to() { en: "Hands to", de: "Gibt an" }
    sla() { en: "SLA", de: "Frist" }
    when_full() { en: "When nobody is free", de: "Wenn niemand frei ist" }
    every_lead() { en: "every lead", de: "jeden Lead" }
    rest() { en: "whatever is left", de: "was übrig bleibt" }
    inbound() { en: "inbound", de: "eingehende" }
    outbound() { en: "outbound", de: "ausgehende" }
    pool(id) { en: "pool '{id}'", de: "Pool '{id}'" }
    rep(id) { en: "rep '{id}'", de: "Person '{id}'" }
    territory(id) { en: "territory '{id}'", de: "Gebiet '{id}'" }
    queue(id) { en: "queue '{id}'", de: "Ablage '{id}'" }
    owner_account() { en: "the account's owner", de: "wer die Firma betreut" }
    owner_parent() { en: "the owner among the account's parents", de: "wer eine Muttergesellschaft betreut" }
    owner_subsidiary() { en: "the owner among its subsidiaries", de: "wer ihre Töchter betreut" }
    owner_opportunity() { en: "the open opportunity's owner", de: "wer die offene Verkaufschance hat" }
    owner_contact() { en: "who dealt with the person before", de: "wer mit der Person schon zu tun hatte" }
    owner_last() { en: "the lead's last owner", de: "wer den Lead zuletzt hatte" }
    owner_originator() { en: "the rep who created the lead", de: "wer den Lead angelegt hat" }
    pick_turns() { en: "in turn, by weight", de: "reihum nach Gewicht" }
    pick_load() { en: "whoever has least open", de: "wer am wenigsten offen hat" }
    pick_skill() { en: "the best skill", de: "die beste Fähigkeit" }
    pick_place() { en: "the nearest territory", de: "das nächste Gebiet" }
    pick_score() { en: "the best chance", de: "die beste Chance" }
    pick_value() { en: "the highest expected value", de: "der höchste erwartete Wert" }
    pick_draw() { en: "by lot", de: "nach Los" }
    full_next() { en: "the next rule", de: "die nächste Regel" }
    full_backup() { en: "the backups", de: "die Vertretungen" }
    full_hold(length) { en: "a hold of {length}", de: "bis zu {length} Warten" }
    findings() { en: "What the check finds", de: "Was die Prüfung findet" }
    no_finding() { en: "Nothing to complain about.", de: "Nichts zu beanstanden." }
    one_finding() { en: "One thing is probably a mistake.", de: "Eine Stelle ist wahrscheinlich ein Fehler." }
    some_findings(n) { en: "{n} things are probably mistakes.", de: "{n} Stellen sind wahrscheinlich Fehler." }
    how_bad() { en: "How bad", de: "Wie schlimm" }
    rules() { en: "Rules", de: "Regeln" }
    what() { en: "What", de: "Was" }
    example() { en: "For example", de: "Zum Beispiel" }
    at_line(rule, line) { en: "{rule} (line {line})", de: "{rule} (Zeile {line})" }
    rows(territory, lines) { en: "{territory}: lines {lines}", de: "{territory}: Zeilen {lines}" }
    note() { en: "note", de: "Hinweis" }
    warning() { en: "warning", de: "Warnung" }
    error() { en: "error", de: "Fehler" }
    shadowed() {
        en: "The last of these rules fires never, or only when nobody is free: earlier ones take every lead that it is for.",
        de: "Die letzte dieser Regeln greift nie oder nur, wenn niemand frei ist: Frühere nehmen jeden Lead, für den sie da ist.",
    }
    overlap() {
        en: "These rules share leads and name different targets: their order decides.",
        de: "Diese Regeln teilen sich Leads und nennen verschiedene Ziele: Ihre Reihenfolge entscheidet.",
    }
    always_true() {
        en: "Every lead meets the condition: leave 'when' out if that is meant.",
        de: "Jeder Lead erfüllt die Bedingung: 'when' weglassen, wenn das gemeint ist.",
    }
    always_false() {
        en: "No lead meets the condition; the example comes as near as a lead can.",
        de: "Kein Lead erfüllt die Bedingung; das Beispiel kommt ihr so nahe, wie ein Lead kann.",
    }
    empty_pool() { en: "A pool has nobody who works.", de: "In einem Pool arbeitet niemand." }
    absent_pool() { en: "Everybody of a pool is away at once.", de: "Alle eines Pools sind zugleich abwesend." }
    nobody_qualifies() {
        en: "Nobody whom the rule names may take a lead: inactive, excluded, or without the skills.",
        de: "Niemand, den die Regel nennt, darf einen Lead nehmen: nicht aktiv, ausgeschlossen oder ohne die Fähigkeiten.",
    }
    useless_overflow() {
        en: "The overflow or the backups add nobody: when the target is full, so are they.",
        de: "Überlauf oder Vertretungen bringen niemanden dazu: Ist das Ziel voll, sind sie es auch.",
    }
    unreachable_rep() {
        en: "A rep is in no pool, and no rule, territory or backup names them.",
        de: "Eine Person ist in keinem Pool, und keine Regel, kein Gebiet und keine Vertretung nennt sie.",
    }
    territory_gap() {
        en: "Leads of the territory are held by no row although their neighbours are: they go on to the next rule.",
        de: "Leads des Gebiets hält keine Zeile, obwohl es ihre Nachbarn hat: Sie gehen zur nächsten Regel.",
    }
    territory_overlap() {
        en: "Two rows name different people for the same leads, and none is the special case.",
        de: "Zwei Zeilen nennen verschiedene Personen für dieselben Leads, und keine ist der Sonderfall.",
    }
    too_many_rules() {
        en: "The policy has more rules than people read: territories and skills say the same in fewer.",
        de: "Das Regelwerk hat mehr Regeln, als jemand liest: Gebiete und Fähigkeiten sagen dasselbe kürzer.",
    }
    too_deep() {
        en: "The condition nests deeper than people read: two rules are easier.",
        de: "Die Bedingung ist tiefer verschachtelt, als jemand liest: Zwei Regeln sind leichter.",
    }
    not_reviewed() {
        en: "Nobody has reviewed the policy for long: its owner reads it whole and sets 'reviewed'.",
        de: "Lange hat niemand das Regelwerk durchgesehen: Wer es verantwortet, liest es ganz und setzt 'reviewed'.",
    }
    policies() { en: "Policies", de: "Regelwerke" }
    policies_sentence() {
        en: "What is live. Check and publish with pointsman policy, or POST /v1/policies.",
        de: "Was gilt. Prüfen und veröffentlichen mit pointsman policy, oder POST /v1/policies.",
    }
    policy() { en: "Policy", de: "Regelwerk" }
    decides() { en: "Decides", de: "Entscheidet" }
    ruling() { en: "rules", de: "gilt" }
    document() { en: "Document", de: "Dokument" }
}

/// Which leads a rule is for.
pub fn lead_type(l: Locale, of: LeadType) -> String {
    match of {
        LeadType::Inbound => inbound(l),
        LeadType::Outbound => outbound(l),
    }
}

/// Whom a rule hands to.
pub fn target(l: Locale, rule: &Rule, names: Names<'_>) -> String {
    match &rule.target {
        Target::Pool(at) => destination(l, Destination::Pool(*at), names),
        Target::Rep(at) => destination(l, Destination::Rep(*at), names),
        Target::Territory(place) => territory(l, names.territories[usize::from(place.0)].name.as_str()),
        Target::Queue(name) => queue(l, name.as_str()),
        Target::Owner(of) => owner(l, *of),
    }
}

fn destination(l: Locale, to: Destination, names: Names<'_>) -> String {
    match to {
        Destination::Pool(at) => pool(l, names.roster.pool_at(at).id.as_str()),
        Destination::Rep(at) => rep(l, names.roster.rep_at(at).id.as_str()),
    }
}

fn owner(l: Locale, of: OwnerOf) -> String {
    match of {
        OwnerOf::Account => owner_account(l),
        OwnerOf::ParentAccount => owner_parent(l),
        OwnerOf::Subsidiary => owner_subsidiary(l),
        OwnerOf::Opportunity => owner_opportunity(l),
        OwnerOf::PriorContact => owner_contact(l),
        OwnerOf::LastOwner => owner_last(l),
        OwnerOf::Originator => owner_originator(l),
    }
}

/// How a rule chooses.
pub fn pick(l: Locale, pick: Pick) -> String {
    match pick {
        Pick::WeightedRoundRobin => pick_turns(l),
        Pick::LeastLoaded => pick_load(l),
        Pick::BestSkill => pick_skill(l),
        Pick::NearestTerritory => pick_place(l),
        Pick::BestScore => pick_score(l),
        Pick::ExpectedValue => pick_value(l),
        Pick::Draw => pick_draw(l),
    }
}

/// Where a rule's lead goes when nobody of it is free.
pub fn on_full(l: Locale, rule: &Rule, names: Names<'_>) -> String {
    match &rule.on_full {
        OnFull::Next => full_next(l),
        OnFull::Backup => full_backup(l),
        OnFull::Hold(longest) => full_hold(l, &l.duration(*longest)),
        OnFull::Overflow(at) => destination(l, Destination::Pool(*at), names),
        OnFull::Park(name) => queue(l, name.as_str()),
    }
}

pub fn severity(l: Locale, severity: Severity) -> String {
    match severity {
        Severity::Note => note(l),
        Severity::Warning => warning(l),
        Severity::Error => error(l),
    }
}

/// What kind of mistake it is.
pub fn kind(l: Locale, kind: Kind) -> String {
    let word = match kind {
        Kind::Shadowed => shadowed,
        Kind::Overlap => overlap,
        Kind::AlwaysTrue => always_true,
        Kind::AlwaysFalse => always_false,
        Kind::EmptyPool => empty_pool,
        Kind::AbsentPool => absent_pool,
        Kind::NobodyQualifies => nobody_qualifies,
        Kind::UselessOverflow => useless_overflow,
        Kind::UnreachableRep => unreachable_rep,
        Kind::TerritoryGap => territory_gap,
        Kind::TerritoryOverlap => territory_overlap,
        Kind::TooManyRules => too_many_rules,
        Kind::TooDeep => too_deep,
        Kind::NotReviewed => not_reviewed,
    };
    word(l)
}
