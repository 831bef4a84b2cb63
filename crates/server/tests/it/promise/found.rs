//! Each kind of loss is found where it is made, and additions are none.

use serde_json::{Value, json};

use super::{binding, compare::losses, written};

fn description() -> Value {
    pointsman_server::openapi::document()
}

/// The losses against the description after `change`.
fn after(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let (kept, mut now) = (binding(&description()), description());
    change(&mut now);
    losses(&kept, &now)
}

fn at<'a>(document: &'a mut Value, pointer: &str) -> &'a mut Value {
    document.pointer_mut(pointer).unwrap_or_else(|| panic!("nothing at {pointer}"))
}

fn schema<'a>(document: &'a mut Value, name: &str, inside: &str) -> &'a mut Value {
    at(document, &format!("/components/schemas/{name}{inside}"))
}

fn operation<'a>(document: &'a mut Value, path: &str, method: &str, inside: &str) -> &'a mut Value {
    at(document, &format!("/paths/{}/{method}{inside}", path.replace('/', "~1")))
}

fn take(object: &mut Value, key: &str) -> Value {
    object.as_object_mut().unwrap().remove(key).unwrap_or_else(|| panic!("no {key}"))
}

fn take_item(list: &mut Value, value: &str) {
    let list = list.as_array_mut().unwrap();
    let length = list.len();
    list.retain(|item| item != value);
    assert_eq!(list.len() + 1, length, "no {value}");
}

fn check(change: impl FnOnce(&mut Value), expected: &[&str]) {
    assert_eq!(after(change), expected);
}

#[test]
fn nothing_is_lost_where_nothing_changes() {
    check(|_| (), &[]);
    let kept: Value = serde_json::from_str(&written(&binding(&description()))).unwrap();
    assert_eq!(kept, binding(&description()));
}

#[test]
fn operations_and_who_may_call_them() {
    check(|now| drop(take(at(now, "/paths"), "/v1/prices")), &["GET /v1/prices: the operation is gone"]);
    check(|now| drop(take(at(now, "/paths/~1v1~1leads"), "post")), &["POST /v1/leads: the operation is gone"]);
    check(
        |now| *operation(now, "/v1/leads", "get", "/operationId") = json!("leads"),
        &["GET /v1/leads: was called \"listLeads\", is called \"leads\""],
    );
    check(
        |now| *operation(now, "/v1/leads", "get", "/security/0/key/0") = json!("admin"),
        &[
            "GET /v1/leads: asks for [{key:[admin]},{session:[leads:read]}], asked for [{key:[leads:read]},{session:[leads:read]}]",
        ],
    );
}

#[test]
fn parameters() {
    let cursor = "/parameters/1";
    check(
        |now| drop(operation(now, "/v1/leads", "get", "/parameters").as_array_mut().unwrap().remove(1)),
        &["GET /v1/leads query cursor: the parameter is gone"],
    );
    check(
        |now| operation(now, "/v1/leads", "get", cursor)["required"] = json!(true),
        &["GET /v1/leads query cursor: the parameter is required now"],
    );
    check(
        |now| operation(now, "/v1/leads", "get", cursor)["schema"] = json!({ "type": "integer" }),
        &["GET /v1/leads query cursor: was string, is integer"],
    );
    let new =
        |required: bool| json!({ "in": "query", "name": "team", "required": required, "schema": { "type": "string" } });
    let add = |now: &mut Value, parameter| {
        operation(now, "/v1/leads", "get", "/parameters").as_array_mut().unwrap().push(parameter);
    };
    check(|now| add(now, new(true)), &["GET /v1/leads query team: the parameter is required now"]);
    check(|now| add(now, new(false)), &[]);
}

#[test]
fn bodies() {
    check(
        |now| drop(take(schema(now, "Lead", "/properties"), "originator")),
        &["Lead as sent.originator: the property is gone"],
    );
    check(
        |now| drop(take(schema(now, "Lead", "/properties/contact/properties"), "email")),
        &["Lead as sent.contact.email: the property is gone"],
    );
    check(
        |now| *schema(now, "Lead", "/required") = json!(["source", "external_id"]),
        &["Lead as sent.external_id: is required now"],
    );
    check(
        |now| *schema(now, "Lead", "/properties/external_id/type") = json!("string"),
        &["Lead as sent.external_id: was [string,null], is string"],
    );
    check(
        |now| take_item(schema(now, "Outcome", "/properties/stage/enum"), "nurture"),
        &["Outcome as sent.stage: the value \"nurture\" is gone"],
    );
    check(
        |now| schema(now, "Outcome", "/properties/reason")["enum"] = json!(["price", "time"]),
        &["Outcome as sent.reason: takes only [price,time] now"],
    );
    check(
        |now| schema(now, "LeadForm", "")["additionalProperties"] = json!(false),
        &["LeadForm as sent.*: is refused now"],
    );
    check(
        |now| {
            drop(take(
                operation(now, "/v1/leads", "post", "/requestBody/content"),
                "application/x-www-form-urlencoded",
            ));
        },
        &["POST /v1/leads body application/x-www-form-urlencoded: the type of content is gone"],
    );
    check(
        |now| operation(now, "/v1/prices", "get", "")["requestBody"] = json!({ "required": true, "content": {} }),
        &["GET /v1/prices body: is required now"],
    );
    let lost = after(|now| drop(schema(now, "Value", "/oneOf").as_array_mut().unwrap().remove(0)));
    assert!(lost.len() == 1 && lost[0].starts_with("Value as sent: is not taken any more as {"), "{lost:?}");
}

