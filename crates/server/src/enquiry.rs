//! A body to an enquiry: every field read as its attribute's type, e-mail, phone, country and
//! company in one spelling. All faults of a body are reported together.

use std::collections::{BTreeMap, btree_map::Entry};

use pointsman_decision::Snapshot;
use pointsman_domain::{
    AccountId, AttributeIndex, AttributeSchema, AttributeType, ContactId, Entity, Instant, LeadId, Money, RepId, Value,
    Values,
};
use pointsman_intake::{completeness, duplicate_keys, normalise};
use pointsman_store::{
    Enquiry, Outside,
    enquiry::{Company, Person},
};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::{
    config::ServeConfig,
    error::{FieldError, Problem},
};

/// `POST /v1/leads`, as sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeadBody {
    /// The system it comes from: `website`, `hubspot`.
    pub source: String,
    /// Its name there; the same source and name is the same lead.
    pub external_id: Option<String>,
    /// By the names of `attributes.toml`.
    #[serde(default)]
    pub attributes: BTreeMap<String, Json>,
    pub contact: Option<PersonBody>,
    pub account: Option<CompanyBody>,
    pub value: Option<ValueBody>,
    /// The rep who created an outbound lead.
    pub originator: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonBody {
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompanyBody {
    pub name: Option<String>,
    pub domain: Option<String>,
}

/// What a win is worth.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "expected {\"minor_units\": 120000} or {\"amount\": \"1200.00\", \"currency\": \"EUR\"}"
)]
pub enum ValueBody {
    Minor { minor_units: i64 },
    Amount { amount: String, currency: String },
}

impl LeadBody {
    /// A form's fields: the lead's own by their names, those of the person and the company by
    /// the names that forms usually have, every other one an attribute. A field that comes
    /// several times is a list; an empty one is not there.
    pub fn of_form(fields: Vec<(String, String)>) -> Result<Self, Problem> {
        // What was no UTF-8 comes as this character.
        if fields.iter().any(|(field, text)| field.contains('\u{fffd}') || text.contains('\u{fffd}')) {
            return Err(Problem::Body("the form is not UTF-8".into()));
        }
        let mut body = Self {
            source: String::new(),
            external_id: None,
            attributes: BTreeMap::new(),
            contact: None,
            account: None,
            value: None,
            originator: None,
        };
        for (field, text) in fields.into_iter().filter(|(_, text)| !text.trim().is_empty()) {
            let person = || PersonBody { name: None, email: None, phone: None };
            let company = || CompanyBody { name: None, domain: None };
            match field.as_str() {
                "source" => body.source = text,
                "external_id" => body.external_id = Some(text),
                "originator" => body.originator = Some(text),
                "name" => body.contact.get_or_insert_with(person).name = Some(text),
                "email" => body.contact.get_or_insert_with(person).email = Some(text),
                "phone" => body.contact.get_or_insert_with(person).phone = Some(text),
                "company" => body.account.get_or_insert_with(company).name = Some(text),
                "domain" => body.account.get_or_insert_with(company).domain = Some(text),
                _ => match body.attributes.entry(field) {
                    Entry::Vacant(entry) => {
                        entry.insert(Json::String(text));
                    }
                    Entry::Occupied(mut entry) => match entry.get_mut() {
                        Json::Array(texts) => texts.push(Json::String(text)),
                        first => *first = Json::Array(vec![first.take(), Json::String(text)]),
                    },
                },
            }
        }
        Ok(body)
    }
}

/// What was read, with remarks on what could not be used.
#[derive(Debug)]
pub struct Read {
    pub enquiry: Enquiry,
    pub warnings: Vec<FieldError>,
}

/// Texts longer than this are no attribute, name or address.
const MOST_TEXT: usize = 2_000;

/// Reads a body against the live schema.
pub fn read(body: &LeadBody, snapshot: &Snapshot, config: &ServeConfig, outside: &Outside) -> Result<Read, Problem> {
    let mut faults = Vec::new();
    let mut warnings = Vec::new();
    let at = outside.now();
    let source = short_text("source", &body.source, &mut faults);
    let external_id = body.external_id.as_ref().and_then(|id| short_text("external_id", id, &mut faults));
    if body.source.trim().is_empty() {
        faults.push(FieldError::new("source", "is empty: name the system the lead comes from"));
    }
    let attributes = attributes(&snapshot.schema, &body.attributes, &mut faults);
    let country = country(&snapshot.schema, &attributes).unwrap_or_else(|| config.country.clone());
    let person = body.contact.as_ref().map(|person| read_person(person, &country, &mut faults, &mut warnings));
    let company = read_company(body, person.as_ref(), &mut faults, &mut warnings);
    let value = body.value.as_ref().and_then(|value| money(value, snapshot, &mut faults));
    let originator = body.originator.as_ref().and_then(|id| rep("originator", id, snapshot, &mut faults));
    if !faults.is_empty() {
        return Err(Problem::Fields(faults));
    }
    let (email, phone) = person.as_ref().map_or((None, None), |p| (p.email.as_deref(), p.phone.as_deref()));
    let keys = duplicate_keys(email, phone, &country).iter().map(|key| key.to_string().into()).collect();
    let enquiry = Enquiry {
        id: LeadId::new(at, outside.chance()),
        source: source.unwrap_or_default(),
        external_id,
        at,
        completeness: completeness(&snapshot.schema, Entity::Lead, &attributes).share(),
        attributes,
        value,
        originator,
        person,
        company,
        duplicate_keys: keys,
        duplicate_window: config.duplicate_window,
        contact: ContactId::new(at, outside.chance()),
        account: AccountId::new(at, outside.chance()),
    };
    Ok(Read { enquiry, warnings })
}

