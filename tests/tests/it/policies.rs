//! `pointsman policy` on a company that runs: what would a draft have done with the leads that came?

use pointsman_tests::{binary, server::Server};

#[test]
fn a_draft_is_compared_on_the_leads_that_the_store_decided() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let crm = folder.path().join("crm");
    let workspace = crm.to_str().expect("UTF-8");
    binary::stdout(&["init", workspace]);
    let server = Server::start(&crm);
    for n in 0..6 {
        let country = if n < 4 { "DE" } else { "FR" };
        let body =
            format!(r#"{{"source":"web","external_id":"{n}","attributes":{{"country":"{country}","employees":9}}}}"#);
        assert!(server.post("/v1/leads", &[], &body).status < 300);
    }
    let draft = crm.join("draft.toml");
    let text = std::fs::read_to_string(crm.join("policies/default.toml")).expect("init writes it");
    let first = "\n[[rule]]\nid = \"germany\"\nwhen = \"lead.country == 'DE'\"\nqueue = \"berlin\"\n\n[[rule]]";
    std::fs::write(&draft, text.replacen("\n[[rule]]", first, 1)).expect("written");
    let draft = draft.to_str().expect("UTF-8");
    // Beside the running server.
    let output = binary::run(&["policy", "diff", "default", draft, "--workspace", workspace]);
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("rule 'germany' is new"), "{said}");
    assert!(said.contains("4 of 6 leads of the sample go elsewhere"), "{said}");
    assert!(said.contains("queue 'berlin'"), "{said}");
    drop(server);
    let same = binary::stdout(&["policy", "diff", "default", "default", "--workspace", workspace]);
    assert!(same.contains("all 6 leads of the sample go where they went"), "{same}");
}
