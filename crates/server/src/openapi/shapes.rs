//! The shapes of bodies and answers, by name.

use serde_json::{Map, Value, json};

use crate::access::Role;

fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

fn number(description: &str) -> Value {
    json!({ "type": "number", "description": description })
}

fn maybe(kind: &str, description: &str) -> Value {
    json!({ "type": [kind, "null"], "description": description })
}

fn list(of: Value) -> Value {
    Value::Object(Map::from_iter([("type".to_owned(), json!("array")), ("items".to_owned(), of)]))
}

fn object(required: &[&str], properties: Value) -> Value {
    let mut schema = json!({ "type": "object", "required": required });
    schema["properties"] = properties;
    schema
}

/// Bodies refuse what they do not know.
fn closed(mut schema: Value) -> Value {
    schema["additionalProperties"] = json!(false);
    schema
}

const STAGES: [&str; 9] =
    ["open", "attempted", "contacted", "qualified", "opportunity", "won", "lost", "unqualified", "nurture"];

pub fn schemas() -> Value {
    let outcome = json!({
        "state": { "type": "string", "enum": ["owned", "offered", "held", "parked"], "description": "Where the decision leaves the lead." },
        "sla_due": maybe("string", "When the owner should have touched it."),
        "until": maybe("string", "When a hold ends at the latest, or an offer."),
        "queue": maybe("string", "Where it is parked."),
    });
    let mut answer = json!({
        "lead": text("The lead's id."),
        "decision": text("The decision's id: GET /v1/decisions/{id} explains it."),
        "owner": maybe("string", "The rep, where the state is owned or offered."),
        "rule": maybe("string", "The rule that acted; null is the fallback."),
        "policy": text("The policy."),
        "priority": { "type": "integer", "minimum": 0, "maximum": 9 },
        "propensity": number("Probability with which this choice was drawn."),
        "score": maybe("number", "The owner's probability of winning, with a model."),
        "value": number("Of a win: minor units, or 1 where the workspace counts wins."),
        "value_source": { "type": "string", "enum": ["given", "model", "wins"] },
        "price": maybe("number", "What the owner's slot is worth to the leads still to come."),
        "decided_at": text("RFC 3339."),
        "duplicate": { "type": "boolean", "description": "This is an open lead of the same person, or one sent before." },
        "ambiguous": list(text("An open lead of the same person.")),
        "reasons": list(reference("Candidate")),
        "warnings": list(reference("FieldError")),
    });
    merge(&mut answer, &outcome);
    let lead = json!({
        "id": text("The lead's id."), "source": text("The system it came from."), "external_id": maybe("string", "Its name there."),
        "at": text("First arrival."), "custody": { "type": "string", "enum": ["owned", "offered", "held", "parked", "closed"] },
        "owner": maybe("string", "The rep who has it."), "stage": { "type": "string" }, "since": text("When custody changed."),
        "decision": maybe("string", "The last decision; absent for a lead that was imported."), "priority": { "type": "integer" }, "completeness": number("0 to 1."),
        "attributes": { "type": "object" },
    });
    let mut detail = lead.clone();
    merge(
        &mut detail,
        &json!({ "decisions": list(json!({ "type": "object" })), "assignments": list(json!({ "type": "object" })), "stages": list(json!({ "type": "object" })), "responses": list(json!({ "type": "object" })) }),
    );
    let mut all = json!({
        "Lead": closed(object(&["source"], json!({
            "source": text("The system it comes from."),
            "external_id": maybe("string", "Its name there; the same source and name is the same lead."),
            "attributes": { "type": "object", "description": "By the names of attributes.toml; those of company and person as account.NAME and contact.NAME." },
            "contact": closed(object(&[], json!({ "name": maybe("string", ""), "email": maybe("string", ""), "phone": maybe("string", "") }))),
            "account": closed(object(&[], json!({ "name": maybe("string", ""), "domain": maybe("string", "") }))),
            "value": reference("Value"),
            "originator": maybe("string", "The rep who created an outbound lead."),
        }))),
        "Value": { "oneOf": [
            closed(object(&["minor_units"], json!({ "minor_units": { "type": "integer" } }))),
            closed(object(&["amount", "currency"], json!({ "amount": text("A decimal."), "currency": text("ISO 4217.") }))),
        ] },
        "LeadAnswer": object(&["lead", "decision", "state"], answer),
        "Candidate": object(&["rep", "code"], json!({
            "rep": text("The rep."), "code": text("Why, or why not."), "score": number("Probability of winning."),
            "price": number("Price of a slot."), "net": number("Value × score − price."), "free": { "type": "integer" },
        })),
        "LeadView": object(&["id"], lead),
        "LeadDetail": object(&["id"], detail),
        "LeadList": object(&["leads"], json!({ "leads": list(reference("LeadView")), "next": maybe("string", "The next page's cursor.") })),
        "Explanation": object(&["decision", "rungs", "sentences"], json!({
            "decision": { "type": "object" }, "rungs": list(json!({ "type": "object" })), "next": { "type": "object" },
            "sentences": { "type": "object" }, "why_not": { "type": "object" },
        })),
        "Preview": closed(object(&["lead"], json!({
            "lead": reference("Lead"), "policy": maybe("string", "The text of a draft policy."),
            "policy_name": maybe("string", "A policy of the live documents that does not rule."), "at": maybe("string", "RFC 3339; now, if absent."),
        }))),
        "Previewed": object(&["state", "policy", "sentences", "explanation"], json!({
            "state": text("owned, held or parked."), "rule": maybe("string", ""), "policy": text(""), "at": text(""),
            "sentences": { "type": "object" }, "explanation": { "type": "object" }, "warnings": list(reference("FieldError")),
        })),
        "Replay": object(&["equal"], json!({ "equal": { "type": "boolean" }, "engine": { "type": "integer" }, "recorded": { "type": "object" }, "replayed": { "type": "object" } })),
        "Outcome": closed(object(&["stage"], json!({
            "lead": maybe("string", "The lead's id; or source and external_id."), "source": maybe("string", ""), "external_id": maybe("string", ""),
            "stage": { "type": "string", "enum": STAGES }, "at": maybe("string", "When it happened; now, if absent."),
            "value": reference("Value"), "reason": maybe("string", ""), "fact": maybe("string", "The fact's name in its source."),
        }))),
        "Staged": object(&["did", "lead", "stage", "closed"], json!({ "did": text(""), "lead": text(""), "stage": text("The stage now."), "closed": { "type": "boolean" } })),
        "Assignment": closed(object(&["rep", "by"], json!({ "rep": text("Who gets it."), "by": text("The person who decides it."), "reason": maybe("string", "") }))),
        "Transferred": object(&["did", "lead", "to"], json!({
            "did": text(""), "lead": text(""), "from": maybe("string", "The owner before."), "to": text("The owner now."),
            "over": list(text("A limit of the new owner that this exceeds.")),
        })),
        "Score": object(&["value", "would", "candidates"], json!({
            "lead_score": maybe("number", "Probability of a win over the candidates."), "expected_value": maybe("number", ""),
            "value": number(""), "completeness": number(""), "would": { "type": "object" }, "candidates": list(reference("Candidate")),
            "warnings": list(reference("FieldError")),
        })),
        "Reps": object(&["reps"], json!({ "reps": list(reference("Rep")) })),
        "Rep": object(&["id", "available", "state"], json!({
            "id": text(""), "name": text(""), "team": maybe("string", ""), "active": { "type": "boolean" },
            "available": { "type": "boolean", "description": "Takes leads now." },
            "state": { "type": "string", "enum": ["here", "closed", "absent", "inactive"] },
            "until": maybe("string", "When an absence ends or a closed calendar opens."),
            "returns_at": maybe("string", "When this rep is next open and not absent."),
            "stand_in": maybe("string", "Who stands in."), "overrides": list(json!({ "type": "object" })),
            "limits": list(json!({ "type": "object" })),
            "turns": list(object(&["pool"], json!({
                "pool": text(""), "measure": text(""), "window": text(""), "weight": { "type": "integer" },
                "taken": number("In the window, in the pool's measure."), "entitled": number("By weight."),
                "deficit": number("Still to come; negative: had in advance."), "owed": number("From absence, paid by the day."),
            }))),
        })),
        "Absences": object(&["absences", "overrides"], json!({ "absences": list(json!({ "type": "object" })), "overrides": list(json!({ "type": "object" })) })),
        "Absence": closed(object(&["rep"], json!({
            "rep": text("By id, address or name."), "from": maybe("string", "A date (that day's beginning on the rep's clock) or RFC 3339; now, if absent."),
            "until": maybe("string", "The first day back, or RFC 3339; an absence without it has no known end."),
            "backup": maybe("string", "Who stands in during the absence."),
            "to": maybe("string", "An override: who gets the rep's leads."), "pool": maybe("string", "An override: only in this pool."),
        }))),
        "AbsenceCreated": object(&["id", "created"], json!({ "id": text(""), "created": { "type": "boolean" }, "snapshot": text("What is live now.") })),
        "AbsenceRemoved": object(&["id"], json!({ "id": text(""), "snapshot": text("What is live now.") })),
        "AbsencesImported": object(&["absences", "added", "removed"], json!({
            "absences": { "type": "integer" }, "added": { "type": "integer" }, "removed": { "type": "integer" },
            "skipped": list(text("A row that names nobody of the roster.")), "snapshot": text("What is live now."),
        })),
        "Credit": closed(object(&["reason"], json!({
            "reason": { "type": "string", "enum": pointsman_domain::CreditReason::ALL.map(pointsman_domain::CreditReason::as_str) },
            "by": maybe("string", "The person who decides it; the caller, if absent."),
        }))),
        "Credited": object(&["did", "lead", "reason"], json!({
            "did": text(""), "lead": text(""), "reason": text(""), "reps": list(text("Whose account it was taken off.")),
            "quotas": list(text("A limit that got a place back.")), "pools": list(text("A pool in which a turn was given back.")),
        })),
        "Prices": object(&["epoch", "unit", "prices"], json!({
            "epoch": { "type": "integer" }, "solved_at": maybe("string", "When."), "unit": text("minor units, or wins."),
            "solved_from": { "type": ["object", "null"] }, "prices": list(json!({ "type": "object" })),
        })),
        "Audit": object(&["holds"], json!({ "holds": { "type": "boolean" }, "chain": { "type": "object" }, "ledger": { "type": "object" } })),
        "Status": object(&["status"], json!({ "status": text("") })),
        "FieldError": object(&["field", "problem"], json!({ "field": text("Its path in the body."), "problem": text("") })),
        "Problem": object(&["type", "title", "status", "detail", "next"], json!({
            "type": text("The slug's place in /docs."), "title": text(""), "status": { "type": "integer" }, "detail": text(""),
            "next": text("What to do about it."), "errors": list(reference("FieldError")),
            "present": { "type": ["object", "null"], "description": "How the thing is now, where somebody else changed it; null: it is not there." },
        })),
    });
    merge(&mut all, &of_intake());
    merge(&mut all, &of_access());
    merge(&mut all, &of_experiments());
    merge(&mut all, &of_figures());
    merge(&mut all, &of_deliveries());
    merge(&mut all, &of_responses());
    merge(&mut all, &of_people());
    merge(&mut all, &of_hooks());
    all
}