#[test]
fn bounds() {
    check(
        |now| *schema(now, "HookBody", "/oneOf/1/maxItems") = json!(100),
        &[
            r#"HookBody as sent: is not taken any more as {"items":{"type":"object"},"maxItems":500,"minItems":1,"type":"array"}"#,
        ],
    );
    check(|now| *schema(now, "HookBody", "/oneOf/1/maxItems") = json!(1000), &[]);
    check(
        |now| *schema(now, "LeadAnswer", "/properties/priority/maximum") = json!(99),
        &["LeadAnswer as answered.priority: maximum was 9, is 99"],
    );
    check(
        |now| schema(now, "Lead", "/properties/source")["pattern"] = json!("^[a-z]+$"),
        &["Lead as sent.source: pattern was null, is \"^[a-z]+$\""],
    );
}

#[test]
fn answers() {
    check(
        |now| drop(take(operation(now, "/v1/leads", "post", "/responses"), "422")),
        &["POST /v1/leads 422: the status is gone"],
    );
    check(
        |now| drop(take(operation(now, "/v1/leads", "post", "/responses/200"), "content")),
        &["POST /v1/leads 200 application/json: the type of content is gone"],
    );
    check(
        |now| drop(take(schema(now, "LeadAnswer", "/properties"), "sla_due")),
        &["LeadAnswer as answered.sla_due: the property is gone"],
    );
    check(
        |now| take_item(schema(now, "LeadAnswer", "/required"), "state"),
        &["LeadAnswer as answered.state: may be absent now"],
    );
    check(
        |now| *schema(now, "LeadAnswer", "/properties/policy/type") = json!(["string", "null"]),
        &["LeadAnswer as answered.policy: may be null now"],
    );
    check(
        |now| *schema(now, "LeadAnswer", "/properties/priority/type") = json!("number"),
        &["LeadAnswer as answered.priority: was integer, is number"],
    );
    check(
        |now| take_item(schema(now, "LeadAnswer", "/properties/state/enum"), "parked"),
        &["LeadAnswer as answered.state: the value \"parked\" is gone"],
    );
    check(
        |now| drop(take(schema(now, "LeadAnswer", "/properties/state"), "enum")),
        &["LeadAnswer as answered.state: may have any value now"],
    );
    check(
        |now| drop(take(schema(now, "LeadAnswer", "/properties/reasons"), "items")),
        &["LeadAnswer as answered.reasons[]: may be anything now"],
    );
    check(
        |now| *schema(now, "AccountMatch", "/properties/account/oneOf/0") = json!({ "type": "string" }),
        &[r#"AccountMatch as answered.account: may be {"type":"string"} now"#],
    );
}

#[test]
fn a_word_that_the_comparison_does_not_know_is_said() {
    check(
        |now| schema(now, "LeadAnswer", "/properties/policy")["contentEncoding"] = json!("base64"),
        &["LeadAnswer as answered.policy: the comparison does not know 'contentEncoding'"],
    );
}

#[test]
fn additions_pass() {
    check(
        |now| {
            let paths = at(now, "/paths").as_object_mut().unwrap();
            paths.insert("/v1/new".into(), json!({ "get": { "operationId": "new", "responses": {} } }));
            operation(now, "/v1/leads", "post", "/responses")["418"] = json!({ "description": "" });
            schema(now, "Lead", "/properties")["colour"] = json!({ "type": "string" });
            *schema(now, "Lead", "/properties/source/type") = json!(["string", "null"]);
            schema(now, "LeadAnswer", "/properties")["colour"] = json!({ "type": "string" });
            schema(now, "LeadAnswer", "/required").as_array_mut().unwrap().push(json!("policy"));
            *schema(now, "LeadAnswer", "/properties/owner/type") = json!("string");
            *schema(now, "LeadAnswer", "/properties/value/type") = json!("integer");
            schema(now, "Outcome", "/properties/stage/enum").as_array_mut().unwrap().push(json!("paused"));
            schema(now, "Value", "/oneOf").as_array_mut().unwrap().push(json!({ "type": "string" }));
            *operation(now, "/v1/prices", "get", "/security") = json!([]);
            *schema(now, "Lead", "/required") = json!([]);
        },
        &[],
    );
}

/// A schema under another name is the same on the wire.
#[test]
fn a_schema_may_be_renamed() {
    check(
        |now| {
            let schemas = at(now, "/components/schemas");
            let prices = take(schemas, "Prices");
            schemas["PriceBook"] = prices;
            let schema = operation(now, "/v1/prices", "get", "/responses/200/content/application~1json/schema");
            assert_eq!(schema["$ref"], "#/components/schemas/Prices");
            schema["$ref"] = json!("#/components/schemas/PriceBook");
        },
        &[],
    );
}
