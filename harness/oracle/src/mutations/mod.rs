//! Malformed archives: one idea a file, each with the code that must come out.
//!
//! Trials, property tests and fuzz targets feed on the same table. A new idea
//! is one file and one line in the list below.

use crate::generators::archive::{Blueprint, End};
use crate::generators::pack::{Files, GoodPack};
use provision_core::limits::ArchiveLimits;
use serde_json::{Value, json};

/// One malformed idea.
#[derive(Debug)]
pub struct Mutation {
    /// Stable id: the name of its file.
    pub id: &'static str,
    /// The code that must decide over a good pack to which it was applied.
    pub code: &'static str,
    apply: Apply,
}

/// At which stage of writing a pack an idea is applied.
#[derive(Debug, Clone, Copy)]
enum Apply {
    /// To the files, before the SBOM is made over them.
    Files(fn(&mut Files)),
    /// To the files, after the SBOM was made.
    Sealed(fn(&mut Files)),
    /// To the records of the archive.
    Archive(fn(&mut Blueprint)),
}

/// Declares the modules and the table.
macro_rules! mutations {
    ($($name:ident,)*) => {
        $(mod $name;)*

        /// Every mutation, in the order of ATTACKS.md.
        pub const MUTATIONS: &[Mutation] = &[$(Mutation {
            id: stringify!($name),
            code: $name::CODE,
            apply: $name::APPLY,
        },)*];
    };
}

mutations! {
    empty_file,
    json_file,
    end_missing,
    cut_in_local_record,
    cut_in_data,
    cut_in_directory,
    cut_in_end,
    end_twice,
    comment,
    comment_hides_end,
    comment_cut_off,
    comment_of_entry,
    bytes_after_end,
    archive_after_end,
    script_before,
    zeros_before,
    gap_between_entries,
    gap_before_directory,
    gap_in_directory,
    gap_before_end,
    digital_signature,
    archive_extra_data,
    spanning_marker,
    end_on_other_disk,
    directory_on_other_disk,
    entry_on_other_disk,
    entries_here_differ,
    directory_offset_zero,
    directory_offset_beyond,
    directory_size_zero,
    directory_size_huge,
    count_low,
    count_high,
    count_huge,
    count_of_zero,
    directory_first,
    entry_amid_directory,
    zip64_end,
    zip64_locator_orphaned,
    zip64_extra_needless,
    zip64_extra_contradicts,
    zip64_sentinel_size,
    zip64_sentinel_offset,
    zip64_sentinel_count,
    zip64_sentinel_directory,
    duplicate_name,
    duplicate_directory,
    duplicate_manifest,
    unlisted_entry,
    ghost_entry,
    name_differs,
    size_differs,
    packed_differs,
    crc_differs,
    flags_differs,
    time_differs,
    date_differs,
    method_differs,
    version_differs,
    local_sizes_lie,
    extra_on_one_side,
    extra_time_differs,
    local_shared,
    overlap_hidden,
    overlap_quoted,
    offset_into_directory,
    offset_overflows,
    order_reversed,
    descriptor,
    descriptor_without_signature,
    descriptor_without_flag,
    extra_unicode_path,
    extra_unicode_comment,
    extra_twice,
    extra_cut_off,
    extra_odd_bytes,
    extra_malformed_time,
    extra_malformed_owner,
    extra_unknown,
    extra_encryption,
    name_dotdot,
    name_dotdot_inside,
    name_dot,
    name_empty,
    name_empty_component,
    name_root,
    name_absolute,
    name_drive,
    name_drive_relative,
    name_backslash,
    name_unc,
    name_nul,
    name_escape,
    name_newline,
    name_delete,
    name_stream,
    name_double_colon,
    name_reserved,
    name_reserved_extension,
    name_reserved_number,
    name_trailing_dot,
    name_trailing_space,
    name_wildcard,
    name_bidi,
    name_zero_width,
    name_byte_order_mark,
    name_line_separator,
    name_not_utf8,
    name_overlong,
    name_surrogate,
    name_unmarked_utf8,
    collision_of_case,
    collision_of_form,
    collision_of_compatibility,
    collision_of_directories,
    collision_of_folding,
    file_is_directory,
    directory_is_file,
    name_too_long,
    name_too_deep,
    type_symlink,
    type_fifo,
    type_character_device,
    type_block_device,
    type_socket,
    type_setuid,
    type_setgid,
    type_sticky,
    type_directory_mode,
    type_directory_bit,
    type_volume_label,
    directory_with_data,
    directory_with_file_mode,
    method_shrunk,
    method_deflate64,
    method_bzip2,
    method_lzma,
    method_zstd,
    method_aes,
    method_unknown,
    stored_sizes_differ,
    encrypted,
    encrypted_strongly,
    encrypted_directory,
    flag_patched,
    flag_enhanced_deflate,
    flag_reserved,
    attributes_reserved,
    version_of_zip64,
    version_of_future,
    deflate_then_bytes,
    deflate_cut_off,
    deflate_invalid_block,
    deflate_too_far_back,
    deflate_stored_length,
    deflate_empty,
    crc_wrong,
    crc_zero,
    data_changed,
    size_too_small,
    size_too_large,
    bomb_entry,
    bomb_ratio,
    bomb_total,
    bomb_that_lies,
    bomb_of_entries,
    bomb_of_listings,
    bomb_of_seventy_thousand,
    archive_too_large,
    manifest_missing,
    manifest_duplicate_key,
    manifest_duplicate_key_escaped,
    manifest_deep,
    manifest_trailing,
    manifest_not_utf8,
    manifest_utf16,
    manifest_byte_order_mark,
    manifest_surrogate,
    manifest_number,
    manifest_no_object,
    manifest_empty,
    manifest_cbor_duplicate_key,
    manifest_cbor_duplicate_key_long,
    manifest_cbor_duplicate_key_chunked,
    manifest_cbor_deep,
    manifest_cbor_huge_length,
    manifest_cbor_huge_text,
    manifest_cbor_trailing,
    manifest_cbor_not_utf8,
    manifest_cbor_cut_off,
    manifest_cbor_odd_key,
    manifest_cbor_reserved,
    id_is_path,
    id_missing,
    version_is_word,
    flow_name_is_path,
    entry_flow_is_path,
    manifests_disagree,
    second_manifest_broken,
    sbom_missing,
    sbom_misses_file,
    sbom_lists_nothing,
    sbom_size_wrong,
    sbom_digest_wrong,
    sbom_digest_short,
    sbom_row_twice,
    sbom_path_leaves,
    sbom_key_twice,
    sbom_trailing,
    sbom_of_other_format,
    sbom_no_list,
    sboms_disagree,
}

