//! `checks list`.

use super::print;
use crate::exit::{Error, Exit};
use provision_oracle::{Level, checks};

pub(super) fn list() -> Result<Exit, Error> {
    let mut out = String::new();
    for check in checks::all() {
        let level = match check.level {
            Level::Must => "must",
            Level::Publish => "publish",
            Level::Should => "should",
        };
        out += &format!("{:<24} {level:<8} {}\n", check.id, check.requirement);
    }
    print(&out)?;
    Ok(Exit::Conforms)
}