/// Schemas of the ways in besides one lead as JSON.
fn of_intake() -> Value {
    json!({
        "Activity": closed(object(&["kind"], json!({
            "lead": maybe("string", "The lead's id; or source and external_id."), "source": maybe("string", ""), "external_id": maybe("string", ""),
            "kind": { "type": "string", "enum": ["call", "mail", "meeting", "task"] },
            "at": maybe("string", "When it happened; now, if absent."), "reached": { "type": "boolean", "default": false, "description": "The person was reached; a meeting always reaches." },
            "rep": maybe("string", "Who did it."), "activity": maybe("string", "Its name in its source: told twice, it counts once."),
        }))),
        "LeadForm": object(&["source"], json!({
            "source": text("The system it comes from."), "external_id": text("Its name there."), "name": text("The person's."), "email": text(""),
            "phone": text(""), "company": text("Its name."), "domain": text("The company's."), "originator": text(""),
        })),
        "LeadBatch": closed(object(&["leads"], json!({ "leads": { "type": "array", "minItems": 1, "maxItems": 500, "items": { "type": "object", "description": "A lead; one that is wrong is told so in its row." } } }))),
        "LeadBatchAnswer": object(&["rows", "taken", "refused"], json!({
            "rows": list(object(&["row", "status"], json!({
                "row": { "type": "integer", "description": "Its place in the request, from 0." }, "status": { "type": "integer", "description": "As it would have been alone." },
                "lead": reference("LeadAnswer"), "problem": reference("Problem"),
            }))),
            "taken": { "type": "integer" }, "refused": { "type": "integer" },
        })),
    })
}

