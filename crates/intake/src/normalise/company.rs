//! Company names for matching, and company sizes.

/// Legal forms and the words that go with them, in small letters, without dots and accents: at the
/// end of a name they say nothing of which company it is.
const LEGAL_FORMS: &[&[&str]] = &[
    // German, Austrian, Swiss
    &[
        "ag",
        "eg",
        "ek",
        "eu",
        "ev",
        "gbr",
        "gesmbh",
        "ggmbh",
        "gmbh",
        "haftungsbeschraenkt",
        "keg",
        "kg",
        "kgaa",
        "mbb",
        "mbh",
        "ohg",
        "partg",
        "partgmbb",
        "sagl",
        "ug",
    ],
    // British, Irish, Commonwealth
    &[
        "cic",
        "co",
        "company",
        "limited",
        "llp",
        "lp",
        "ltd",
        "plc",
        "private",
        "pte",
        "pty",
        "pvt",
        "ultd",
        "unlimited",
    ],
    // American
    &["corp", "corporation", "inc", "incorporated", "llc", "lllp", "pc", "pllc"],
    // French, Belgian, Luxembourgish, Dutch
    &[
        "bv", "bvba", "cv", "cvba", "eurl", "nv", "sa", "sarl", "sas", "sasu", "sca", "scop", "scs", "snc", "sprl",
        "srl", "vof",
    ],
    // Italian, Spanish, Portuguese, Latin American
    &["cv", "ltda", "lda", "sapi", "scarl", "sl", "slu", "sau", "spa", "srls"],
    // Nordic and Baltic
    &["ab", "aps", "as", "asa", "hf", "ehf", "ans", "oy", "oyj", "ou", "sia", "uab"],
    // Central and eastern European
    &["ad", "doo", "dd", "eood", "kft", "nyrt", "ood", "sro", "spzoo", "zoo", "zrt"],
    // Elsewhere
    &["ae", "bhd", "gk", "jsc", "kk", "oao", "ooo", "pjsc", "pt", "sdn", "se", "zao"],
];

/// Forms that stand in front of a name, and what else does. Only those that are hardly ever the
/// name itself: "SAS Institute" and "AB InBev" keep theirs.
const IN_FRONT: [&str; 8] = ["eurl", "fa", "firma", "ooo", "pt", "sarl", "the", "zao"];

/// Words between names; `&` is none of them already.
const BETWEEN: [&str; 4] = ["and", "et", "und", "y"];

/// The name under which two spellings of one company meet: small letters without accents, single
/// spaces, no punctuation, no `and`, no legal form at the end.
///
/// ```
/// use pointsman_intake::normalise::company_key;
/// assert_eq!(company_key("Müller & Söhne GmbH & Co. KG"), "mueller soehne");
/// assert_eq!(company_key("Mueller und Soehne"), "mueller soehne");
/// assert_eq!(company_key("ACME, Inc."), company_key("Acme"));
/// assert_eq!(company_key("S.A.R.L. Société Générale"), company_key("societe generale SA"));
/// ```
pub fn company_key(name: &str) -> String {
    let mut cleaned = String::with_capacity(name.len());
    // The Danes' A/S is one word.
    for c in name.to_lowercase().replace(" a/s", " as").chars() {
        match c {
            '.' | '\'' | '’' => {}
            c if c.is_alphanumeric() => cleaned.push_str(plain(c).unwrap_or(c.encode_utf8(&mut [0; 4]))),
            // A mark that belongs to the letter before it: "u" and two dots.
            '\u{300}'..='\u{36f}' => {}
            _ => cleaned.push(' '),
        }
    }
    let all: Vec<&str> = cleaned.split_whitespace().collect();
    // Two letters or more have to be left: "und & et" is a name like any other.
    let mut words: Vec<&str> = all.iter().copied().filter(|word| !BETWEEN.contains(word)).collect();
    if words.is_empty() {
        words = all;
    }
    let form = |word: &str| LEGAL_FORMS.iter().any(|forms| forms.contains(&word));
    // A name that is nothing but legal forms keeps its first word.
    while words.len() > 1 && words.last().is_some_and(|word| form(word)) {
        words.pop();
    }
    while words.len() > 1 && words.first().is_some_and(|word| IN_FRONT.contains(word)) {
        words.remove(0);
    }
    words.join(" ")
}

/// A small letter without its accent; the German ones as they are written where there are none.
fn plain(c: char) -> Option<&'static str> {
    Some(match c {
        'ä' | 'æ' => "ae",
        'ö' | 'ø' | 'œ' => "oe",
        'ü' => "ue",
        'ß' => "ss",
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ą' | 'ă' => "a",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ě' => "e",
        'ğ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ı' => "i",
        'ł' | 'ľ' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ő' => "o",
        'ř' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ť' | 'ţ' | 'ț' => "t",
        'ù' | 'ú' | 'û' | 'ů' | 'ű' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

/// Upper bounds of the size classes and their names.
const SIZES: [(u64, &str); 7] = [
    (10, "1-10"),
    (50, "11-50"),
    (200, "51-200"),
    (500, "201-500"),
    (1000, "501-1000"),
    (5000, "1001-5000"),
    (u64::MAX, "5001+"),
];

/// The size class of a number of employees written as `2822`, `1,001`, `1.001`, `11-50`, `5001+`
/// or `> 500`. A range belongs to the class of its upper end, an open end (`500+`) to the class
/// just above it.
pub fn employees_bucket(text: &str) -> Option<&'static str> {
    let text = text.trim();
    let open = text.ends_with('+') || text.starts_with('>');
    let core = text.trim_matches(['+', '>', '=', '~', ' ']);
    let upper = core.rsplit(['-', '\u{2013}']).next().unwrap_or(core).trim();
    let digits: String = upper.chars().filter(|c| !matches!(c, ',' | '.' | '\'' | ' ' | '\u{a0}')).collect();
    let count: u64 = digits.parse().ok()?;
    let count = if open { count.saturating_add(1) } else { count };
    SIZES.iter().find(|(bound, _)| (1..=*bound).contains(&count)).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn companies_meet_under_one_key() {
        let check = |name: &str, expected: &str| assert_eq!(company_key(name), expected);
        check("Bubba Gump", "bubba gump");
        check("S.A.R.L.", "sarl");
        check("Sonron S.A.", "sonron");
        check("Co-op  Bank plc", "co op bank");
        check("Straße AG", "strasse");
        check("Łódź Sp. z o.o.", "lodz sp z oo");
        check("The Home Depot, Inc.", "home depot");
        check("Firma Weiß e.K.", "weiss");
        check("SAS Institute", "sas institute");
        check("Grupo Ibérico, S.L.U.", "grupo iberico");
        check("Bäckerei Groß UG (haftungsbeschränkt)", "baeckerei gross");
        check("Novo Nordisk A/S", "novo nordisk");
        check("Tata Pvt. Ltd.", "tata");
        check("und", "und");
        check("GmbH", "gmbh");
        check("", "");
    }

    #[test]
    fn sizes_fall_into_classes() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(employees_bucket(text), expected, "{text}");
        check("2822", Some("1001-5000"));
        check("11-50", Some("11-50"));
        check("5,001+", Some("5001+"));
        check("500+", Some("501-1000"));
        check("0", None);
        check("many", None);
    }
}
