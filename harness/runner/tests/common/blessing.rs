//! `BLESS=1`: tests write generated files instead of comparing them.

/// Whether to write generated files instead of comparing them: `BLESS` is `1`.
///
/// # Errors
/// If `BLESS` has another value, so that `BLESS=0` blesses nothing.
pub(crate) fn blessing() -> Result<bool, String> {
    match std::env::var_os("BLESS") {
        None => Ok(false),
        Some(value) if value == "1" => Ok(true),
        Some(value) => Err(format!(
            "BLESS is {}; set it to 1 to write generated files, or unset it to compare them",
            value.to_string_lossy()
        )),
    }
}