/// Schemas of figures: what `pointsman kpi --json` prints, with the moment that it is of.
fn of_figures() -> Value {
    let moment = json!({
        "measured_at": text("RFC 3339: leads that wait have waited until then."),
        "seq": { "type": "integer", "description": "Where the record stood." },
    });
    let mut all = json!({
        "Kpis": object(&["about", "overview", "measured_at", "seq"], json!({
            "about": { "type": "object", "description": "Period, filters, number of leads, provenance." },
            "overview": { "type": "object", "description": "Every figure with value, interval, n and pending, or why it is not measured; now and before." },
            "spec": { "type": "object", "description": "kpi.toml." },
        })),
        "Kpi": object(&["about", "detail", "definition", "measured_at", "seq"], json!({
            "about": { "type": "object" }, "detail": { "type": "object", "description": "The figure, the period before, the way there, by groups." },
            "definition": { "type": "object", "description": "Slug, formula, unit, window, what must feed it." }, "spec": { "type": "object" },
        })),
        "Flow": object(&["flow", "from", "until", "currency", "zone", "measured_at", "seq"], json!({
            "flow": { "type": "object", "description": "What 'pointsman flow --json' prints." },
            "from": { "type": "object", "description": "The first lead's day." }, "until": { "type": "object", "description": "The last thing's day." },
            "currency": text("Of amounts."), "zone": text("Of days and hours."), "calendar": maybe("string", "Working hours; absent: Monday to Friday, 9 to 17."),
            "quiet": { "description": "Touched once and left alone this long is dropped." }, "provenance": { "type": "object" },
        })),
        "KpiLeads": object(&["total", "leads", "measured_at", "seq"], json!({
            "total": { "type": "integer" }, "next": maybe("string", "The next page's cursor."),
            "leads": list(object(&["lead", "arrived_at", "stage", "custody"], json!({
                "lead": text("Its id."), "arrived_at": text("RFC 3339."), "rep": text("The first owner; empty: nobody yet."), "team": text(""), "source": text(""),
                "stage": text(""), "custody": text(""), "value": maybe("number", "What it counts with; absent: pending."),
            }))),
        })),
    });
    merge(&mut all, &of_returns());
    for schema in ["Kpis", "Kpi", "KpiLeads", "Flow"] {
        merge(&mut all[schema]["properties"], &moment);
    }
    all
}

