//! Mutations of the names of entries.

use super::mutation::{Apply, Mutation};
use provision_core::codes::FindingCode::{Archive, Check};
use provision_core::codes::{CheckCode, Rule};

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "name_dotdot",
        doc: "A name that leaves the target folder.",
        code: Archive(Rule::NameDots),
        apply: Apply::Archive(|archive| {
            archive.named("../../etc/cron.d/x");
        }),
    },
    Mutation {
        id: "name_dotdot_inside",
        doc: "A name that leaves the target folder in the middle of the path.",
        code: Archive(Rule::NameDots),
        apply: Apply::Archive(|archive| {
            archive.named("a/../../x");
        }),
    },
    Mutation {
        id: "name_dot",
        doc: "A name with a `.` component, so that two names mean one file.",
        code: Archive(Rule::NameDots),
        apply: Apply::Archive(|archive| {
            archive.named("a/./x");
        }),
    },
    Mutation {
        id: "name_empty",
        doc: "An entry without a name.",
        code: Archive(Rule::NameEmpty),
        apply: Apply::Archive(|archive| {
            archive.named("");
        }),
    },
    Mutation {
        id: "name_empty_component",
        doc: "A name with two slashes in a row.",
        code: Archive(Rule::NameEmpty),
        apply: Apply::Archive(|archive| {
            archive.named("a//x");
        }),
    },
    Mutation {
        id: "name_root",
        doc: "A directory that is the root.",
        code: Archive(Rule::NameEmpty),
        apply: Apply::Archive(|archive| {
            archive.named("/");
        }),
    },
    Mutation {
        id: "name_absolute",
        doc: "A name that starts at the root.",
        code: Archive(Rule::NameAbsolute),
        apply: Apply::Archive(|archive| {
            archive.named("/etc/passwd");
        }),
    },
    Mutation {
        id: "name_drive",
        doc: "A name on a drive.",
        code: Archive(Rule::NameAbsolute),
        apply: Apply::Archive(|archive| {
            archive.named("C:/x");
        }),
    },
    Mutation {
        id: "name_drive_relative",
        doc: "A name relative to the current folder of a drive.",
        code: Archive(Rule::NameAbsolute),
        apply: Apply::Archive(|archive| {
            archive.named("c:x");
        }),
    },
    Mutation {
        id: "name_backslash",
        doc: "A name with a backslash, which separates components on Windows.",
        code: Archive(Rule::NameBackslash),
        apply: Apply::Archive(|archive| {
            archive.named("a\\..\\x");
        }),
    },
    Mutation {
        id: "name_unc",
        doc: "A name on another machine.",
        code: Archive(Rule::NameBackslash),
        apply: Apply::Archive(|archive| {
            archive.named("\\\\host\\share\\x");
        }),
    },
    Mutation {
        id: "name_nul",
        doc: "A name with a NUL, where some readers end it.",
        code: Archive(Rule::NameControl),
        apply: Apply::Archive(|archive| {
            archive.named("a.json\0.txt");
        }),
    },
    Mutation {
        id: "name_escape",
        doc: "A name with a terminal escape.",
        code: Archive(Rule::NameControl),
        apply: Apply::Archive(|archive| {
            archive.named("\x1b[2Jx");
        }),
    },
    Mutation {
        id: "name_newline",
        doc: "A name with a line break.",
        code: Archive(Rule::NameControl),
        apply: Apply::Archive(|archive| {
            archive.named("a\n::error::x");
        }),
    },
    Mutation {
        id: "name_delete",
        doc: "A name with a delete character.",
        code: Archive(Rule::NameControl),
        apply: Apply::Archive(|archive| {
            archive.named("a\x7f");
        }),
    },
    Mutation {
        id: "name_stream",
        doc: "A name that is a stream of another file on Windows.",
        code: Check(CheckCode::NameColon),
        apply: Apply::Archive(|archive| {
            archive.named("ab.json:hidden");
        }),
    },
    Mutation {
        id: "name_double_colon",
        doc: "A name with `::`, as in very old packs.",
        code: Check(CheckCode::NameColon),
        apply: Apply::Archive(|archive| {
            archive.named("components/diagnostics::summary.wasm");
        }),
    },
    Mutation {
        id: "name_reserved",
        doc: "A name of a device on Windows.",
        code: Archive(Rule::NameReserved),
        apply: Apply::Archive(|archive| {
            archive.named("CON");
        }),
    },
    Mutation {
        id: "name_reserved_extension",
        doc: "A name of a device on Windows, with an extension.",
        code: Archive(Rule::NameReserved),
        apply: Apply::Archive(|archive| {
            archive.named("a/nul.json");
        }),
    },
    Mutation {
        id: "name_reserved_number",
        doc: "A name of a serial port on Windows.",
        code: Archive(Rule::NameReserved),
        apply: Apply::Archive(|archive| {
            archive.named("com1.wasm");
        }),
    },
    Mutation {
        id: "name_trailing_dot",
        doc: "A name with a trailing dot, which Windows removes.",
        code: Archive(Rule::NameEnding),
        apply: Apply::Archive(|archive| {
            archive.named("x.json.");
        }),
    },
    Mutation {
        id: "name_trailing_space",
        doc: "A name with a trailing space, which Windows removes.",
        code: Archive(Rule::NameEnding),
        apply: Apply::Archive(|archive| {
            archive.named("x.json ");
        }),
    },
    Mutation {
        id: "name_wildcard",
        doc: "A name with a wildcard.",
        code: Archive(Rule::NameCharacter),
        apply: Apply::Archive(|archive| {
            archive.named("a*.json");
        }),
    },
    Mutation {
        id: "name_bidi",
        doc: "A name with a right-to-left override.",
        code: Archive(Rule::NameInvisible),
        apply: Apply::Archive(|archive| {
            archive.named("a\u{202e}nosj.x");
        }),
    },
    Mutation {
        id: "name_zero_width",
        doc: "A name with an invisible character.",
        code: Archive(Rule::NameInvisible),
        apply: Apply::Archive(|archive| {
            archive.named("pack\u{200b}.json");
        }),
    },
    Mutation {
        id: "name_byte_order_mark",
        doc: "A name that starts with a byte order mark.",
        code: Archive(Rule::NameInvisible),
        apply: Apply::Archive(|archive| {
            archive.named("\u{feff}pack.json");
        }),
    },
    Mutation {
        id: "name_line_separator",
        doc: "A name with a line separator.",
        code: Archive(Rule::NameInvisible),
        apply: Apply::Archive(|archive| {
            archive.named("a\u{2028}b");
        }),
    },
    Mutation {
        id: "name_not_utf8",
        doc: "A name in another encoding.",
        code: Archive(Rule::NameEncoding),
        apply: Apply::Archive(|archive| {
            archive.rename(archive.target_entry, b"caf\xe9.json");
        }),
    },
    Mutation {
        id: "name_overlong",
        doc: "A slash in overlong UTF-8.",
        code: Archive(Rule::NameEncoding),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| {
                h.name = b"a\xc0\xafx".to_vec();
                h.flags |= 0x0800;
            });
        }),
    },
    Mutation {
        id: "name_surrogate",
        doc: "A lone surrogate in UTF-8.",
        code: Archive(Rule::NameEncoding),
        apply: Apply::Archive(|archive| {
            archive.both(archive.target_entry, |h| {
                h.name = b"a\xed\xa0\x80".to_vec();
                h.flags |= 0x0800;
            });
        }),
    },
    Mutation {
        id: "name_unmarked_utf8",
        doc: "A UTF-8 name without the UTF-8 flag, which readers decode differently.",
        code: Archive(Rule::NameEncoding),
        apply: Apply::Archive(|archive| {
            let at = archive.named("caf\u{e9}.json");
            archive.both(at, |h| h.flags &= !0x0800);
        }),
    },
    Mutation {
        id: "collision_of_case",
        doc: "Two names that are equal if case is ignored.",
        code: Archive(Rule::Collision),
        apply: Apply::Archive(|archive| {
            archive.named("Readme.txt");
            archive.named("README.TXT");
        }),
    },
    Mutation {
        id: "collision_of_form",
        doc: "Two names that are equal after Unicode normalisation.",
        code: Archive(Rule::Collision),
        apply: Apply::Archive(|archive| {
            archive.named("caf\u{e9}.txt");
            archive.named("cafe\u{301}.txt");
        }),
    },
    Mutation {
        id: "collision_of_compatibility",
        doc: "Two names that differ only in a ligature and its letters.",
        code: Archive(Rule::Collision),
        apply: Apply::Archive(|archive| {
            archive.named("\u{fb01}x.txt");
            archive.named("fix.txt");
        }),
    },
    Mutation {
        id: "collision_of_directories",
        doc: "Two directories that are equal if case is ignored.",
        code: Archive(Rule::Collision),
        apply: Apply::Archive(|archive| {
            archive.named("Dir/a.txt");
            archive.named("dir/b.txt");
        }),
    },
    Mutation {
        id: "collision_of_folding",
        doc: "Two names that are equal after full case folding.",
        code: Archive(Rule::Collision),
        apply: Apply::Archive(|archive| {
            archive.named("stra\u{df}e.txt");
            archive.named("STRASSE.txt");
        }),
    },
    Mutation {
        id: "name_too_long",
        doc: "A name longer than the bound.",
        code: Archive(Rule::NameBound),
        apply: Apply::Archive(|archive| {
            let bound = archive.limits().name_bytes;
            archive.named(&"a".repeat(bound + 1));
        }),
    },
    Mutation {
        id: "name_too_deep",
        doc: "A path deeper than the bound.",
        code: Archive(Rule::NameBound),
        apply: Apply::Archive(|archive| {
            let bound = archive.limits().name_depth;
            archive.named(&format!("{}x", "a/".repeat(bound)));
        }),
    },
];
