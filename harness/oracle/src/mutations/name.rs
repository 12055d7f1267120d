//! Mutations of the names of entries.

use super::mutation::{Apply, Mutation};
use provision_core::codes::FindingCode::Archive;
use provision_core::codes::Rule;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "name_dotdot",
        doc: "A name that leaves the folder it is unpacked to.",
        code: Archive(Rule::NameDots),
        apply: Apply::Archive(|archive| {
            archive.named("../../etc/cron.d/x");
        }),
    },
    Mutation {
        id: "name_dotdot_inside",
        doc: "A name that goes up amid the path.",
        code: Archive(Rule::NameDots),
        apply: Apply::Archive(|archive| {
            archive.named("a/../../x");
        }),
    },
    Mutation {
        id: "name_dot",
        doc: "A name that is another one with a detour.",
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
        doc: "A name that is two components on Windows.",
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
        doc: "A name that ends early for some readers.",
        code: Archive(Rule::NameControl),
        apply: Apply::Archive(|archive| {
            archive.named("a.json\0.txt");
        }),
    },
    Mutation {
        id: "name_escape",
        doc: "A name that a terminal obeys.",
        code: Archive(Rule::NameControl),
        apply: Apply::Archive(|archive| {
            archive.named("\x1b[2Jx");
        }),
    },
    Mutation {
        id: "name_newline",
        doc: "A name that is two lines in a report.",
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
        code: Archive(Rule::NameColon),
        apply: Apply::Archive(|archive| {
            archive.named("ab.json:hidden");
        }),
    },
    Mutation {
        id: "name_double_colon",
        doc: "A name as very old packs have it.",
        code: Archive(Rule::NameColon),
        apply: Apply::Archive(|archive| {
            archive.named("components/diagnostics::summary.wasm");
        }),
    },
    Mutation {
        id: "name_reserved",
        doc: "A device on Windows.",
        code: Archive(Rule::NameReserved),
        apply: Apply::Archive(|archive| {
            archive.named("CON");
        }),
    },
    Mutation {
        id: "name_reserved_extension",
        doc: "A device on Windows, whatever the extension.",
        code: Archive(Rule::NameReserved),
        apply: Apply::Archive(|archive| {
            archive.named("a/nul.json");
        }),
    },
    Mutation {
        id: "name_reserved_number",
        doc: "A port on Windows.",
        code: Archive(Rule::NameReserved),
        apply: Apply::Archive(|archive| {
            archive.named("com1.wasm");
        }),
    },
    Mutation {
        id: "name_trailing_dot",
        doc: "A name that Windows shortens.",
        code: Archive(Rule::NameEnding),
        apply: Apply::Archive(|archive| {
            archive.named("x.json.");
        }),
    },
    Mutation {
        id: "name_trailing_space",
        doc: "A name that Windows shortens by a space.",
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
        doc: "A name that reads backwards.",
        code: Archive(Rule::NameInvisible),
        apply: Apply::Archive(|archive| {
            archive.named("a\u{202e}nosj.x");
        }),
    },
    Mutation {
        id: "name_zero_width",
        doc: "A name with a character that nobody sees.",
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
        doc: "UTF-8 that is not marked as such, so that readers take it for something else.",
        code: Archive(Rule::NameEncoding),
        apply: Apply::Archive(|archive| {
            let at = archive.named("caf\u{e9}.json");
            archive.both(at, |h| h.flags &= !0x0800);
        }),
    },
    Mutation {
        id: "collision_of_case",
        doc: "Two names that are one where case does not count.",
        code: Archive(Rule::Collision),
        apply: Apply::Archive(|archive| {
            archive.named("Readme.txt");
            archive.named("README.TXT");
        }),
    },
    Mutation {
        id: "collision_of_form",
        doc: "Two names that are one where Unicode forms do not count.",
        code: Archive(Rule::Collision),
        apply: Apply::Archive(|archive| {
            archive.named("caf\u{e9}.txt");
            archive.named("cafe\u{301}.txt");
        }),
    },
    Mutation {
        id: "collision_of_compatibility",
        doc: "A ligature and its letters.",
        code: Archive(Rule::Collision),
        apply: Apply::Archive(|archive| {
            archive.named("\u{fb01}x.txt");
            archive.named("fix.txt");
        }),
    },
    Mutation {
        id: "collision_of_directories",
        doc: "Two directories that are one where case does not count.",
        code: Archive(Rule::Collision),
        apply: Apply::Archive(|archive| {
            archive.named("Dir/a.txt");
            archive.named("dir/b.txt");
        }),
    },
    Mutation {
        id: "collision_of_folding",
        doc: "Two names that are one where letters are folded to several.",
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