/// Schemas of what quarters brought in.
fn of_returns() -> Value {
    let amount = || json!({ "type": "object", "description": "Minor units: value, low, high." });
    let view = json!({
        "quarter": text("2026-Q3."), "told_at": text("RFC 3339."), "by": text("Who kept it."), "net": amount(), "benefit": amount(),
        "cost": { "type": "number", "description": "Minor units." }, "currency": text("ISO 4217."),
        "claim": { "type": "string", "enum": ["caused", "unlike_elsewhere", "off_trend", "unlike_before", "as_stated", "undecided"] },
    });
    let needed = ["quarter", "told_at", "by", "net", "benefit", "cost", "currency", "claim"];
    let mut whole = object(&[&needed[..], &["result", "mature", "provenance"]].concat(), view.clone());
    merge(
        &mut whole["properties"],
        &json!({
            "result": { "type": "object", "description": "The file as read, the baseline, components, comparisons, outlook, rehearsal, tornado." },
            "mature": { "type": "boolean", "description": "Every lead of the period has had its time." },
            "provenance": { "type": "object" },
        }),
    );
    json!({
        "Returns": object(&["quarters"], json!({ "quarters": list(object(&needed, view)) })),
        "Return": whole,
        "ReturnFiles": closed(object(&["spec", "frozen"], json!({
            "spec": text("The text of roi.toml."), "frozen": text("The text of the frozen baseline."),
            "seed": maybe("integer", "Draws the rehearsal; 1 if absent."), "by": maybe("string", "The person; the key's name if absent."),
        }))),
    })
}

