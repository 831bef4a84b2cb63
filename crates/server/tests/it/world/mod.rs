//! A door over a small company in a temporary folder.

mod schema;

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode},
};
use pointsman_decision::{DocumentKind, DocumentSet};
use pointsman_domain::{Instant, Rng};
use pointsman_server::{ServeConfig, State, app};
use pointsman_store::Outside;
use serde_json::Value;
use tower::ServiceExt;

pub fn documents(open_cap: u32) -> DocumentSet {
    let mut documents = DocumentSet::default();
    let mut add = |kind, name: &str, text: String| documents.insert(kind, name, text.into_bytes());
    add(DocumentKind::Routing, "", "format = 1\nzone = 'Europe/Berlin'\ncurrency = 'EUR'\npolicy = 'main'".into());
    let attributes = "format = 1
        lead = [
            { name = 'country', type = 'country', required = true },
            { name = 'employees', type = 'integer' },
            { name = 'sector', type = 'choice', values = ['technology', 'retail'], synonyms = { technolgy = 'technology' } },
            { name = 'started', type = 'date' },
            { name = 'topics', type = 'list' },
            { name = 'age', type = 'integer', personal = true },
        ]
        account = [{ name = 'size', type = 'integer' }]";
    add(DocumentKind::Attributes, "", attributes.into());
    let reps: String = ["ada", "bo", "cy", "di", "eve"].iter().map(|id| format!("[[rep]]\nid = '{id}'\n")).collect();
    let roster = format!(
        "format = 1\n[[limit]]\nid = 'open'\nkind = 'open'\ndefault = {open_cap}\n{reps}\n[[pool]]\nid = 'all'\nreps = ['ada', 'bo', 'cy', 'di', 'eve']"
    );
    add(DocumentKind::Roster, "", roster);
    let policy = "format = 1\nname = 'main'
        [[rule]]\nid = 'swiss'\nwhen = \"lead.country == 'CH'\"\nqueue = 'swiss'
        [[rule]]\nid = 'waits'\nwhen = \"lead.country == 'AT'\"\npool = 'all'\npick = 'weighted-round-robin'\non_full = { hold = '2h' }
        [[rule]]\nid = 'rest'\npool = 'all'\npick = 'weighted-round-robin'\nsla = '30m'
        [fallback]\nqueue = 'unassigned'\nalarm = true";
    add(DocumentKind::Policy, "main", policy.into());
    documents
}

/// The same with a rule that asks before it gives.
pub fn asking(open_cap: u32) -> DocumentSet {
    let mut set = documents(open_cap);
    let policy = String::from_utf8(set.get(DocumentKind::Policy, "main").unwrap().to_vec()).unwrap();
    let asks = "[[rule]]\nid = 'asks'\nwhen = \"lead.country == 'IT'\"\npool = 'all'\npick = 'weighted-round-robin'\naccept = '10m'\n        [[rule]]\nid = 'rest'";
    set.insert(DocumentKind::Policy, "main", policy.replace("[[rule]]\nid = 'rest'", asks).into_bytes());
    set
}

/// A state with its runtime: opening and stopping block, calls do not.
pub struct Door {
    pub folder: Arc<tempfile::TempDir>,
    pub state: Arc<State>,
    pub router: Router,
    pub runtime: tokio::runtime::Runtime,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    pub fn str(&self, pointer: &str) -> String {
        let json = self.json();
        json.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {json}")).to_owned()
    }
}

pub async fn call(router: &Router, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_vec())).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    // Whatever a test asks, its answer is one that the description of the API knows.
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    let document = DOCUMENT.get_or_init(pointsman_server::openapi::document);
    let kind = headers.get("content-type").map_or("", |kind| kind.to_str().unwrap());
    let json = kind.contains("json").then(|| serde_json::from_str(&text).unwrap());
    schema::check(document, method, path, status.as_u16(), json.as_ref()).unwrap();
    Answer { status, headers, text }
}

pub const JSON: (&str, &str) = ("content-type", "application/json");

impl Door {
    pub fn open(open_cap: u32) -> Self {
        Self::open_in(Arc::new(tempfile::tempdir().unwrap()), open_cap, |_| {})
    }

    pub fn open_in(folder: Arc<tempfile::TempDir>, open_cap: u32, change: impl FnOnce(&mut ServeConfig)) -> Self {
        let mut config = ServeConfig::of_folder(folder.path());
        config.documents = Some(documents(open_cap));
        change(&mut config);
        Self::of(folder, State::open(config).unwrap())
    }

    /// The same under a clock that only the test moves, in microseconds.
    pub fn open_at(
        folder: Arc<tempfile::TempDir>,
        clock: &Arc<AtomicI64>,
        change: impl FnOnce(&mut ServeConfig),
    ) -> Self {
        let mut config = ServeConfig::of_folder(folder.path());
        change(&mut config);
        let (clock, counter) = (Arc::clone(clock), AtomicU64::new(1));
        let now = move || Instant::from_unix_micros(clock.load(Ordering::Relaxed));
        let chance = move || {
            let mut rng = Rng::seeded(counter.fetch_add(1, Ordering::Relaxed));
            u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64())
        };
        Self::of(folder, State::open_with(config, Outside::new(Arc::new(now), Arc::new(chance))).unwrap())
    }

    fn of(folder: Arc<tempfile::TempDir>, state: Arc<State>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Self { folder, router: app(Arc::clone(&state)), state, runtime }
    }

    pub fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.runtime.block_on(call(&self.router, method, path, headers, body.as_bytes()))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &[], "")
    }

    pub fn post(&self, path: &str, body: &str) -> Answer {
        self.call("POST", path, &[JSON], body)
    }

    /// Sends a lead of a new person and gives the answer's JSON.
    pub fn lead(&self, country: &str, person: &str) -> Value {
        let answer = self.post("/v1/leads", &lead_body(country, person));
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.json()
    }

    pub fn stop(self) -> Arc<tempfile::TempDir> {
        self.state.stop();
        self.folder
    }
}

pub fn lead_body(country: &str, person: &str) -> String {
    format!(
        r#"{{"source":"website","attributes":{{"country":"{country}","employees":12}},"contact":{{"email":"{person}@example.com"}}}}"#
    )
}
