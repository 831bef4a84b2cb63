//! Where traces go: the section of the file, and the variables that OpenTelemetry has for the same
//! thing everywhere. Ours go before those, those before the file; a value that is empty is none.

use std::{path::Path, sync::Arc, time::Duration};

use pointsman_connect::{Peer, Target};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::{
    SettingsError,
    known::{find, put},
};
use crate::traces::{
    TraceConfig,
    config::{GRACE, headers},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TraceSettings {
    /// Empty: no traces.
    pub endpoint: Box<str>,
    pub ratio: f64,
    pub service: Box<str>,
    pub timeout_seconds: u32,
    /// Where the environment does not hold the headers.
    pub headers_file: Option<Box<str>>,
    pub ca_file: Option<Box<str>>,
}

impl Default for TraceSettings {
    fn default() -> Self {
        Self {
            endpoint: "".into(),
            ratio: 1.0,
            service: "pointsman".into(),
            timeout_seconds: 10,
            headers_file: None,
            ca_file: None,
        }
    }
}

/// Where a collector listens for spans, where an address says nothing else.
const PATH: &str = "/v1/traces";
/// Hold what the collector asks for; the first that is set is taken.
pub(super) const HEADERS: [&str; 3] =
    ["POINTSMAN_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];

const ENDPOINT: &str = "traces.endpoint";
const RATIO: &str = "traces.ratio";

/// The variables of OpenTelemetry, read over a file.
pub(super) struct Standard<'a, E> {
    environment: &'a E,
    faults: &'a mut Vec<String>,
}

impl<'a, E: Fn(&str) -> Option<String>> Standard<'a, E> {
    pub fn of(environment: &'a E, faults: &'a mut Vec<String>) -> Self {
        Self { environment, faults }
    }

    /// The first of these that is set, and what it says.
    fn first<'n>(&self, names: &[&'n str]) -> Option<(&'n str, String)> {
        let set = |name: &&'n str| (self.environment)(name).map(|text| (*name, text.trim().to_owned()));
        names.iter().filter_map(set).find(|(_, text)| !text.is_empty())
    }

    fn fault(&mut self, variable: &str, why: &str) {
        self.faults.push(format!("{variable} {why}"));
    }

    /// Before our own variables are.
    pub fn take(&mut self, table: &mut Table) {
        self.endpoint(table);
        self.ratio(table);
        if let Some(service) = self.service() {
            put(table, "traces.service", Value::String(service));
        }
        let timeouts = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
        if let Some((variable, text)) = self.first(&timeouts) {
            match text.parse::<i64>() {
                Ok(millis) if (1..=60_000).contains(&millis) => {
                    let seconds = (millis + 999) / 1000;
                    put(table, "traces.timeout_seconds", Value::Integer(seconds));
                }
                _ => self.fault(variable, "is no number of milliseconds from 1 to 60000"),
            }
        }
        let authorities = ["OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"];
        if let Some((_, file)) = self.first(&authorities) {
            put(table, "traces.ca_file", Value::String(file));
        }
    }

    fn endpoint(&mut self, table: &mut Table) {
        let (whole, base) = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT");
        let Some((variable, text)) = self.first(&[whole, base]) else { return };
        let text = if variable == base { format!("{}{PATH}", text.trim_end_matches('/')) } else { text };
        match Target::parse_plain(&text) {
            Ok(_) => put(table, ENDPOINT, Value::String(text)),
            // The address itself may hold a password.
            Err(why) => self.fault(variable, &why.to_string()),
        }
    }

    /// Every sampler is asked only for traces that begin here.
    fn ratio(&mut self, table: &mut Table) {
        let (sampler, argument) = ("OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG");
        let ratio = match self.first(&[sampler]).as_ref().map(|(_, text)| text.as_str()) {
            Some("always_on" | "parentbased_always_on") => Some(1.0),
            Some("always_off" | "parentbased_always_off") => Some(0.0),
            None | Some("traceidratio" | "parentbased_traceidratio") => {
                let Some((_, text)) = self.first(&[argument]) else { return };
                let ratio = text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
                if ratio.is_none() {
                    self.fault(argument, "is no number from 0 to 1");
                }
                ratio
            }
            Some(_) => {
                self.fault(sampler, "is none of always_on, always_off, traceidratio, each also with parentbased_");
                None
            }
        };
        ratio.into_iter().for_each(|ratio| put(table, RATIO, Value::Float(ratio)));
    }

    fn service(&self) -> Option<String> {
        let named = self.first(&["OTEL_SERVICE_NAME"]).map(|(_, name)| name);
        named.or_else(|| {
            let (_, attributes) = self.first(&["OTEL_RESOURCE_ATTRIBUTES"])?;
            let mut pairs = attributes.split(',').filter_map(|pair| pair.split_once('='));
            pairs.find(|(name, _)| name.trim() == "service.name").map(|(_, value)| value.trim().to_owned())
        })
    }

    /// After our own variables were: what holds whatever they say, and what matters only where
    /// traces are sent.
    pub fn finish(&mut self, table: &mut Table) {
        if self.is_off() {
            put(table, ENDPOINT, Value::String(String::new()));
        }
        if find(table, ENDPOINT).and_then(Value::as_str).is_none_or(str::is_empty) {
            return;
        }
        let protocols = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
        if let Some((variable, text)) = self.first(&protocols)
            && text != "http/protobuf"
        {
            self.fault(variable, "asks for a protocol that is not spoken here; there is http/protobuf");
        }
        if let Some((variable, text)) = self.first(&HEADERS)
            && let Err(why) = headers(&text)
        {
            self.fault(variable, &why);
        }
    }

    fn is_off(&mut self) -> bool {
        let disabled = self.first(&["OTEL_SDK_DISABLED"]).map(|(variable, text)| (variable, text.to_lowercase()));
        match disabled {
            Some((_, text)) if text == "true" => return true,
            Some((variable, text)) if text != "false" => self.fault(variable, "is neither true nor false"),
            _ => {}
        }
        self.first(&["OTEL_TRACES_EXPORTER"]).is_some_and(|(_, exporter)| exporter == "none")
    }
}