/// Schemas of keys, users and logins.
fn of_access() -> Value {
    let roles = Role::ALL.map(Role::as_str);
    let roles_or_null: Vec<Option<&str>> = roles.iter().copied().map(Some).chain([None]).collect();
    let mut shown = object(&["key", "id", "name", "scopes"], key());
    merge(&mut shown["properties"], &json!({ "key": text("The key itself, shown this once.") }));
    json!({
        "Keys": object(&["keys"], json!({ "keys": list(reference("Key")) })),
        "Key": object(&["id", "name", "scopes", "valid", "made_at", "made_by"], key()),
        "KeyShown": shown,
        "NewKey": closed(object(&["name", "scopes"], json!({
            "name": text("Who uses it."), "scopes": list(text("A scope, or a role for its scopes.")),
            "rate": maybe("integer", "Requests a second; the server's default, if absent."), "expires_at": maybe("string", "RFC 3339."),
        }))),
        "Rotation": closed(object(&[], json!({ "grace_hours": { "type": "integer", "minimum": 0, "maximum": 65535, "default": 24, "description": "Hours for which the old key still counts." } }))),
        "Users": object(&["users"], json!({ "users": list(reference("User")) })),
        "User": object(&["name", "role", "made_at", "made_by"], json!({
            "name": text(""), "role": { "type": "string", "enum": roles }, "rep": maybe("string", "The rep that this person is."),
            "made_at": text("RFC 3339."), "made_by": text(""), "disabled_at": maybe("string", "Since when they are kept out."),
        })),
        "NewUser": closed(object(&["name", "password", "role"], json!({
            "name": text(""), "password": text("At least 12 characters."), "role": { "type": "string", "enum": roles }, "rep": maybe("string", "For the role rep."),
        }))),
        "UserChange": closed(object(&[], json!({
            "password": maybe("string", ""), "role": { "type": ["string", "null"], "enum": roles_or_null }, "disabled": maybe("boolean", ""),
        }))),
        "Login": object(&["name", "password"], json!({ "name": text(""), "password": text(""), "next": text("Where to go then.") })),
    })
}

/// Schemas of what other systems send by themselves.
fn of_hooks() -> Value {
    json!({
        "HookBody": { "description": "As the source's mapping reads it.", "oneOf": [
            { "type": "object" }, { "type": "array", "minItems": 1, "maxItems": 500, "items": { "type": "object" } },
        ] },
        "HookAnswer": object(&["rows", "taken", "refused"], json!({
            "rows": list(object(&["row", "status"], json!({
                "row": { "type": "integer", "description": "Its place in the body, from 0." }, "status": { "type": "integer" },
                "lead": maybe("string", ""), "answer": reference("LeadAnswer"), "problem": reference("Problem"),
            }))),
            "taken": { "type": "integer" }, "refused": { "type": "integer" },
        })),
    })
}

/// Schemas of persons and companies.
fn of_people() -> Value {
    let account = json!({
        "name": { "type": "string" }, "domain": maybe("string", "As example.com."), "external_id": maybe("string", "Its id in the system it comes from."),
        "parent": maybe("string", "The id of the company above it."), "owner": maybe("string", "The rep whose company it is."),
    });
    let contact = json!({
        "name": maybe("string", ""), "email": maybe("string", ""), "phone": maybe("string", "As written; kept as E.164."),
        "external_id": maybe("string", "Their id in the system they come from."), "account": maybe("string", "The id of their company."),
        "owner": maybe("string", "The rep who deals with them."),
    });
    let view = |of: &Value, id: &str| {
        let mut all = json!({ "id": text(id), "version": { "type": "integer", "description": "As the ETag has it." } });
        merge(&mut all, of);
        all
    };
    let mut account_view = view(&account, "The company's id.");
    account_view["name_key"] = text("What it is matched by: without accents and legal form.");
    json!({
        "Account": closed(object(&[], account.clone())),
        "AccountChange": closed(object(&[], account)),
        "AccountView": object(&["id", "name", "version"], account_view),
        "AccountList": object(&["accounts"], json!({ "accounts": list(reference("AccountView")), "next": maybe("string", "The next page's cursor.") })),
        "AccountMatch": object(&["account", "by", "steps"], json!({
            "account": { "oneOf": [reference("AccountView"), { "type": "null" }] },
            "by": { "type": ["string", "null"], "enum": ["domain", "name", null] }, "domain": maybe("string", "What was looked for."),
            "name_key": maybe("string", "What was looked for."), "steps": list(text("In words.")),
        })),
        "Contact": closed(object(&[], contact.clone())),
        "ContactChange": closed(object(&[], contact.clone())),
        "ContactView": object(&["id", "version"], view(&contact, "The person's id.")),
        "ContactList": object(&["contacts"], json!({ "contacts": list(reference("ContactView")), "next": maybe("string", "The next page's cursor.") })),
        "Person": object(&["format", "contact", "keys", "leads", "erasures"], json!({
            "format": { "type": "integer" }, "contact": { "type": "object" }, "keys": list(json!({ "type": "object" })),
            "leads": list(json!({ "type": "object" })), "erasures": list(json!({ "type": "object" })),
        })),
        "Erasure": closed(object(&["request"], json!({
            "request": text("Its name, in 1 to 100 bytes: what verifying the record shall say. Nothing personal."),
            "by": maybe("string", "Who decides it; the caller, if absent."),
        }))),
        "Erased": object(&["contact", "request", "seq", "leads", "closed", "keys"], json!({
            "contact": text(""), "request": text(""), "seq": { "type": "integer", "description": "Its row of the record." },
            "leads": { "type": "integer" }, "closed": { "type": "integer", "description": "Leads that were open." }, "keys": { "type": "integer" },
        })),
    })
}

