//! One span a request, under the span of whoever called.

use axum::http::{HeaderMap, Method};
use opentelemetry::{
    Context, KeyValue,
    propagation::{Extractor, TextMapPropagator},
    trace::{SpanKind, Status, TraceContextExt, Tracer},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;

use super::Traces;

/// A request that is being answered.
#[derive(Debug)]
pub struct Served {
    pub context: Context,
}

impl Traces {
    /// A request came. `route` is the pattern of the address: an address holds ids, and whatever
    /// whoever calls puts behind its question mark.
    pub fn request(&self, method: &Method, route: Option<&str>, headers: &HeaderMap, id: &str) -> Served {
        let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &Sent(headers));
        let method = known(method);
        // What semantic conventions call a span of an unknown method.
        let verb = if method == OTHER { "HTTP" } else { method };
        let name = route.map_or_else(|| verb.to_owned(), |route| format!("{verb} {route}"));
        let mut attributes = vec![
            KeyValue::new("http.request.method", method),
            KeyValue::new("url.scheme", if self.https { "https" } else { "http" }),
            KeyValue::new("pointsman.request_id", id.to_owned()),
        ];
        attributes.extend(route.map(|route| KeyValue::new("http.route", route.to_owned())));
        let span = self.tracer.span_builder(name).with_kind(SpanKind::Server).with_attributes(attributes);
        let span = self.tracer.build_with_context(span, &parent);
        Served { context: parent.with_span(span) }
    }
}

impl Served {
    /// The ids of trace and span, as log lines have them.
    pub fn ids(&self) -> (String, String) {
        let span = self.context.span();
        (span.span_context().trace_id().to_string(), span.span_context().span_id().to_string())
    }

    /// It was answered. Only what is our fault is an error.
    pub fn end(&self, status: u16) {
        let span = self.context.span();
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        if status >= 500 {
            span.set_attribute(KeyValue::new("error.type", status.to_string()));
            span.set_status(Status::error(""));
        }
        span.end();
    }
}

/// What a method is called that is none of the known ones: whoever calls may make one up.
const OTHER: &str = "_OTHER";

fn known(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
    known.into_iter().find(|known| method.as_str() == *known).unwrap_or(OTHER)
}

/// The headers of a caller's trace.
struct Sent<'a>(&'a HeaderMap);

/// A longer `tracestate` is left out; this much must be taken (W3C Trace Context, 3.3.1.5).
const LONGEST_STATE: usize = 512;

impl Extractor for Sent<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.get_all(name).iter();
        let value = values.next()?.to_str().ok()?.trim();
        let alone = values.next().is_none();
        let fits = if name == "traceparent" { is_traceparent(value) } else { value.len() <= LONGEST_STATE };
        (alone && fits).then_some(value)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}

/// `version-trace-span-flags`, all of them small hexadecimal digits and of their length; a later
/// version may have more behind them. What the numbers are is the propagator's to check.
fn is_traceparent(text: &str) -> bool {
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let mut parts = text.split('-');
    let fields =
        [2, 32, 16, 2].iter().all(|length| parts.next().is_some_and(|part| part.len() == *length && hex(part)));
    fields && (parts.next().is_none() || !text.starts_with("00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn parent(headers: &[(&'static str, &str)]) -> Option<(String, bool, String)> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Sent(&map));
        let span = context.span();
        let sent = span.span_context();
        sent.is_valid().then(|| (sent.span_id().to_string(), sent.is_sampled(), sent.trace_state().header()))
    }

    #[test]
    fn parents_are_taken_when_they_are_well_formed() {
        assert_eq!(parent(&[("traceparent", GOOD)]), Some(("00f067aa0ba902b7".into(), true, String::new())));
        let unsampled = GOOD.replace("-01", "-00");
        assert_eq!(parent(&[("traceparent", &unsampled)]).map(|(_, sampled, _)| sampled), Some(false));
        let later = format!("{}-more", GOOD.replacen("00", "42", 1));
        assert!(parent(&[("traceparent", &later)]).is_some(), "a later version may say more");
        let state = parent(&[("traceparent", GOOD), ("tracestate", "a=1,b=2")]).map(|(_, _, state)| state);
        assert_eq!(state.as_deref(), Some("a=1,b=2"));
        let long = format!("a={}", "x".repeat(600));
        let state = parent(&[("traceparent", GOOD), ("tracestate", &long)]).map(|(_, _, state)| state);
        assert_eq!(state.as_deref(), Some(""));
    }

    #[test]
    fn malformed_parents_are_nobody() {
        let wrong = [
            "",
            "garbage",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-+1",
            "00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-01",
        ];
        for wrong in wrong {
            assert_eq!(parent(&[("traceparent", wrong)]), None, "{wrong}");
        }
        assert_eq!(parent(&[("traceparent", GOOD), ("traceparent", GOOD)]), None, "two are none");
        assert_eq!(parent(&[("tracestate", "a=1")]), None);
    }

    #[test]
    fn methods_that_somebody_made_up_have_no_name() {
        assert_eq!(known(&Method::POST), "POST");
        assert_eq!(known(&Method::from_bytes(b"ZEBULON").unwrap()), "_OTHER");
    }
}
