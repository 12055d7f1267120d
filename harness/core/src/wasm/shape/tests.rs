//! Binaries at a bound are accepted, and those above it are refused by its name.

use super::{FUNCTIONS, check, most, nesting::TYPES_DEEP};

fn leb(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}

fn section(id: u8, items: &[u8]) -> Vec<u8> {
    [&[id][..], &leb(items.len()), items].concat()
}

fn component(sections: &[Vec<u8>]) -> Vec<u8> {
    [b"\0asm\x0d\0\x01\0".to_vec(), sections.concat()].concat()
}

/// Types in each other; the outermost one is of the last kind.
fn nested(kinds: impl DoubleEndedIterator<Item = u8>) -> Vec<u8> {
    let mut parts: Vec<[u8; 3]> = kinds.rev().map(|kind| [kind, 1, 1]).collect();
    if let Some(last) = parts.last_mut() {
        // The innermost type declares nothing.
        *last = [last[0], 0, 0];
    }
    let mut bytes = parts.concat();
    bytes.pop();
    section(7, &[&[1][..], &bytes].concat())
}

fn module(functions: usize, body: &[u8]) -> Vec<u8> {
    let entry = [leb(body.len()), body.to_vec()].concat();
    let count = leb(functions);
    [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, &[1, 0x60, 0, 0]),
        section(3, &[count.clone(), vec![0; functions]].concat()),
        section(10, &[count, entry.repeat(functions)].concat()),
    ]
    .concat()
}

fn refused(binary: &[u8]) -> &'static str {
    check(binary).expect_err("above a bound").measure
}

#[test]
fn nested_types_of_every_kind_are_refused_before_they_are_read() {
    for deep in [TYPES_DEEP as usize + 1, 5_000, 100_000] {
        let kinds: [fn(usize) -> u8; 3] = [|_| 0x41, |_| 0x42, |i| 0x41 + (i % 2) as u8];
        for kind in kinds {
            let binary = component(&[nested((0..deep).map(kind))]);
            assert_eq!(refused(&binary), "levels of component types", "{deep}");
        }
    }
    let at_bound = component(&[nested((0..TYPES_DEEP as usize).map(|_| 0x42))]);
    check(&at_bound).expect("at the bound");
    // They may follow other types, in any nested component.
    let types = section(7, &[2, 0x70, 0x7d, 0x42, 0]);
    let deep = component(&[types.clone(), nested((0..5_000).map(|_| 0x42))]);
    let outer = component(&[types, section(4, &deep)]);
    assert_eq!(refused(&outer), "levels of component types");
}

#[test]
fn types_behind_a_body_that_cannot_be_read_are_still_measured() {
    // `throw` of a tag that the module does not have.
    let module = module(1, &[0, 0x08, 0, 0x0b]);
    let deep = nested((0..5_000).map(|_| 0x41));
    let binary = component(&[section(1, &module), deep]);
    assert_eq!(refused(&binary), "levels of component types");
}

#[test]
fn nested_types_count_as_types() {
    let many = [&[0x42][..], &leb(30_000), &[1, 0x73].repeat(30_000)].concat();
    let binary = component(&[section(7, &[&[1][..], &many].concat())]);
    assert_eq!(refused(&binary), "types");
}

#[test]
fn cost_that_many_functions_or_blocks_multiply_is_refused() {
    let locals = |count: usize| [&[1][..], &leb(count), &[0x7f]].concat();
    let ifs = [0x41, 0, 0x04, 0x40, 0x0b].repeat(20_000);
    let blocks = [locals(1_900), ifs, vec![0x0b]].concat();
    let products = "blocks times locals, of all functions";
    assert_eq!(refused(&module(1, &blocks)), products);
    let plain = [locals(2_000), vec![0x0b]].concat();
    assert_eq!(refused(&module(11_000, &plain)), products);
    check(&module(5_000, &plain)).expect("half of the bound");
    let most = FUNCTIONS as usize;
    let one_if = [0, 0x41, 0, 0x04, 0x40, 0x0b, 0x0b];
    assert_eq!(refused(&module(most + 1, &one_if)), "functions");
    check(&module(most, &one_if)).expect("at the bound");
}

/// A module of one function type of `count` parameters and results, and of `functions`
/// with the same `body`.
fn with_type(count: usize, functions: usize, body: &[u8]) -> Vec<u8> {
    let values = [leb(count), vec![0x7f; count]].concat();
    let ty = [vec![1, 0x60], values.clone(), values].concat();
    let entry = [leb(body.len()), body.to_vec()].concat();
    let number = leb(functions);
    [
        b"\0asm\x01\0\0\0".to_vec(),
        section(1, &ty),
        section(3, &[number.clone(), vec![0; functions]].concat()),
        section(10, &[number, entry.repeat(functions)].concat()),
    ]
    .concat()
}

#[test]
fn kilobytes_that_the_compiler_needs_seconds_for_are_refused_by_their_estimate() {
    const ESTIMATE: &str = "estimated milliseconds to compile";
    let body = |code: &[u8], count: usize| [&[0][..], &code.repeat(count), &[0x0b]].concat();
    // Five thousand calls of a hundred values each.
    let gets = [0x20, 0].repeat(100);
    let calls = [&[0][..], &gets, &[0x10, 0].repeat(5_000), &[0x0b]].concat();
    assert_eq!(refused(&with_type(100, 1, &calls)), ESTIMATE);
    let calls = [&[0][..], &gets, &[0x10, 0].repeat(500), &[0x0b]].concat();
    check(&with_type(100, 1, &calls)).expect("a tenth of it");
    // Indirect calls, in many functions and in one; branches to one place.
    let indirect = [0x41, 0, 0x11, 0, 0];
    assert_eq!(refused(&module(200, &body(&indirect, 1_000))), ESTIMATE);
    check(&module(20, &body(&indirect, 1_000))).expect("a tenth of it");
    let branch = [0x41, 0, 0x0d, 0];
    assert_eq!(refused(&module(1, &body(&branch, 40_000))), ESTIMATE);
    // Functions of a type with many values.
    assert_eq!(refused(&with_type(90, 4_000, &[0, 0, 0x0b])), ESTIMATE);
    // Data segments of one byte.
    let segments = |count| {
        let data = [leb(count), [0, 0x41, 0, 0x0b, 1, 0].repeat(count)].concat();
        let memory = section(5, &[1, 0, 1]);
        [b"\0asm\x01\0\0\0".to_vec(), memory, section(11, &data)].concat()
    };
    assert_eq!(refused(&segments(90_000)), "data segments");
    check(&segments(5_000)).expect("half of the bound");
}

#[test]
fn estimate_grows_with_the_code_and_its_bound_with_the_bytes() {
    let body = [&[0][..], &[0x41, 0, 0x1a].repeat(10_000), &[0x0b]].concat();
    let one = check(&module(1, &body)).expect("ordinary code");
    let ten = check(&module(10, &body)).expect("ordinary code");
    assert_eq!(ten / one, 10, "{one} {ten}");
    assert!(most(10 << 20) > most(0));
}
