//! Every route, once, with what it asks of whoever calls it: the router, the description of the
//! API and the table of roles are made from this list.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware,
    routing::{MethodRouter, delete, get, post},
};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    access::{Access, Rights, Scope},
    api::{
        absences, access, accounts, activities, assignment, audit, batch, contacts, credit, decisions, deliveries,
        experiments, flow, hooks, kpis, leads, matching, operation, outcomes, persons, policies, preview, prices, reps,
        responses, roi, scores,
    },
    around,
    body::MOST_BYTES,
    error::Problem,
    etag::IF_MATCH,
    login,
    openapi::{Parameter, Route},
    pages,
    state::State,
};

const KEY: Parameter = ("header", "Idempotency-Key", "The same key and body gives the same answer again.", false);
const LEAD: Parameter = ("path", "id", "The lead's id.", true);
const DECISION: Parameter = ("path", "id", "The decision's id.", true);
/// Of every page.
pub const LANG: Parameter =
    ("query", "lang", "en or de: the language of this page and, by a cookie, of those that follow.", false);
/// Problems of a body.
pub const BODY: [&str; 4] = ["bad-body", "bad-fields", "media-type", "too-large"];

/// A route with what it asks and its handler.
pub type Entry = (Route, Access, MethodRouter<Arc<State>>);

/// What a route is that says nothing of itself.
pub const PLAIN: Route = Route {
    method: "get",
    path: "",
    id: "",
    summary: "",
    text: "",
    body: None,
    form: None,
    redirects: false,
    answer: None,
    parameters: &[],
    problems: &[],
};