/// Schemas of what reps say.
fn of_responses() -> Value {
    json!({
        "Acceptance": closed(object(&[], json!({ "rep": maybe("string", "Who takes it; the rep who is logged in, if absent.") }))),
        "Refusal": closed(object(&["reason"], json!({
            "rep": maybe("string", "Who does not take it; the rep who is logged in, if absent."), "reason": text("Why, in at most 500 bytes; kept in the history."),
        }))),
        "Responded": object(&["did", "lead", "rep", "custody"], json!({
            "did": { "type": "string", "enum": ["accepted", "declined"] }, "lead": text(""), "rep": text(""),
            "custody": { "type": "string", "enum": ["owned", "offered", "held", "parked", "closed"], "description": "Where the lead is now." },
            "decision": maybe("string", "The new decision, after a decline."), "owner": maybe("string", "Who has it or is asked now; a rep sees only themselves."),
        })),
        "Answer": object(&["answer"], json!({
            "answer": { "type": "string", "enum": ["accepted", "declined", "contacted", "unqualified"] }, "reason": text("Of a decline."),
        })),
    })
}

/// Schemas of messages to other systems.
fn of_deliveries() -> Value {
    json!({
        "Deliveries": object(&["sinks", "deliveries"], json!({
            "sinks": list(object(&["name", "delivered", "waiting", "dead", "lag_seconds"], json!({
                "name": text("The receiver."), "url": maybe("string", "Without its query."), "seq": { "type": "integer", "description": "The last row of the record that it was told of." },
                "delivered": { "type": "integer" }, "last_at": maybe("string", "When something last arrived."), "waiting": { "type": "integer" },
                "dead": { "type": "integer", "description": "Given up." }, "lag_seconds": number("Age of the oldest thing it was not told yet."),
                "error": maybe("string", "What was wrong last."),
            }))),
            "deliveries": list(reference("Delivery")), "next": maybe("string", "The next page's cursor."),
        })),
        "Delivery": object(&["id", "sink", "event", "state", "attempts"], json!({
            "id": text("The receiver's name, a dot, the event's place in the record."), "sink": text("The receiver."), "event": text("lead.owned, for example."),
            "lead": maybe("string", ""), "at": text("When it happened."), "state": { "type": "string", "enum": ["waiting", "dead"] },
            "attempts": { "type": "integer", "description": "0: it waits behind another message of its lead." },
            "due": maybe("string", "When it is tried again."), "failed_at": maybe("string", ""), "error": maybe("string", "What was wrong last."),
        })),
    })
}

fn key() -> Value {
    json!({
        "id": text("The key's id, the middle of its text."), "name": text("Who uses it."), "scopes": list(text("What it may do.")),
        "rate": maybe("integer", "Requests a second."), "valid": { "type": "boolean" }, "made_at": text("RFC 3339."), "made_by": text(""),
        "expires_at": maybe("string", ""), "revoked_at": maybe("string", ""), "revoked_by": maybe("string", ""),
    })
}

