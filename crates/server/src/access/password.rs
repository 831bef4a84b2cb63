//! Passwords: Argon2id with the parameters that OWASP recommends (19 MiB, two passes), one hash at
//! a time per processor, and the same work for a name that does not exist.

use argon2::{
    Argon2,
    password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString},
};

/// Characters of a password at least: what matters is length (NIST SP 800-63B).
pub const SHORTEST: usize = 12;
/// Longer ones would only cost time.
pub const LONGEST: usize = 200;

/// Whether it may be a password; else what to change.
pub fn check(password: &str) -> Result<(), String> {
    match password.chars().count() {
        n if n < SHORTEST => Err(format!("a password has at least {SHORTEST} characters")),
        n if n > LONGEST => Err(format!("a password has at most {LONGEST} characters")),
        _ => Ok(()),
    }
}

/// Hashes a password with a salt of 128 random bits. Takes tens of milliseconds.
pub fn hash(password: &str, salt: u128) -> String {
    let salt = SaltString::encode_b64(&salt.to_le_bytes()).expect("16 bytes are a salt");
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
    hash.expect("the default parameters hash any password").to_string()
}

/// Whether this is the password; takes as long for a user who does not exist.
pub fn verify(password: &str, stored: Option<&str>) -> bool {
    /// Of nobody: made once with the parameters above.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let Ok(parsed) = PasswordHash::new(stored.unwrap_or(NOBODY)) else { return false };
    let right = Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok();
    right && stored.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash() {
        let stored = hash("correct horse battery", 7);
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify("correct horse battery", Some(&stored)));
        assert!(!verify("correct horse batterz", Some(&stored)));
        assert!(!verify("correct horse battery", None));
        assert!(!verify("", Some("no hash")));
        assert_ne!(stored, hash("correct horse battery", 8), "salted");
        assert!(check("short").is_err() && check(&"x".repeat(201)).is_err() && check("long enough!").is_ok());
    }
}
