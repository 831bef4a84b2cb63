//! `pointsman doctor` and what it says of other systems.

use std::{
    io::{Read, Write},
    net::TcpListener,
    process::Command,
};

use pointsman_tests::binary::{path, stdout};

fn doctor(folder: &str, environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = Command::new(path());
    command.args(["doctor", "--workspace", folder]).envs(environment.iter().copied());
    let output = command.output().expect("the binary runs");
    (output.status.code(), String::from_utf8(output.stdout).expect("UTF-8"))
}

/// Answers one request with this status.
fn collector(status: u16) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = format!("http://{}", listener.local_addr().expect("bound"));
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody comes");
        let mut asked = [0; 4096];
        let read = stream.read(&mut asked).expect("they ask");
        let asked = String::from_utf8_lossy(&asked[..read]).into_owned();
        assert!(asked.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{asked}");
        let answer = format!("HTTP/1.1 {status} Whatever\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).expect("they listen");
    });
    address
}

#[test]
fn it_asks_the_collector_of_traces_whether_it_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let workspace = folder.path().join("w");
    let workspace = workspace.to_str().expect("UTF-8");
    stdout(&["init", workspace]);
    let (_, said) = doctor(workspace, &[]);
    assert!(!said.contains("traces"), "nothing is said where nothing is set: {said}");
    let with = |address: &str| doctor(workspace, &[("OTEL_EXPORTER_OTLP_ENDPOINT", address)]);
    let good = collector(200);
    let (code, said) = with(&good);
    assert!(code == Some(0) && said.contains(&format!("{good}/v1/traces takes spans")), "{said}");
    let (code, said) = with(&collector(401));
    assert!(code == Some(1) && said.contains("takes no spans: it answered 401"), "{said}");
    let (code, said) = with("http://127.0.0.1:1");
    assert!(code == Some(1) && said.contains("takes no spans: cannot connect to 127.0.0.1"), "{said}");
    let key = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector(200)), ("POINTSMAN_TRACES_HEADERS", "x-key=hunter2")];
    let (_, said) = doctor(workspace, &key);
    assert!(said.contains("in the clear") && !said.contains("hunter2"), "{said}");
}
