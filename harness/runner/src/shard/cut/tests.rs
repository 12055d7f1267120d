use super::*;
use provision_core::rng::Rng;

const MIB: u64 = 1024 * 1024;

fn component(number: u64, bytes: u64) -> Component {
    Component {
        bytes,
        crc32: u32::try_from(number).expect("a small number"),
    }
}

fn pack(label: &str, components: &[Component]) -> Listed {
    Listed {
        label: label.to_owned(),
        fingerprint: digest(label.as_bytes()),
        components: components.iter().copied().collect(),
    }
}

/// `count` packs with these components, labelled `prefix` and a number.
fn packs(prefix: &str, count: usize, components: &[Component]) -> Vec<Listed> {
    let label = |i| format!("{prefix}-{i:05}");
    (0..count).map(|i| pack(&label(i), components)).collect()
}

/// How many packs of each prefix each shard has.
fn counts(cut: &Cut) -> BTreeMap<(String, u64), usize> {
    let mut counts = BTreeMap::new();
    for placed in &cut.packs {
        let prefix = placed.pack.split('-').next().unwrap_or_default();
        *counts.entry((prefix.to_owned(), placed.shard)).or_default() += 1;
    }
    counts
}

#[test]
fn packs_that_share_a_component_are_in_one_shard() {
    let (a, b) = (component(1, 8 * MIB), component(2, 8 * MIB));
    let all = [packs("a", 10, &[a]), packs("b", 10, &[b])].concat();
    let cut = Cut::of(&all, 2);
    let expected = [(("a".into(), 1), 10), (("b".into(), 2), 10)];
    assert_eq!(counts(&cut), BTreeMap::from(expected));
    let of_one = 8 * MIB + 10 * PACK_WEIGHT;
    assert_eq!(cut.weights, BTreeMap::from([(1, of_one), (2, of_one)]));
}

#[test]
fn component_that_all_packs_share_does_not_put_them_in_one_shard() {
    let shared = component(1, 8 * MIB);
    // Two packs each share a second, smaller component.
    let pairs = (0..50).flat_map(|pair: u64| {
        let own = component(2 + pair, MIB);
        packs(&format!("p{pair}"), 2, &[shared, own])
    });
    let all: Vec<Listed> = pairs.collect();
    let cut = Cut::of(&all, 4);
    assert_eq!(cut.weights.len(), 4);
    let most = cut.weights.values().max().expect("shards");
    let sum: u64 = cut.weights.values().sum();
    assert!(most * 4 * 4 <= sum * 5, "{:?}", cut.weights);
    let divided = counts(&cut).into_values().filter(|count| *count == 1);
    assert!(
        divided.count() <= 2 * 3,
        "more pairs are divided than there are boundaries"
    );
}

#[test]
fn group_that_is_cheap_to_compile_is_in_all_shards_alike() {
    let kinds = [MIB, 64 * 1024, 1024, 0].iter().enumerate();
    let kinds = kinds.flat_map(|(kind, bytes)| {
        let component = (*bytes > 0).then(|| component(kind as u64, *bytes));
        packs(&format!("k{kind}"), 5_000, component.as_slice())
    });
    let cut = Cut::of(&kinds.collect::<Vec<_>>(), 16);
    let counts = counts(&cut);
    assert_eq!(counts.len(), 4 * 16);
    assert!(
        counts.values().all(|count| (312..=316).contains(count)),
        "{counts:?}"
    );
}

#[test]
fn group_that_only_some_shards_judge_leaves_them_less_of_the_others() {
    let kinds = [MIB, 64 * 1024, 1024, 0].iter().enumerate();
    let kinds = kinds.flat_map(|(kind, bytes)| {
        let component = (*bytes > 0).then(|| component(kind as u64, *bytes));
        packs(&format!("k{kind}"), 500, component.as_slice())
    });
    let cut = Cut::of(&kinds.collect::<Vec<_>>(), 16);
    let shards_of = |kind: &str| counts(&cut).keys().filter(|(k, _)| k == kind).count();
    assert!(
        shards_of("k0") < 16,
        "compiling k0 everywhere costs too much"
    );
    let most = cut.weights.values().max().expect("shards");
    let sum: u64 = cut.weights.values().sum();
    assert!(most * 16 * 20 <= sum * 21, "{:?}", cut.weights);
}

