//! A script stands before the first record.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_PREFIX";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.before = b"#!/bin/sh\nexit\n".to_vec();
});
