//! The zone of a place that a lead names: an IANA name, or a country.

use std::{
    collections::BTreeMap,
    sync::{LazyLock, RwLock},
};

use crate::Zone;

/// Zones asked for so far: laying one out costs as much as a whole decision. At most as many as
/// there are in the bundled data.
static KNOWN: LazyLock<RwLock<BTreeMap<Box<str>, Zone>>> = LazyLock::new(RwLock::default);

/// Country (ISO 3166-1 alpha-2) and the zone in which most of its people live.
const COUNTRIES: [(&str, &str); 96] = [
    ("AE", "Asia/Dubai"),
    ("AL", "Europe/Tirane"),
    ("AM", "Asia/Yerevan"),
    ("AR", "America/Argentina/Buenos_Aires"),
    ("AT", "Europe/Vienna"),
    ("AU", "Australia/Sydney"),
    ("AZ", "Asia/Baku"),
    ("BA", "Europe/Sarajevo"),
    ("BD", "Asia/Dhaka"),
    ("BE", "Europe/Brussels"),
    ("BG", "Europe/Sofia"),
    ("BH", "Asia/Bahrain"),
    ("BO", "America/La_Paz"),
    ("BR", "America/Sao_Paulo"),
    ("BY", "Europe/Minsk"),
    ("CA", "America/Toronto"),
    ("CH", "Europe/Zurich"),
    ("CL", "America/Santiago"),
    ("CN", "Asia/Shanghai"),
    ("CO", "America/Bogota"),
    ("CR", "America/Costa_Rica"),
    ("CY", "Asia/Nicosia"),
    ("CZ", "Europe/Prague"),
    ("DE", "Europe/Berlin"),
    ("DK", "Europe/Copenhagen"),
    ("DO", "America/Santo_Domingo"),
    ("DZ", "Africa/Algiers"),
    ("EC", "America/Guayaquil"),
    ("EE", "Europe/Tallinn"),
    ("EG", "Africa/Cairo"),
    ("ES", "Europe/Madrid"),
    ("FI", "Europe/Helsinki"),
    ("FR", "Europe/Paris"),
    ("GB", "Europe/London"),
    ("GE", "Asia/Tbilisi"),
    ("GH", "Africa/Accra"),
    ("GR", "Europe/Athens"),
    ("GT", "America/Guatemala"),
    ("HK", "Asia/Hong_Kong"),
    ("HR", "Europe/Zagreb"),
    ("HU", "Europe/Budapest"),
    ("ID", "Asia/Jakarta"),
    ("IE", "Europe/Dublin"),
    ("IL", "Asia/Jerusalem"),
    ("IN", "Asia/Kolkata"),
    ("IQ", "Asia/Baghdad"),
    ("IS", "Atlantic/Reykjavik"),
    ("IT", "Europe/Rome"),
    ("JM", "America/Jamaica"),
    ("JO", "Asia/Amman"),
    ("JP", "Asia/Tokyo"),
    ("KE", "Africa/Nairobi"),
    ("KR", "Asia/Seoul"),
    ("KW", "Asia/Kuwait"),
    ("KZ", "Asia/Almaty"),
    ("LB", "Asia/Beirut"),
    ("LI", "Europe/Vaduz"),
    ("LK", "Asia/Colombo"),
    ("LT", "Europe/Vilnius"),
    ("LU", "Europe/Luxembourg"),
    ("LV", "Europe/Riga"),
    ("MA", "Africa/Casablanca"),
    ("MC", "Europe/Monaco"),
    ("MD", "Europe/Chisinau"),
    ("ME", "Europe/Podgorica"),
    ("MK", "Europe/Skopje"),
    ("MT", "Europe/Malta"),
    ("MX", "America/Mexico_City"),
    ("MY", "Asia/Kuala_Lumpur"),
    ("NG", "Africa/Lagos"),
    ("NL", "Europe/Amsterdam"),
    ("NO", "Europe/Oslo"),
    ("NZ", "Pacific/Auckland"),
    ("PA", "America/Panama"),
    ("PE", "America/Lima"),
    ("PH", "Asia/Manila"),
    ("PK", "Asia/Karachi"),
    ("PL", "Europe/Warsaw"),
    ("PT", "Europe/Lisbon"),
    ("QA", "Asia/Qatar"),
    ("RO", "Europe/Bucharest"),
    ("RS", "Europe/Belgrade"),
    ("RU", "Europe/Moscow"),
    ("SA", "Asia/Riyadh"),
    ("SE", "Europe/Stockholm"),
    ("SG", "Asia/Singapore"),
    ("SI", "Europe/Ljubljana"),
    ("SK", "Europe/Bratislava"),
    ("TH", "Asia/Bangkok"),
    ("TR", "Europe/Istanbul"),
    ("TW", "Asia/Taipei"),
    ("UA", "Europe/Kyiv"),
    ("US", "America/New_York"),
    ("UY", "America/Montevideo"),
    ("VN", "Asia/Ho_Chi_Minh"),
    ("ZA", "Africa/Johannesburg"),
];

impl Zone {
    /// The zone that a text names: IANA (`Europe/Paris`, `UTC`) or a country (`fr`, `FR`).
    ///
    /// ```
    /// use pointsman_workhours::Zone;
    /// assert_eq!(Zone::of_place("fr").map(|z| z.name().to_owned()), Some("Europe/Paris".into()));
    /// assert!(Zone::of_place("Atlantis").is_none());
    /// ```
    pub fn of_place(text: &str) -> Option<Self> {
        let code = text.to_ascii_uppercase();
        let name = match COUNTRIES.binary_search_by(|(country, _)| (*country).cmp(&code)) {
            Ok(place) => COUNTRIES[place].1,
            Err(_) if text.contains('/') || code == "UTC" => text,
            Err(_) => return None,
        };
        if let Some(zone) = KNOWN.read().ok().and_then(|known| known.get(name).cloned()) {
            return Some(zone);
        }
        let zone = Self::new(name).ok()?;
        if let Ok(mut known) = KNOWN.write() {
            known.insert(name.into(), zone.clone());
        }
        Some(zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_has_a_zone_that_exists() {
        assert!(COUNTRIES.is_sorted());
        for (country, zone) in COUNTRIES {
            assert!(Zone::new(zone).is_ok() && Zone::of_place(country).is_some(), "{country} {zone}");
        }
    }
}
