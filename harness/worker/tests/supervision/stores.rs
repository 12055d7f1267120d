//! Apply mode in workers: what guests write to the stores of an installation.

use super::{pack, program, setup};
use libtest_mimic::Failed;
use provision_core::wizard::{Call, Grants, StepAnswer, StepExecutor, StepRequest, StoreView};
use provision_core::{Limits, Pack};
use provision_exec::WasmtimeExecutor;
use provision_worker::Isolated;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A guest that makes the calls that `program` names; the source says which.
fn writing(program: &str) -> Pack {
    let source = include_str!("../../../../packs/sources/wat/stores.wat");
    pack(&[("s.wat", &source.replace("PROGRAM ", program))])
}

/// Runs the guest of `pack` with these stores.
fn applied(executor: &dyn StepExecutor, pack: &Pack, stores: Option<StoreView>) -> StepAnswer {
    let mut request = StepRequest::new(
        "s.wat",
        Call::Step {
            input: b"{}".into(),
        },
    );
    request.grants = Arc::new(Grants {
        stores,
        ..Grants::default()
    });
    executor.execute(pack, &request)
}

pub(super) fn same_writes() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let isolated = Isolated::new(setup(program(folder.path(), "healthy"), &Arc::default()))?;
    let here = WasmtimeExecutor::new(&Limits::default().step)?;
    let stored = StoreView {
        state: BTreeMap::from([("cursor".into(), b"42".to_vec())]),
        ..StoreView::default()
    };
    let more = StoreView {
        state: BTreeMap::from([("a".into(), vec![0; 5 << 20])]),
        ..StoreView::default()
    };
    let none = StoreView::default();
    for (program, stores, wrote) in [
        ("NSGMWRDMUO", Some(none.clone()), 5),
        ("RD", Some(stored), 1),
        ("SWT", Some(none.clone()), 0),
        ("LLL", Some(none.clone()), 3),
        ("LLLLL", Some(none), 0),
        ("N", Some(more), 0),
        ("SW", None, 0),
    ] {
        let pack = writing(program);
        let [a, b] = [&isolated as &dyn StepExecutor, &here].map(|executor| {
            let mut answer = applied(executor, &pack, stores.clone());
            answer.meters.wall_micros = 0;
            answer
        });
        assert_eq!(a, b, "{program}");
        assert_eq!(a.writes.len(), wrote, "{program}: {:?}", a.result);
    }
    Ok(())
}

pub(super) fn lost() -> Result<(), Failed> {
    let pack = writing("SW");
    let stores = || Some(StoreView::default());
    for (mode, wrote) in [("abort", 0), ("once", 2)] {
        let folder = tempfile::tempdir()?;
        let executor = Isolated::new(setup(program(folder.path(), mode), &Arc::default()))?;
        let answer = applied(&executor, &pack, stores());
        assert_eq!(answer.writes.len(), wrote, "{mode}: {:?}", answer.result);
        assert_eq!(answer.result.is_ok(), wrote > 0, "{mode}");
    }
    Ok(())
}