/// Trimmed; `None` when empty; too long is a fault.
pub(crate) fn short_text(field: &str, text: &str, faults: &mut Vec<FieldError>) -> Option<Box<str>> {
    let trimmed = text.trim();
    if trimmed.len() > MOST_TEXT {
        faults.push(FieldError::new(field, format!("is longer than {MOST_TEXT} bytes")));
        return None;
    }
    (!trimmed.is_empty()).then(|| trimmed.into())
}

fn attributes(schema: &AttributeSchema, given: &BTreeMap<String, Json>, faults: &mut Vec<FieldError>) -> Values {
    let mut values = Values::missing(schema.len());
    for (name, json) in given {
        let field = format!("attributes.{name}");
        let Some(index) = find(schema, name) else {
            faults.push(FieldError::new(field, unknown(schema)));
            continue;
        };
        match value(schema, index, json) {
            Ok(value) => values.set(index, value),
            Err(problem) => faults.push(FieldError::new(field, problem)),
        }
    }
    values
}

/// A lead's attribute by its name; one of the company or person with its entity in front.
fn find(schema: &AttributeSchema, name: &str) -> Option<AttributeIndex> {
    match name.split_once('.') {
        Some(("account", name)) => schema.find(Entity::Account, name),
        Some(("contact", name)) => schema.find(Entity::Contact, name),
        Some(("lead", name)) => schema.find(Entity::Lead, name),
        _ => schema.find(Entity::Lead, name),
    }
}

fn unknown(schema: &AttributeSchema) -> String {
    let names: Vec<String> = schema
        .iter()
        .take(12)
        .map(|(_, entity, attribute)| match entity {
            Entity::Lead => attribute.name.to_string(),
            Entity::Account => format!("account.{}", attribute.name),
            Entity::Contact => format!("contact.{}", attribute.name),
        })
        .collect();
    format!("is no attribute of this workspace; there are {}", names.join(", "))
}

fn value(schema: &AttributeSchema, index: AttributeIndex, json: &Json) -> Result<Option<Value>, String> {
    let Some((_, attribute)) = schema.get(index) else { return Ok(None) };
    let text = match json {
        Json::Null => return Ok(None),
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        Json::Bool(yes) => yes.to_string(),
        Json::Array(items) if attribute.kind == AttributeType::List => {
            let texts = items.iter().map(|item| item.as_str().filter(|text| text.len() <= MOST_TEXT).map(Into::into));
            let texts: Option<Box<[Box<str>]>> = texts.collect();
            return texts.map(|texts| Some(Value::List(texts))).ok_or_else(|| "is not a list of texts".into());
        }
        Json::Array(_) => return Err("is a list, but the attribute is not".into()),
        Json::Object(_) => return Err("is an object; attributes are single values or lists of texts".into()),
    };
    if text.len() > MOST_TEXT {
        return Err(format!("is longer than {MOST_TEXT} bytes"));
    }
    let text = match attribute.kind {
        AttributeType::Country => normalise::country(&text).map_or(text, str::to_owned),
        AttributeType::Postcode => normalise::postcode(&text),
        _ => text,
    };
    attribute.parse(&text).map_err(|error| error.to_string())
}

fn country(schema: &AttributeSchema, values: &Values) -> Option<String> {
    let country = schema
        .iter()
        .find(|(_, entity, attribute)| *entity == Entity::Lead && attribute.kind == AttributeType::Country);
    match values.get(country?.0)? {
        Value::Text(code) => Some(code.to_string()),
        _ => None,
    }
}

