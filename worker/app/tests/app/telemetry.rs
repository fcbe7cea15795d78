//! Spans and metrics reach a collector when one is configured, and hold nothing of a patient.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::world::{World, configure, exports, musubi};

/// What a collector got: paths and bodies.
type Got = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// A collector that takes everything.
fn collector() -> (u16, Got) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let got = Got::default();
    let taken = got.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let taken = taken.clone();
            std::thread::spawn(move || answer(stream, &taken));
        }
    });
    (port, got)
}

fn answer(mut stream: TcpStream, taken: &Got) {
    while let Some((path, body)) = request(&mut stream) {
        taken.lock().unwrap().push((path, body));
        if stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            .is_err()
        {
            return;
        }
    }
}

fn request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length:")?
                .trim()
                .parse()
                .ok()
        })
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((head.split(' ').nth(1)?.to_owned(), body))
}

#[test]
fn a_run_is_told_to_the_collector_without_a_value_of_anybody() {
    let world = World::new();
    let project = world.path("project");
    let (port, got) = collector();
    configure(&project, |text| {
        format!("{text}[telemetry]\notlp_endpoint = \"http://127.0.0.1:{port}\"\n")
    });
    musubi(&project, "run", 3);
    let told: Vec<(String, Vec<u8>)> = got.lock().unwrap().clone();
    let bodies = |path: &str| -> Vec<u8> {
        let some = told.iter().filter(|(to, _)| to == path);
        some.flat_map(|(_, body)| body.clone()).collect()
    };
    let (spans, metrics) = (bodies("/v1/traces"), bodies("/v1/metrics"));
    let [spans, metrics] =
        [spans, metrics].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(
        spans.contains("run") && spans.contains("store"),
        "no spans came"
    );
    assert!(
        metrics.contains("musubi.rows") && metrics.contains("musubi.stage.duration"),
        "no metrics came"
    );
    let (identities, _) = exports(&project);
    for line in identities.lines().skip(1) {
        let key = line.split(',').nth(1).unwrap();
        let found = key.len() >= 6 && (spans.contains(key) || metrics.contains(key));
        assert!(!found, "a record's key was told");
    }
}