/// The archive that `pack` becomes when all of `mutations` are applied to it;
/// without any, the good archive. Bombs are measured against `limits`.
#[must_use]
pub fn mutate(pack: &GoodPack, mutations: &[&Mutation], limits: &ArchiveLimits) -> Vec<u8> {
    let mut pack = pack.clone();
    let ideas = || mutations.iter().map(|m| m.apply);
    for idea in ideas() {
        if let Apply::Files(change) = idea {
            change(&mut pack.files);
        }
    }
    pack.seal();
    for idea in ideas() {
        if let Apply::Sealed(change) = idea {
            change(&mut pack.files);
        }
    }
    let mut archive = pack.blueprint(limits);
    for idea in ideas() {
        if let Apply::Archive(change) = idea {
            change(&mut archive);
        }
    }
    archive.write()
}

fn change_end(archive: &mut Blueprint, change: impl Fn(&mut End)) {
    archive.end.iter_mut().for_each(change);
}

/// Changes the packed data of `entry`, and both records' sizes with it.
fn replace_data(archive: &mut Blueprint, entry: usize, change: impl Fn(&mut Vec<u8>)) {
    change(&mut archive.entries[entry].data);
    let packed = archive.entries[entry].data.len() as u32;
    archive.both(entry, |header| header.packed = packed);
}

fn without_manifest(files: &mut Files) {
    for name in provision_core::manifest::FILE_NAMES {
        files.remove(name);
    }
}

/// Changes the rows of the SBOM that there is.
fn change_sbom(files: &mut Files, change: impl Fn(&mut Vec<Value>)) {
    if let Some(bytes) = files.get_mut("sbom.json") {
        let mut sbom: Value = serde_json::from_slice(bytes).unwrap_or_default();
        sbom["files"].as_array_mut().into_iter().for_each(change);
        *bytes = serde_json::to_vec(&sbom).unwrap_or_default();
    } else if let Some(bytes) = files.get_mut("sbom.cbor") {
        let mut sbom: Value = ciborium::from_reader(bytes.as_slice()).unwrap_or_else(|_| json!({}));
        sbom["files"].as_array_mut().into_iter().for_each(change);
        bytes.clear();
        let _ = ciborium::into_writer(&sbom, bytes);
    }
}