impl TraceSettings {
    /// With headers from the environment or a file; `None` where traces are off.
    pub(super) fn resolve(
        &self,
        workspace: &Path,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Arc<TraceConfig>>, SettingsError> {
        if self.endpoint.is_empty() {
            return Ok(None);
        }
        let mut faults = Vec::new();
        let headers = self.headers(workspace, environment).map_err(|why| faults.push(why)).unwrap_or_default();
        let peer = self.peer(workspace).map_err(|why| faults.push(why)).ok();
        match peer {
            Some(peer) if faults.is_empty() => Ok(Some(Arc::new(TraceConfig {
                peer: Arc::new(peer),
                headers,
                ratio: self.ratio,
                service: self.service.to_string(),
                patience: Duration::from_secs(u64::from(self.timeout_seconds)),
                grace: GRACE,
            }))),
            _ => Err(SettingsError { faults }),
        }
    }

    fn headers(
        &self,
        workspace: &Path,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<axum::http::HeaderMap, String> {
        let set = HEADERS.into_iter().filter_map(|name| Some((name, environment(name)?)));
        let mut set = set.filter(|(_, text)| !text.trim().is_empty());
        if let Some((name, text)) = set.next() {
            return headers(&text).map_err(|why| format!("{name} {why}"));
        }
        let Some(file) = &self.headers_file else { return Ok(axum::http::HeaderMap::new()) };
        let path = workspace.join(&**file);
        let text = std::fs::read_to_string(&path);
        let text = text.map_err(|error| format!("traces.headers_file: cannot read {}: {error}", path.display()))?;
        headers(&text).map_err(|why| format!("traces.headers_file: {} {why}", path.display()))
    }

    fn peer(&self, workspace: &Path) -> Result<Peer, String> {
        let fault = |why: &dyn std::fmt::Display| format!("{ENDPOINT} {why}");
        let mut target = Target::parse_plain(&self.endpoint).map_err(|why| fault(&why))?;
        if target.path() == "/" {
            let whole = format!("{}{PATH}", self.endpoint.trim().trim_end_matches('/'));
            target = Target::parse_plain(&whole).map_err(|why| fault(&why))?;
        }
        let authorities = self.ca_file.as_ref().map(|file| {
            let path = workspace.join(&**file);
            std::fs::read(&path).map_err(|error| format!("traces.ca_file: cannot read {}: {error}", path.display()))
        });
        let authorities = authorities.transpose()?;
        Peer::new(target, authorities.as_deref()).map_err(|error| format!("traces.ca_file: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;

    const LEAST: &str = "format = 1\nzone = 'Europe/Berlin'\ncurrency = 'EUR'\npolicy = 'default'\n";

    fn parsed(file: &str, environment: &[(&str, &str)]) -> Result<TraceSettings, Vec<String>> {
        let find = |name: &str| environment.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        let parsed = Settings::parse(&format!("{LEAST}{file}"), find);
        parsed.map(|settings| settings.traces).map_err(|error| error.faults)
    }

    fn target(settings: &TraceSettings) -> String {
        settings.resolve(Path::new("/nowhere"), &|_| None).unwrap().unwrap().peer.target().to_string()
    }

    #[test]
    fn ours_go_before_the_standard_ones_and_those_before_the_file() {
        let file = "[traces]\nendpoint = 'http://file:1'\nratio = 1\nservice = 'file'\n";
        let standard = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://base:4318/"),
            ("OTEL_SERVICE_NAME", "standard"),
            ("OTEL_TRACES_SAMPLER_ARG", "0.5"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
        ];
        assert_eq!(parsed("", &[]).unwrap(), TraceSettings::default());
        let from_file = parsed(file, &[]).unwrap();
        assert_eq!((target(&from_file).as_str(), from_file.ratio), ("http://file:1/v1/traces", 1.0));
        let both = parsed(file, &standard).unwrap();
        assert_eq!(target(&both), "http://base:4318/v1/traces");
        assert_eq!((&*both.service, both.ratio, both.timeout_seconds), ("standard", 0.5, 3));
        let ours = [
            ("POINTSMAN_TRACES_ENDPOINT", "https://ours/otlp"),
            ("POINTSMAN_TRACES_RATIO", "0.25"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces:4318/own/path"),
        ];
        let all = parsed(file, &[&standard[..], &ours].concat()).unwrap();
        assert_eq!((target(&all).as_str(), &*all.service, all.ratio), ("https://ours/otlp", "standard", 0.25));
        let traces = parsed(file, &[&standard[..], &ours[2..]].concat()).unwrap();
        assert_eq!(target(&traces), "http://traces:4318/own/path", "of traces goes before of everything");
    }

    #[test]
    fn there_are_ways_to_switch_it_off() {
        let file = "[traces]\nendpoint = 'http://file:1'\n";
        let off = |environment: &[(&str, &str)]| parsed(file, environment).unwrap().endpoint.is_empty();
        assert!(off(&[("OTEL_SDK_DISABLED", "TRUE")]));
        assert!(off(&[("OTEL_SDK_DISABLED", "true"), ("POINTSMAN_TRACES_ENDPOINT", "http://ours:1")]));
        assert!(off(&[("OTEL_TRACES_EXPORTER", "none")]));
        assert!(off(&[("POINTSMAN_TRACES_ENDPOINT", "none"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://b:1")]));
        assert!(!off(&[("OTEL_SDK_DISABLED", "false"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "")]));
        let sampler = |name: &str| parsed(file, &[("OTEL_TRACES_SAMPLER", name)]).unwrap().ratio;
        assert_eq!((sampler("parentbased_always_off"), sampler("always_on")), (0.0, 1.0));
        let named = [("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test,service.name=router")];
        assert_eq!(&*parsed(file, &named).unwrap().service, "router");
    }

    #[test]
    fn wrong_values_are_told_together_and_no_secret_with_them() {
        let environment = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://admin:hunter2@collector:4318"),
            ("OTEL_TRACES_SAMPLER_ARG", "seven"),
            ("OTEL_SDK_DISABLED", "perhaps"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "0"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization hunter2"),
        ];
        let told =
            parsed("[traces]\nendpoint = 'http://c:1'\nratio = 1.5\ntimeout_seconds = 0\n", &environment).unwrap_err();
        let expected = [
            "OTEL_EXPORTER_OTLP_ENDPOINT holds a name or password",
            "OTEL_TRACES_SAMPLER_ARG is no number from 0 to 1",
            "OTEL_SDK_DISABLED is neither true nor false",
            "OTEL_EXPORTER_OTLP_TIMEOUT is no number of milliseconds",
            "OTEL_EXPORTER_OTLP_PROTOCOL asks for a protocol that is not spoken here",
            "OTEL_EXPORTER_OTLP_HEADERS holds something at place 1 that is not NAME=VALUE",
            "traces.ratio is 1.5, but a number from 0 to 1 is wanted",
            "traces.timeout_seconds is 0, but a whole number from 1 to 60",
        ];
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for part in expected {
            assert!(told.iter().any(|fault| fault.starts_with(part)), "no '{part}' in {told:#?}");
        }
        assert!(told.iter().all(|fault| !fault.contains("hunter2")), "{told:#?}");
        let ours =
            parsed("[traces]\nendpoint = 'https://a:hunter2@c'\n", &[("POINTSMAN_TRACES_RATIO", "nan")]).unwrap_err();
        assert!(ours.iter().any(|fault| fault.starts_with("traces.endpoint holds a name or password")), "{ours:#?}");
        assert!(ours.iter().any(|fault| fault.starts_with("traces.ratio is nan")), "{ours:#?}");
        assert!(ours.iter().all(|fault| !fault.contains("hunter2")), "{ours:#?}");
    }

    #[test]
    fn headers_come_from_the_environment_or_else_a_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("collector.headers"), "x-key=of-the-file\n").unwrap();
        let settings = TraceSettings {
            endpoint: "https://collector".into(),
            headers_file: Some("collector.headers".into()),
            ..TraceSettings::default()
        };
        let key = |environment: &[(&str, &str)]| {
            let find = |name: &str| environment.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
            let config = settings.resolve(folder.path(), &find).unwrap().unwrap();
            assert!(!format!("{config:?}").contains("of-"), "{config:?}");
            config.headers["x-key"].to_str().unwrap().to_owned()
        };
        assert_eq!(key(&[]), "of-the-file");
        let standard = ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=of-all");
        assert_eq!(key(&[standard]), "of-all");
        assert_eq!(key(&[standard, ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-key=of-traces")]), "of-traces");
        assert_eq!(key(&[standard, ("POINTSMAN_TRACES_HEADERS", "x-key=of-ours")]), "of-ours");
        let wrong = TraceSettings {
            headers_file: Some("gone".into()),
            ca_file: Some("collector.headers".into()),
            ..settings.clone()
        };
        let told = wrong.resolve(folder.path(), &|_| None).unwrap_err().faults;
        assert!(told[0].starts_with("traces.headers_file: cannot read"), "{told:?}");
    }
}