#[test]
fn packs_that_share_nothing_are_spread_by_weight() {
    let sizes = [3, 9, 3, 5, 4].iter().enumerate();
    let all = sizes.map(|(i, size)| pack(&format!("{i}"), &[component(i as u64, size * MIB)]));
    let cut = Cut::of(&all.collect::<Vec<_>>(), 2);
    let shards: Vec<u64> = cut.packs.iter().map(|p| p.shard).collect();
    assert_eq!(shards, [1, 1, 2, 2, 2]);
    let groups: Vec<usize> = cut.packs.iter().map(|p| p.group).collect();
    assert_eq!(groups, [1, 2, 3, 4, 5]);
}

#[test]
fn more_shards_than_packs_leave_shards_empty() {
    let all = packs("p", 3, &[component(1, 8 * MIB)]);
    let cut = Cut::of(&all, u64::MAX);
    let shards: BTreeSet<u64> = cut.packs.iter().map(|p| p.shard).collect();
    assert_eq!(shards, BTreeSet::from([1, 2, 3]));
    assert_eq!(cut.labels(4).count(), 0);
    let none = Cut::of(&[], 4);
    assert!(none.packs.is_empty() && none.weights.is_empty());
}

#[test]
fn digests_change_with_a_byte_of_a_pack_and_with_the_number_of_shards() {
    let all = packs("p", 20, &[component(1, 1024)]);
    let mut other = all.clone();
    other[7].fingerprint = digest(b"other bytes");
    let [one, changed] = [&all, &other].map(|all| Cut::of(all, 4).digests());
    assert_ne!(one.listing, changed.listing);
    assert_eq!(one.assignment, changed.assignment);
    let more = Cut::of(&all, 5).digests();
    assert_eq!(one.listing, more.listing);
    assert_ne!(one.assignment, more.assignment);
}

/// Up to 200 packs, each with some of ten components.
fn random_listing(rng: &mut Rng) -> Vec<Listed> {
    let sizes: Vec<u64> = (0..10).map(|_| rng.below(4 * 1024 * 1024) as u64).collect();
    let count = 1 + rng.below(200);
    let listed = |i| {
        let components: Vec<Component> = (0..rng.below(4))
            .map(|_| rng.below(10) as u64)
            .map(|number| component(number, sizes[usize::try_from(number).expect("small")]))
            .collect();
        pack(&format!("p{i:03}"), &components)
    };
    (0..count).map(listed).collect()
}

#[test]
fn cut_has_each_pack_once_and_does_not_depend_on_their_order() {
    for seed in 0..300 {
        let mut rng = Rng::new(seed);
        let all = random_listing(&mut rng);
        let count = 1 + rng.below(20) as u64;
        let cut = Cut::of(&all, count);
        let labels: Vec<&str> = cut.packs.iter().map(|p| p.pack.as_str()).collect();
        let expected: Vec<&str> = all.iter().map(|p| p.label.as_str()).collect();
        assert_eq!(labels, expected, "{seed}");
        let mut turned = all.clone();
        turned.rotate_left(rng.below(all.len()));
        let mut again = Cut::of(&turned, count).packs;
        again.sort_by(|a, b| a.pack.cmp(&b.pack));
        assert_eq!(again, cut.packs, "{seed}");
        let mut sum = 0;
        for shard in 1..=count {
            let of_shard = all.iter().zip(&cut.packs).filter(|(_, p)| p.shard == shard);
            let of_shard: Vec<&Listed> = of_shard.map(|(pack, _)| pack).collect();
            let distinct: BTreeSet<&Component> =
                of_shard.iter().flat_map(|p| &p.components).collect();
            sum += of_shard.len();
            let expected = weight(of_shard.len(), bytes(distinct));
            assert_eq!(
                cut.weights.get(&shard).copied().unwrap_or(0),
                expected,
                "{seed}"
            );
        }
        assert_eq!(sum, all.len(), "{seed}: a pack is in no shard");
    }
}