/// Schemas of experiments.
fn of_experiments() -> Value {
    json!({
        "Draft": closed(object(&["spec"], json!({
            "spec": text("The text of an experiment.toml."), "by": maybe("string", "The person; the key's name if absent."),
            "reason": maybe("string", "Kept in the history."),
        }))),
        "Step": closed(object(&["action", "reason"], json!({
            "action": { "type": "string", "enum": ["start", "pause", "resume", "reweigh", "stop", "decide", "promote"] },
            "by": maybe("string", "The person; the key's name if absent."), "reason": text("Kept in the history."),
            "winner": maybe("string", "With decide: the variant."), "weights": { "type": ["array", "null"], "items": { "type": "number" } },
            "reviewed": maybe("string", "With promote: the name of the change that was read."),
        }))),
        "Look": closed(object(&[], json!({ "by": maybe("string", "The person; the key's name if absent.") }))),
        "Experiment": object(&["id", "state"], json!({
            "id": text("Its id."), "state": { "type": "string", "enum": ["draft", "running", "paused", "stopped", "decided", "promoted"] },
            "hypothesis": text(""), "owner": text(""), "design": text(""), "variants": list(text("")), "spec": text("experiment.toml."),
            "started_at": maybe("string", ""), "done": maybe("number", "Share of the planned time."), "looks": { "type": "integer" },
            "winner": maybe("string", ""), "frozen": maybe("string", "Digest of what the start froze."), "epochs": list(json!({ "type": "object" })),
            "history": list(json!({ "type": "object" })), "looks_taken": list(json!({ "type": "object" })), "findings": { "type": "object" },
            "review": { "type": ["object", "null"] },
            "taken": { "type": "boolean", "description": "Of a step. False: the change has to be read first, nothing was written." },
        })),
        "PolicyRow": object(&["name", "rules", "ruling", "document"], json!({
            "name": text("Its name."), "rules": { "type": "integer" }, "ruling": { "type": "boolean", "description": "Whether it decides leads that are in no experiment." },
            "document": text("Digest of its text."),
        })),
        "PolicyList": object(&["snapshot", "policies"], json!({ "snapshot": text("What is live."), "policies": list(reference("PolicyRow")) })),
        "Finding": object(&["kind", "severity", "rules", "message", "example"], json!({
            "kind": text("What kind of mistake."), "severity": { "type": "string", "enum": ["note", "warning", "error"] },
            "rules": list(object(&["rule", "line"], json!({ "rule": text(""), "line": { "type": "integer" } }))),
            "rows": { "type": ["object", "null"] }, "message": text("What is wrong and what to do."),
            "example": { "type": "object", "description": "A lead that shows it; every other field is missing.", "additionalProperties": { "type": "string" } },
        })),
        "Policy": object(&["name", "rules", "ruling", "document", "text", "findings"], json!({
            "name": text("Its name."), "rules": { "type": "integer" }, "ruling": { "type": "boolean" }, "document": text("Digest of its text."),
            "text": text("TOML, as published."), "findings": list(reference("Finding")),
        })),
        "PolicyDraft": object(&["policy"], json!({ "policy": text("TOML.") })),
        "PolicyChecked": object(&["policy", "rules", "findings"], json!({
            "policy": text("Its name."), "rules": { "type": "integer" }, "findings": list(reference("Finding")),
        })),
        "PolicyPublish": object(&["policy", "reason"], json!({
            "policy": text("TOML."), "rule": { "type": "boolean", "description": "Also make it the policy that rules." },
            "by": text("The person; who has the key, if absent."), "reason": text("Why; recorded."),
        })),
        "PolicyPublished": object(&["name", "document", "snapshot", "changed"], json!({
            "name": text(""), "rules": { "type": "integer" }, "ruling": { "type": "boolean" }, "document": text("Digest of its text."),
            "snapshot": text("What is live now."), "changed": { "type": "boolean", "description": "False: it was live already." },
        })),
        "ExperimentList": object(&["experiments"], json!({ "experiments": list(reference("Experiment")) })),
        "Advice": object(&["observed", "advice", "may_start"], json!({
            "findings": { "type": "object" }, "observed": { "type": "object" }, "uses_reps": { "type": "boolean" }, "unit": text(""),
            "advice": list(json!({ "type": "object" })), "design": text(""), "answer": { "type": "object" }, "signed": maybe("string", ""),
            "may_start": { "type": "boolean" },
        })),
        "Outlook": object(&["leads_per_day", "metrics"], json!({
            "leads_per_day": number(""), "leads_per_month": number(""), "days": number("Planned."), "metrics": list(json!({ "type": "object" })),
        })),
        "LookAnswer": object(&["at", "state", "result"], json!({ "at": text(""), "state": text(""), "result": { "type": "object" } })),
    })
}

fn merge(into: &mut Value, from: &Value) {
    if let (Some(into), Some(from)) = (into.as_object_mut(), from.as_object()) {
        into.extend(from.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
}

/// Where a shape of this name stands in the document.
pub fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
