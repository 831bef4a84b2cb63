//! Country names to ISO 3166-1 alpha-2.

/// Alpha-2, alpha-3, then names and usual other spellings (English, German, common misspellings),
/// in small letters.
const COUNTRIES: &[(&str, &str, &[&str])] = &[
    ("AE", "ARE", &["united arab emirates", "vereinigte arabische emirate", "uae"]),
    ("AR", "ARG", &["argentina", "argentinien"]),
    ("AT", "AUT", &["austria", "österreich", "oesterreich"]),
    ("AU", "AUS", &["australia", "australien"]),
    ("BE", "BEL", &["belgium", "belgien", "belgique", "belgië"]),
    ("BG", "BGR", &["bulgaria", "bulgarien"]),
    ("BR", "BRA", &["brazil", "brasilien", "brasil"]),
    ("CA", "CAN", &["canada", "kanada"]),
    ("CH", "CHE", &["switzerland", "schweiz", "suisse", "svizzera"]),
    ("CL", "CHL", &["chile"]),
    ("CN", "CHN", &["china", "people's republic of china", "volksrepublik china"]),
    ("CO", "COL", &["colombia", "kolumbien"]),
    ("CY", "CYP", &["cyprus", "zypern"]),
    ("CZ", "CZE", &["czechia", "czech republic", "tschechien", "tschechische republik"]),
    (
        "DE",
        "DEU",
        &["germany", "deutschland", "federal republic of germany", "bundesrepublik deutschland", "brd", "allemagne"],
    ),
    ("DK", "DNK", &["denmark", "dänemark", "danmark"]),
    ("EE", "EST", &["estonia", "estland"]),
    ("EG", "EGY", &["egypt", "ägypten"]),
    ("ES", "ESP", &["spain", "spanien", "españa"]),
    ("FI", "FIN", &["finland", "finnland", "suomi"]),
    ("FR", "FRA", &["france", "frankreich"]),
    (
        "GB",
        "GBR",
        &[
            "united kingdom",
            "great britain",
            "england",
            "scotland",
            "wales",
            "vereinigtes königreich",
            "großbritannien",
            "uk",
        ],
    ),
    ("GR", "GRC", &["greece", "griechenland", "hellas"]),
    ("HK", "HKG", &["hong kong", "hongkong"]),
    ("HR", "HRV", &["croatia", "kroatien", "hrvatska"]),
    ("HU", "HUN", &["hungary", "ungarn"]),
    ("ID", "IDN", &["indonesia", "indonesien"]),
    ("IE", "IRL", &["ireland", "irland"]),
    ("IL", "ISR", &["israel"]),
    ("IN", "IND", &["india", "indien"]),
    ("IS", "ISL", &["iceland", "island"]),
    ("IT", "ITA", &["italy", "italien", "italia"]),
    ("JO", "JOR", &["jordan", "jordanien"]),
    ("JP", "JPN", &["japan"]),
    ("KE", "KEN", &["kenya", "kenia"]),
    ("KR", "KOR", &["korea", "south korea", "republic of korea", "südkorea"]),
    ("LI", "LIE", &["liechtenstein"]),
    ("LT", "LTU", &["lithuania", "litauen"]),
    ("LU", "LUX", &["luxembourg", "luxemburg"]),
    ("LV", "LVA", &["latvia", "lettland"]),
    ("MA", "MAR", &["morocco", "marokko"]),
    ("MT", "MLT", &["malta"]),
    ("MX", "MEX", &["mexico", "mexiko", "méxico"]),
    ("MY", "MYS", &["malaysia"]),
    ("NG", "NGA", &["nigeria"]),
    ("NL", "NLD", &["netherlands", "the netherlands", "holland", "niederlande", "nederland"]),
    ("NO", "NOR", &["norway", "norwegen", "norge"]),
    ("NZ", "NZL", &["new zealand", "neuseeland"]),
    ("PA", "PAN", &["panama"]),
    ("PE", "PER", &["peru"]),
    ("PH", "PHL", &["philippines", "philippinen", "philipines", "phillipines"]),
    ("PL", "POL", &["poland", "polen", "polska"]),
    ("PT", "PRT", &["portugal"]),
    ("RO", "ROU", &["romania", "rumänien"]),
    ("RS", "SRB", &["serbia", "serbien"]),
    ("RU", "RUS", &["russia", "russian federation", "russland"]),
    ("SA", "SAU", &["saudi arabia", "saudi-arabien"]),
    ("SE", "SWE", &["sweden", "schweden", "sverige"]),
    ("SG", "SGP", &["singapore", "singapur"]),
    ("SI", "SVN", &["slovenia", "slowenien"]),
    ("SK", "SVK", &["slovakia", "slowakei"]),
    ("TH", "THA", &["thailand"]),
    ("TR", "TUR", &["turkey", "türkei", "türkiye", "turkiye"]),
    ("TW", "TWN", &["taiwan"]),
    ("UA", "UKR", &["ukraine"]),
    ("US", "USA", &["united states", "united states of america", "u.s.a.", "u.s.", "vereinigte staaten", "amerika"]),
    ("VN", "VNM", &["vietnam"]),
    ("ZA", "ZAF", &["south africa", "südafrika"]),
];

/// The two-letter code of a country written as a code, a three-letter code or a name in English
/// or German; `None` for what this small table does not know.
///
/// ```
/// use pointsman_intake::normalise::country;
/// assert_eq!(country("Deutschland"), Some("DE"));
/// assert_eq!(country("usa"), Some("US"));
/// assert_eq!(country("Atlantis"), None);
/// ```
pub fn country(text: &str) -> Option<&'static str> {
    let lower = text.trim().to_lowercase();
    let same = |code: &str| code.eq_ignore_ascii_case(&lower);
    let found =
        COUNTRIES.iter().find(|(two, three, names)| same(two) || same(three) || names.contains(&lower.as_str()));
    found.map(|(code, ..)| *code)
}

/// The codes of this table.
#[cfg(test)]
pub(super) fn codes() -> impl Iterator<Item = &'static str> {
    COUNTRIES.iter().map(|(two, ..)| *two)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_means_two_countries() {
        let spellings = COUNTRIES.iter().flat_map(|(two, three, names)| {
            let codes = [two.to_lowercase(), three.to_lowercase()];
            codes.into_iter().chain(names.iter().map(ToString::to_string))
        });
        let mut all: Vec<String> = spellings.collect();
        all.sort();
        let before = all.len();
        all.dedup();
        assert_eq!(all.len(), before);
    }
}