fn read_person(
    body: &PersonBody,
    country: &str,
    faults: &mut Vec<FieldError>,
    warnings: &mut Vec<FieldError>,
) -> Person {
    let given = |field: &str, text: &Option<String>, faults: &mut Vec<FieldError>| {
        text.as_ref().and_then(|text| short_text(field, text, faults))
    };
    let name = given("contact.name", &body.name, faults);
    let email = given("contact.email", &body.email, faults).and_then(|text| {
        let address = normalise::email(&text);
        if address.is_none() {
            faults.push(FieldError::new("contact.email", format!("'{}' is not an e-mail address", shown(&text))));
        }
        address.map(Into::into)
    });
    // A form takes any phone number; one that cannot be read costs the lead its second key, not its place.
    let phone = given("contact.phone", &body.phone, faults).and_then(|text| {
        let number = normalise::phone(&text, country);
        if number.is_none() {
            let problem = format!("'{}' is not a phone number that can be dialled; it is ignored", shown(&text));
            warnings.push(FieldError::new("contact.phone", problem));
        }
        number.map(Into::into)
    });
    Person { name, email, phone }
}

fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

/// A company's domain from how people write it.
pub(crate) fn domain(text: &str) -> Result<String, String> {
    let lower = text.trim().to_lowercase();
    let host = lower.split_once("://").map_or(&*lower, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    let plain = host.contains('.') && !host.contains(char::is_whitespace) && host.len() <= 253;
    if plain { Ok(host.to_owned()) } else { Err(format!("'{}' is not a domain like example.com", shown(host))) }
}

/// The company as given, else the one whose domain the address has.
fn read_company(
    body: &LeadBody,
    person: Option<&Person>,
    faults: &mut Vec<FieldError>,
    warnings: &mut Vec<FieldError>,
) -> Option<Company> {
    let given = body.account.as_ref();
    let name = given.and_then(|c| c.name.as_ref()).and_then(|text| short_text("account.name", text, faults));
    let domain = given.and_then(|c| c.domain.as_ref()).and_then(|text| short_text("account.domain", text, faults));
    let domain = domain.and_then(|text| -> Option<Box<str>> {
        let read = self::domain(&text).map_err(|problem| faults.push(FieldError::new("account.domain", problem)));
        read.ok().map(Into::into)
    });
    // Thousands of companies write from there: it must never make them one.
    let domain = domain.filter(|host| {
        let free = normalise::is_free_mail(host);
        if free {
            let problem = format!("'{}' is a mail provider's, not a company's; it is ignored", shown(host));
            warnings.push(FieldError::new("account.domain", problem));
        }
        !free
    });
    let of_mail = || person.and_then(|p| p.email.as_deref()).and_then(normalise::company_domain).map(Box::<str>::from);
    let domain = domain.or_else(of_mail);
    let shown_name = name.clone().or_else(|| domain.clone())?;
    let name_key = name.map_or_else(String::new, |name| normalise::company_key(&name));
    Some(Company { name: shown_name, name_key: name_key.into(), domain })
}

pub fn money(body: &ValueBody, snapshot: &Snapshot, faults: &mut Vec<FieldError>) -> Option<Money> {
    let ours = snapshot.currency;
    let (money, fault) = match body {
        ValueBody::Minor { minor_units } => (Some(Money(*minor_units)), None),
        ValueBody::Amount { currency, .. } if currency != ours.as_str() => {
            (None, Some(("value.currency", format!("'{}' is not the workspace's currency, {ours}", shown(currency)))))
        }
        ValueBody::Amount { amount, .. } => match ours.parse_amount(amount) {
            Some(money) => (Some(money), None),
            None => (None, Some(("value.amount", format!("'{}' is not an amount like 1200.00", shown(amount))))),
        },
    };
    let negative = money.filter(|money| money.minor_units() < 0).map(|_| ("value", "is negative".to_owned()));
    faults.extend(fault.or(negative).map(|(field, problem)| FieldError::new(field, problem)));
    money
}

/// A rep of the roster, by id.
pub fn rep(field: &str, text: &str, snapshot: &Snapshot, faults: &mut Vec<FieldError>) -> Option<RepId> {
    let id = RepId::new(text).map_err(|error| error.to_string());
    let id = id.and_then(|id| match snapshot.roster.rep(id.as_str()) {
        Some(_) => Ok(id),
        None => Err(format!("'{id}' is not in the roster")),
    });
    id.map_err(|problem| faults.push(FieldError::new(field, problem))).ok()
}

/// An instant a client names, not after now by more than a day.
pub fn instant(field: &str, text: &str, now: Instant, faults: &mut Vec<FieldError>) -> Option<Instant> {
    let at: Result<Instant, _> = text.parse();
    let problem = match at {
        Err(error) => error.to_string(),
        Ok(at) if at > now + pointsman_domain::Micros::DAY => "lies in the future".into(),
        Ok(at) => return Some(at),
    };
    faults.push(FieldError::new(field, problem));
    None
}
