//! Tries everything that WASI 0.2 has from inside the sandbox, and answers what
//! it got.

wit_bindgen::generate!({
    world: "probe",
    path: "wit",
});

use serde_json::{Map, Value, json};
use wasip2::cli::{environment, stderr, stdin, stdout, terminal_stdin, terminal_stdout};
use wasip2::clocks::{monotonic_clock, wall_clock};
use wasip2::filesystem::preopens;
use wasip2::io::poll;
use wasip2::random::{insecure, insecure_seed, random};
use wasip2::sockets::network::IpAddressFamily;
use wasip2::sockets::{instance_network, ip_name_lookup, tcp_create_socket, udp_create_socket};

struct Probe;

impl Guest for Probe {
    fn run(_: String) -> Result<String, String> {
        let mut got = Map::new();
        for (name, value) in [
            ("environment", json!(environment::get_environment().len())),
            ("arguments", json!(environment::get_arguments().len())),
            ("folder", json!(environment::initial_cwd())),
            ("directories", json!(preopens::get_directories().len())),
            ("stdin", standard_input()),
            ("stdout", standard_output()),
            ("terminals", json!([
                terminal_stdin::get_terminal_stdin().is_some(),
                terminal_stdout::get_terminal_stdout().is_some(),
            ])),
            ("clocks", clocks()),
            ("random", randomness()),
            ("sockets", sockets()),
        ] {
            got.insert(name.into(), value);
        }
        Ok(json!({ "summary": got }).to_string())
    }
}

fn standard_input() -> Value {
    let input = stdin::get_stdin();
    match input.blocking_read(64) {
        Ok(bytes) => json!(bytes.len()),
        Err(error) => json!(format!("{error:?}")),
    }
}

fn standard_output() -> Value {
    let out = stdout::get_stdout().blocking_write_and_flush(b"out\n");
    let err = stderr::get_stderr().blocking_write_and_flush(b"err\n");
    json!([out.is_ok(), err.is_ok()])
}

fn clocks() -> Value {
    let wall = wall_clock::now();
    let before = monotonic_clock::now();
    let hour = monotonic_clock::subscribe_duration(3_600_000_000_000);
    let ready = poll::poll(&[&hour]);
    hour.block();
    let after = monotonic_clock::now();
    json!({
        "seconds": wall.seconds, "nanoseconds": wall.nanoseconds,
        "resolution": monotonic_clock::resolution(), "ready": ready, "slept": after - before,
    })
}

fn randomness() -> Value {
    json!({
        "bytes": random::get_random_bytes(8),
        "number": random::get_random_u64().to_string(),
        "insecure": insecure::get_insecure_random_u64().to_string(),
        "seed": insecure_seed::insecure_seed(),
    })
}

fn sockets() -> Value {
    let said = |result: Result<(), String>| result.err().unwrap_or_else(|| "it worked".into());
    let tcp = tcp_create_socket::create_tcp_socket(IpAddressFamily::Ipv4);
    let udp = udp_create_socket::create_udp_socket(IpAddressFamily::Ipv6);
    let network = instance_network::instance_network();
    let name = ip_name_lookup::resolve_addresses(&network, "localhost");
    json!({
        "tcp": said(tcp.map(drop).map_err(|e| format!("{e:?}"))),
        "udp": said(udp.map(drop).map_err(|e| format!("{e:?}"))),
        "name": said(name.map(drop).map_err(|e| format!("{e:?}"))),
    })
}

export!(Probe);
