//! Chromium without a driver: its debugging protocol over two pipes, one JSON message after the
//! other, each ended by a zero byte. What a page is asked is in [`look`].

pub mod look;

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

/// Names under which distributions install it.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// The Chromium of `POINTSMAN_CHROMIUM`, else the first on the path.
#[expect(clippy::disallowed_methods, reason = "which browser there is, is the environment's to say")]
pub fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("POINTSMAN_CHROMIUM") {
        return Some(named.into());
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).flat_map(|folder| NAMES.map(|name| folder.join(name))).find(|path| path.is_file())
}

/// How a page is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Light,
    Dark,
    /// 360 px wide, a finger instead of a pointer.
    Phone,
    PhoneDark,
    /// As wide as A4 without its margins.
    Print,
}

impl Look {
    pub const ALL: [Self; 5] = [Self::Light, Self::Dark, Self::Phone, Self::PhoneDark, Self::Print];

    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Phone => "phone",
            Self::PhoneDark => "phone-dark",
            Self::Print => "print",
        }
    }

    fn width(self) -> u32 {
        match self {
            Self::Light | Self::Dark => 1280,
            Self::Phone | Self::PhoneDark => 360,
            // 182 mm at 96 dots an inch.
            Self::Print => 688,
        }
    }
}

/// A Chromium with one page; ended when dropped.
#[derive(Debug)]
pub struct Browser {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    number: u64,
    session: String,
    /// Addresses that were asked for since the page was opened.
    asked: Vec<String>,
    _profile: tempfile::TempDir,
}

impl Browser {
    pub fn start(program: &Path) -> Result<Self, String> {
        let profile = tempfile::tempdir().map_err(|e| format!("no folder for a profile: {e}"))?;
        // The shell moves the pipes to the descriptors that Chromium speaks on.
        let mut child = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#])
            .arg(program)
            .args(["--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-quic", "--hide-scrollbars"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("{} does not start: {e}", program.display()))?;
        let to = child.stdin.take().ok_or("no pipe to Chromium")?;
        let from = BufReader::new(child.stdout.take().ok_or("no pipe from Chromium")?);
        let mut browser =
            Self { child, to, from, number: 0, session: String::new(), asked: Vec::new(), _profile: profile };
        let page = browser.ask("Target.createTarget", &json!({ "url": "about:blank" }))?;
        let attach = json!({ "targetId": page["targetId"], "flatten": true });
        let attached = browser.ask("Target.attachToTarget", &attach)?;
        browser.session = attached["sessionId"].as_str().ok_or("Chromium gave no session")?.to_owned();
        for domain in ["Page.enable", "Runtime.enable", "Network.enable"] {
            browser.ask(domain, &json!({}))?;
        }
        Ok(browser)
    }

    /// Opens an address as it looks there, and waits until it is there.
    pub fn open(&mut self, address: &str, look: Look) -> Result<(), String> {
        let phone = matches!(look, Look::Phone | Look::PhoneDark);
        let size = json!({ "width": look.width(), "height": 900, "deviceScaleFactor": 1, "mobile": phone });
        self.ask("Emulation.setDeviceMetricsOverride", &size)?;
        self.ask("Emulation.setTouchEmulationEnabled", &json!({ "enabled": phone }))?;
        let dark = matches!(look, Look::Dark | Look::PhoneDark);
        let scheme = json!([{ "name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" } }]);
        let media = if look == Look::Print { "print" } else { "" };
        self.ask("Emulation.setEmulatedMedia", &json!({ "media": media, "features": scheme }))?;
        self.asked.clear();
        let gone = self.ask("Page.navigate", &json!({ "url": address }))?;
        if let Some(error) = gone["errorText"].as_str() {
            return Err(format!("{address}: {error}"));
        }
        // Answers come as promises, so there is no polling: it is done when the page has loaded.
        let loaded = "new Promise(done => document.readyState === 'complete' ? done(location.href)
            : addEventListener('load', () => done(location.href)))";
        self.evaluate(loaded).map(drop)
    }

    /// What an expression gives; of a promise, what it becomes.
    pub fn evaluate(&mut self, script: &str) -> Result<Value, String> {
        let call = json!({ "expression": script, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.ask("Runtime.evaluate", &call)?;
        if let Some(fault) = answer.get("exceptionDetails") {
            return Err(format!("a script failed: {fault}"));
        }
        Ok(answer["result"]["value"].take())
    }

    /// The whole page as a picture.
    pub fn picture(&mut self) -> Result<Vec<u8>, String> {
        let size = self.ask("Page.getLayoutMetrics", &json!({}))?;
        let clip = json!({
            "x": 0, "y": 0, "scale": 1,
            "width": size["cssContentSize"]["width"], "height": size["cssContentSize"]["height"],
        });
        let taken = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let taken = self.ask("Page.captureScreenshot", &taken)?;
        decoded(taken["data"].as_str().unwrap_or_default())
    }

    /// Addresses that the page asked for beside its own.
    pub fn asked(&self) -> impl Iterator<Item = &str> {
        self.asked.iter().skip(1).map(String::as_str)
    }

    fn ask(&mut self, method: &str, parameters: &Value) -> Result<Value, String> {
        self.number += 1;
        let mut message = json!({ "id": self.number, "method": method, "params": parameters });
        if !self.session.is_empty() {
            message["sessionId"] = self.session.as_str().into();
        }
        self.to
            .write_all(message.to_string().as_bytes())
            .and_then(|()| self.to.write_all(&[0]))
            .and_then(|()| self.to.flush())
            .map_err(|e| format!("Chromium does not listen: {e}"))?;
        loop {
            let mut answer = self.next()?;
            if answer["id"] == self.number {
                return match answer.get("error") {
                    Some(error) => Err(format!("{method}: {error}")),
                    None => Ok(answer["result"].take()),
                };
            }
            if answer["method"] == "Network.requestWillBeSent" {
                self.asked.extend(answer["params"]["request"]["url"].as_str().map(str::to_owned));
            }
        }
    }

    fn next(&mut self) -> Result<Value, String> {
        let mut bytes = Vec::new();
        self.from.read_until(0, &mut bytes).map_err(|e| format!("Chromium does not speak: {e}"))?;
        if bytes.pop() != Some(0) {
            return Err("Chromium ended".into());
        }
        serde_json::from_slice(&bytes).map_err(|e| format!("Chromium said no JSON: {e}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _waited = self.child.wait();
    }
}

/// Bytes of base64, as the protocol sends pictures.
fn decoded(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0u32, 0);
    for c in text.bytes().filter(|c| *c != b'=') {
        let six = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return Err("a picture is no base64".into()),
        };
        bits = (bits << 6) | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_is_read_back() {
        let read = |text: &str| super::decoded(text).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert_eq!(read("UG9pbnRzbWFu"), Ok("Pointsman".into()));
        assert_eq!(read("UG9pbnRzbQ=="), Ok("Pointsm".into()));
        assert!(read("?").is_err());
    }
}
