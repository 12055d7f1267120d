//! Removes from what a worker wrote what differs from run to run: the same defect gives the
//! same finding each night.

/// In place of what is removed.
const GONE: &str = "…";

/// Words before the id of a process or a thread.
const BEFORE_ID: [&str; 5] = ["pid", "tid", "process", "thread", "lwp"];

/// `text` without ids of processes and threads, addresses and times.
pub(super) fn stable(text: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut before = String::new();
    for word in text.split_whitespace() {
        let core = word.trim_matches(|c: char| !c.is_alphanumeric());
        let is_number = !core.is_empty() && core.chars().all(|c| c.is_ascii_digit());
        // Rust names a thread with its id: `thread 'main' (4711) panicked`.
        let is_thread = before.ends_with('\'') && word.starts_with('(') && is_number;
        let last = before.trim_end_matches([':', '=']).to_ascii_lowercase();
        let is_id = is_number && BEFORE_ID.iter().any(|name| last == *name);
        before = word.to_owned();
        if is_thread {
            continue;
        }
        out.push(if is_id || is_time(core) {
            word.replacen(core, GONE, 1)
        } else {
            without_id(&without_addresses(word))
        });
    }
    out.join(" ")
}

/// `word` in which `pid=4711` and its like have no number.
fn without_id(word: &str) -> String {
    let Some((name, value)) = word.split_once(['=', ':']) else {
        return word.to_owned();
    };
    let digits = value.chars().take_while(char::is_ascii_digit).count();
    let is_id = BEFORE_ID.iter().any(|id| name.eq_ignore_ascii_case(id));
    if is_id && digits > 0 {
        let separator = &word[name.len()..=name.len()];
        format!("{name}{separator}{GONE}{}", &value[digits..])
    } else {
        word.to_owned()
    }
}

/// `word` with `0x…` for each address.
fn without_addresses(word: &str) -> String {
    let mut parts = word.split("0x");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.chars().take_while(char::is_ascii_hexdigit).count();
        out.push_str("0x");
        // A short number is a constant, and no address.
        out.push_str(if digits < 5 { &part[..digits] } else { GONE });
        out.push_str(&part[digits..]);
    }
    out
}

/// Whether `word` is a date, a time of day or a duration.
fn is_time(word: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let date = word.get(..10).unwrap_or_default();
    let mut of_date = date.split('-');
    let is_date = of_date.clone().count() == 3 && of_date.all(is_number);
    let mut of_day = word.split([':', '.']);
    let is_of_day = word.matches(':').count() == 2 && of_day.all(is_number);
    let unit = ["ns", "µs", "us", "ms", "s"].into_iter();
    let mut amounts = unit.filter_map(|unit| word.strip_suffix(unit));
    let is_amount = |text: &str| is_number(&text.replacen('.', "", 1));
    is_date || is_of_day || amounts.any(is_amount)
}

#[cfg(test)]
mod tests {
    use super::stable;

    #[test]
    fn ids_addresses_and_times_are_removed_and_the_rest_stays() {
        for (text, expected) in [
            (
                "thread 'main' (9782) has overflowed its stack",
                "thread 'main' has overflowed its stack",
            ),
            (
                "thread '<unnamed>' (12) panicked at src/a.rs:12:5: index 4 of 3",
                "thread '<unnamed>' panicked at src/a.rs:12:5: index 4 of 3",
            ),
            (
                "memory allocation of 1048576 bytes failed",
                "memory allocation of 1048576 bytes failed",
            ),
            ("fault at 0x7ffe12ab34 (0x10)", "fault at 0x… (0x10)"),
            ("pc=0x00007f12ab,", "pc=0x…,"),
            ("worker pid 4711, tid=12 ended", "worker pid …, tid=… ended"),
            (
                "2026-11-29T07:01:15Z error after 1.52ms, 07:01:15.003 [12s]",
                "… error after …, … […]",
            ),
            (
                "malloc(): corrupted top size",
                "malloc(): corrupted top size",
            ),
            ("(3) of 4: '' (ok)", "(3) of 4: '' (ok)"),
            ("é 0xé 1.s s", "é 0xé … s"),
        ] {
            assert_eq!(stable(text), expected);
        }
    }
}