/// The routes with what they ask and their handlers.
pub fn routes() -> Vec<Entry> {
    let here = vec![
        (
            Route {
                method: "post",
                path: "/v1/leads",
                id: "createLead",
                summary: "Send a lead, get its owner.",
                text: "Decided and on disk when the answer comes. An open lead of the same person inside the duplicate window is the answer, marked as such.",
                body: Some("Lead"),
                form: Some("LeadForm"),
                answer: Some("LeadAnswer"),
                parameters: &[KEY],
                problems: &["bad-body", "bad-fields", "media-type", "too-large", "bad-parameter", "key-reused"],
                ..PLAIN
            },
            Access::Needs(Scope::LeadsSend),
            post(leads::create),
        ),
        (
            Route {
                path: "/v1/leads",
                id: "listLeads",
                summary: "Leads, newest first.",
                text: "In pages; send 'next' of one page as 'cursor' for the next.",
                answer: Some("LeadList"),
                parameters: &[
                    ("query", "state", "Only owned, offered, held, parked or closed ones.", false),
                    ("query", "cursor", "'next' of the page before.", false),
                    ("query", "limit", "Rows of a page, 1 to 200; 50 if absent.", false),
                ],
                problems: &["bad-parameter"],
                ..PLAIN
            },
            Access::Needs(Scope::LeadsRead),
            get(leads::list),
        ),
        (
            Route {
                path: "/v1/leads/{id}",
                id: "showLead",
                summary: "One lead with its history.",
                text: "The ETag names the owner: what an assignment by hand must have seen.",
                answer: Some("LeadDetail"),
                parameters: &[LEAD],
                problems: &["bad-parameter", "not-found"],
                ..PLAIN
            },
            Access::Needs(Scope::LeadsRead),
            get(leads::show),
        ),
        (
            Route {
                method: "post",
                path: "/v1/leads/{id}/assignment",
                id: "assignLead",
                summary: "Assign a lead by hand.",
                text: "By a named person, who says whom they saw as owner. May exceed a cap, and says so.",
                body: Some("Assignment"),
                answer: Some("Transferred"),
                parameters: &[
                    LEAD,
                    ("header", "If-Match", "The owner you saw, in quotes; \"none\" for nobody.", true),
                    KEY,
                ],
                problems: &[
                    "bad-body",
                    "bad-fields",
                    "media-type",
                    "too-large",
                    "bad-parameter",
                    "not-found",
                    "owner-changed",
                    "if-match-missing",
                    "lead-closed",
                    "key-reused",
                ],
                ..PLAIN
            },
            Access::Needs(Scope::LeadsAssign),
            post(assignment::create),
        ),
        (
            Route {
                path: "/v1/decisions/{id}",
                id: "explainDecision",
                summary: "Why a lead went where it went.",
                text: "Every rung of the ladder with its verdict, every candidate with the reason against and the numbers, and the same as a sentence in English and German.",
                answer: Some("Explanation"),
                parameters: &[
                    DECISION,
                    ("query", "why_not", "A rep: adds what would have had to differ for them to get it.", false),
                ],
                problems: &["bad-parameter", "not-found", "gone"],
                ..PLAIN
            },
            Access::Needs(Scope::DecisionsRead),
            get(decisions::show),
        ),
        (
            Route {
                path: "/v1/decisions/{id}/replay",
                id: "replayDecision",
                summary: "Take a recorded decision again.",
                text: "With the outcome hidden, on the facts and the load it was taken on; says whether both agree.",
                answer: Some("Replay"),
                parameters: &[DECISION],
                problems: &["bad-parameter", "not-found", "gone"],
                ..PLAIN
            },
            Access::Needs(Scope::DecisionsRead),
            get(decisions::again),
        ),
        (
            Route {
                method: "post",
                path: "/v1/outcomes",
                id: "createOutcome",
                summary: "Say how far a lead is.",
                text: "Stages converge whatever order they come in. A closing stage frees the owner's slot.",
                body: Some("Outcome"),
                answer: Some("Staged"),
                parameters: &[KEY],
                problems: &[
                    "bad-body",
                    "bad-fields",
                    "media-type",
                    "too-large",
                    "bad-parameter",
                    "not-found",
                    "key-reused",
                ],
                ..PLAIN
            },
            Access::Needs(Scope::LeadsSend),
            post(outcomes::create),
        ),
        (
            Route {
                method: "post",
                path: "/v1/scores",
                id: "scoreLead",
                summary: "Score a lead without assigning it.",
                text: "The numbers of a preview under the live policy, now: what a marketing system asks often. Nothing is written.",
                body: Some("Lead"),
                answer: Some("Score"),
                problems: &BODY,
                ..PLAIN
            },
            Access::Needs(Scope::LeadsScore),
            post(scores::create),
        ),
        (
            Route {
                method: "post",
                path: "/v1/preview",
                id: "previewLead",
                summary: "Where a lead would go, and why.",
                text: "Under the live policy or a draft, now or at another time, on the load as it is. Nothing is written.",
                body: Some("Preview"),
                answer: Some("Previewed"),
                problems: &BODY,
                ..PLAIN
            },
            Access::Needs(Scope::LeadsScore),
            post(preview::create),
        ),
        (
            Route {
                path: "/v1/reps",
                id: "listReps",
                summary: "Who is there, how full, whose turn.",
                text: "As the last committed batch left it.",
                answer: Some("Reps"),
                ..PLAIN
            },
            Access::Needs(Scope::RepsRead),
            get(reps::list),
        ),
        (
            Route {
                path: "/v1/absences",
                id: "listAbsences",
                summary: "Who is away, and whose leads go elsewhere.",
                text: "Everything that is not over, from absences.toml and from here.",
                answer: Some("Absences"),
                ..PLAIN
            },
            Access::Needs(Scope::SetupRead),
            get(absences::list),
        ),
        (
            Route {
                method: "post",
                path: "/v1/absences",
                id: "createAbsence",
                summary: "Say that somebody is away, or that their leads go elsewhere.",
                text: "In force for the next decision, and recorded. With 'to' or 'pool' it is a dated override, which ends by itself. Saying the same twice is saying it once.",
                body: Some("Absence"),
                answer: Some("AbsenceCreated"),
                parameters: &[IF_MATCH],
                problems: &["bad-body", "bad-fields", "media-type", "too-large", "bad-parameter", "changed"],
                ..PLAIN
            },
            Access::Needs(Scope::SetupWrite),
            post(absences::create),
        ),
        (
            Route {
                method: "post",
                path: "/v1/absences/import",
                id: "importAbsences",
                summary: "Take over the absences of an HR system.",
                text: "The body is CSV or iCalendar. Everything that came from the same source before is replaced; a row that cannot be read, or names nobody of the roster, refuses the whole file.",
                answer: Some("AbsencesImported"),
                parameters: &[
                    ("query", "source", "The system's name.", true),
                    ("query", "rep", "Whose the whole file is, where it does not say.", false),
                    ("query", "unknown", "'skip': leave out rows of people whom the roster does not list.", false),
                    IF_MATCH,
                ],
                problems: &["bad-body", "bad-fields", "too-large", "bad-parameter", "changed"],
                ..PLAIN
            },
            Access::Needs(Scope::SetupWrite),
            post(absences::import),
        ),
        (
            Route {
                method: "delete",
                path: "/v1/absences/{id}",
                id: "deleteAbsence",
                summary: "End an absence or override at once.",
                text: "Those of absences.toml are ended there.",
                answer: Some("AbsenceRemoved"),
                parameters: &[("path", "id", "As GET /v1/absences names it.", true), IF_MATCH],
                problems: &["bad-parameter", "not-found", "changed"],
                ..PLAIN
            },
            Access::Needs(Scope::SetupWrite),
            delete(absences::remove),
        ),
        (
            Route {
                method: "post",
                path: "/v1/leads/{id}/credit",
                id: "creditLead",
                summary: "A bad lead or a no-show: give quota and turn back.",
                text: "Whatever became of the lead, once. Recorded with its reason.",
                body: Some("Credit"),
                answer: Some("Credited"),
                parameters: &[LEAD, KEY],
                problems: &[
                    "bad-body",
                    "bad-fields",
                    "media-type",
                    "too-large",
                    "bad-parameter",
                    "not-found",
                    "credited",
                    "nothing-taken",
                    "key-reused",
                ],
                ..PLAIN
            },
            Access::Needs(Scope::LeadsAssign),
            post(credit::create),
        ),
        (
            Route {
                path: "/v1/prices",
                id: "showPrices",
                summary: "What a place of each rep is worth.",
                text: "To the leads still to come: the book in force, what it was solved from, and each price as it stands now.",
                answer: Some("Prices"),
                ..PLAIN
            },
            Access::Needs(Scope::RepsRead),
            get(prices::show),
        ),
        (
            Route {
                path: "/v1/audit/verify",
                id: "verifyAudit",
                summary: "Whether the record is what was written.",
                text: "Walks the whole hash chain and folds the ledger again; takes seconds on a large store.",
                answer: Some("Audit"),
                parameters: &[("query", "head", "A head hash kept elsewhere: it must be in the record.", false)],
                problems: &["bad-parameter"],
                ..PLAIN
            },
            Access::Needs(Scope::AuditRead),
            get(audit::check),
        ),
        (
            Route { path: "/healthz", id: "health", summary: "The process runs.", answer: Some("Status"), ..PLAIN },
            Access::Open,
            get(operation::health),
        ),
        (
            Route { path: "/readyz", id: "ready", summary: "Leads can be decided.", answer: Some("Status"), ..PLAIN },
            Access::Open,
            get(operation::ready),
        ),
        (
            Route { path: "/metrics", id: "metrics", summary: "Prometheus metrics.", ..PLAIN },
            Access::Needs(Scope::MetricsRead),
            get(operation::metrics),
        ),
        (
            Route { path: "/openapi.json", id: "openapi", summary: "This description.", ..PLAIN },
            Access::Open,
            get(operation::description),
        ),
        (
            Route { path: "/docs", id: "docs", summary: "This description as a page.", ..PLAIN },
            Access::Open,
            get(operation::docs),
        ),
        (
            Route {
                path: "/",
                id: "today",
                summary: "Today: counts, queues, last decisions.",
                parameters: &[LANG],
                problems: &["bad-parameter"],
                ..PLAIN
            },
            Access::Needs(Scope::ReportsRead),
            get(pages::today),
        ),
        (
            Route {
                path: "/leads",
                id: "leadsPage",
                summary: "Leads as a page.",
                parameters: &[
                    ("query", "state", "Only owned, held, parked or closed ones.", false),
                    ("query", "cursor", "The last lead of the page before.", false),
                    ("query", "limit", "Rows of a page.", false),
                    LANG,
                ],
                problems: &["bad-parameter"],
                ..PLAIN
            },
            Access::Needs(Scope::LeadsRead),
            get(pages::leads),
        ),
        (
            Route {
                path: "/team",
                id: "teamPage",
                summary: "The team as a page: who is here, how full, whose turn.",
                parameters: &[LANG],
                problems: &["bad-parameter"],
                ..PLAIN
            },
            Access::Needs(Scope::RepsRead),
            get(pages::team),
        ),
        (
            Route {
                path: "/leads/{id}",
                id: "leadPage",
                summary: "One lead as a page: why did it go there?",
                parameters: &[
                    LEAD,
                    ("query", "why_not", "A rep: adds what would have had to differ for them to get it.", false),
                    LANG,
                ],
                problems: &["bad-parameter", "not-found"],
                ..PLAIN
            },
            Access::Needs(Scope::DecisionsRead),
            get(pages::lead),
        ),
        (
            Route {
                path: "/prices",
                id: "pricesPage",
                summary: "Every rep's places and what the next is worth, as a page.",
                parameters: &[LANG],
                problems: &["bad-parameter"],
                ..PLAIN
            },
            Access::Needs(Scope::RepsRead),
            get(pages::prices),
        ),
        (
            Route { path: "/assets/app.css", id: "css", summary: "The style sheet of pages.", ..PLAIN },
            Access::Open,
            get(pages::css),
        ),
        (
            Route { path: "/assets/chart.js", id: "script", summary: "The script of pages.", ..PLAIN },
            Access::Open,
            get(pages::script),
        ),
    ];
    let others = [
        activities::routes(),
        batch::routes(),
        deliveries::routes(),
        responses::routes(),
        accounts::routes(),
        matching::routes(),
        contacts::routes(),
        persons::routes(),
        hooks::routes(),
        pages::mine::routes(),
        policies::routes(),
        experiments::routes(),
        flow::routes(),
        kpis::routes(),
        pages::kpi::routes(),
        pages::flow::routes(),
        roi::routes(),
        pages::roi::routes(),
        pages::policies::routes(),
        pages::connections::routes(),
        pages::experiments::routes(),
        access::routes(),
        login::routes(),
    ];
    here.into_iter().chain(others.into_iter().flatten()).collect()
}

/// The whole door: what `serve` listens with and what tests call.
pub fn app(state: Arc<State>) -> Router {
    let mut router = Router::new();
    for (route, asked, handler) in routes() {
        let handler = match asked {
            Access::Open => handler,
            Access::Needs(scope) => handler.route_layer(middleware::from_fn_with_state(scope, around::admit)),
        };
        router = router.route(route.path, handler);
    }
    router
        .fallback(async |request: Request| match request.extensions().get::<Rights>() {
            // What there is and what not is nobody's business who has no key.
            None => Problem::Unauthorized,
            Some(_) => Problem::NoRoute,
        })
        .method_not_allowed_fallback(async || Problem::Method)
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(CatchPanicLayer::custom(around::panicked))
        .layer(middleware::from_fn_with_state(Arc::clone(&state), around::recognise))
        .layer(middleware::from_fn_with_state(Arc::clone(&state), pages::faults::as_page))
        .layer(middleware::from_fn_with_state(Arc::clone(&state), around::observe))
        .with_state(state)
}
