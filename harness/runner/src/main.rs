//! The binary `greentic-provision`.

fn main() -> std::process::ExitCode {
    greentic_provision::cli::main()
}
