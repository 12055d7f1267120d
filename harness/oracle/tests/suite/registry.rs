//! The checks of packs that come from a registry.

use crate::rules::{changed, failed, of, passed};
use provision_core::codes::RegistryCode;
use provision_core::pack::RegistryOrigin;
use provision_core::wizard::NoopExecutor;
use provision_core::{OpenError, Source, Status};
use provision_oracle::{CheckResult, Conditions, Opening, judge, observe_opened};
use serde_json::json;

/// A pack under a layer of this media type.
fn origin(media_type: &str) -> RegistryOrigin {
    RegistryOrigin {
        reference: "oci://registry.example.com/p:1".into(),
        manifest_digest: format!("sha256:{}", "1".repeat(64)),
        content_digest: format!("sha256:{}", "2".repeat(64)),
        media_type: media_type.into(),
        artifact_type: None,
        other_layers: Vec::new(),
    }
}

fn judged(source: Result<Source, OpenError>, registry: Option<RegistryOrigin>) -> Vec<CheckResult> {
    let conditions = Conditions::default();
    let opening = Opening::of(source, &conditions).from_registry(registry);
    judge(&observe_opened(opening, &NoopExecutor, &conditions))
}

/// The library with a component from this source, of which the table states this digest.
fn with_source(source: &str, digest: &str) -> Source {
    changed("conforming/pack-v1-library", |manifest, _| {
        let name = "greentic.pack.component_sources@v1";
        let row = json!({ "name": "demo-more", "component_id": "demo-more", "source": source,
            "resolved": { "digest": digest },
            "artifact": { "inline": { "wasm_path": "components/demo-more.wasm" } } });
        let table = json!({ "schema_version": 1, "components": [row] });
        manifest["extensions"][name] = json!({ "kind": name, "version": "1.0.0", "inline": table });
    })
}

#[test]
fn component_of_a_registry_needs_a_digest() {
    let check = |source: &str, digest: &str| {
        let results = judged(Ok(with_source(source, digest)), Some(origin("")));
        of(&results, "registry.reproducible-reference")
    };
    let digest = format!("sha256:{}", "0a".repeat(32));
    assert_eq!(check("oci://r.example/demo-more:stable", &digest), passed());
    assert_eq!(
        check(&format!("oci://r.example/demo-more@{digest}"), ""),
        passed()
    );
    for unpinned in ["", "latest", "sha256:0a", "sha512:00"] {
        let found = check("oci://r.example/demo-more:stable", unpinned);
        assert_eq!(found, failed("E_REGISTRY_UNPINNED"), "{unpinned}");
    }
    assert_eq!(
        check("store://r.example/demo-more", ""),
        failed("E_REGISTRY_UNPINNED")
    );
    let (status, _) = check("file://demo-more.wasm", "");
    assert_eq!(status, Status::NotApplicable);
}

#[test]
fn media_type_has_to_name_a_pack_in_a_zip() {
    let check = |media_type: &str| {
        let source = changed("conforming/pack-v1-library", |_, _| {});
        of(
            &judged(Ok(source), Some(origin(media_type))),
            "registry.media-type",
        )
    };
    for named in ["gtpack.v1+zip", "gtpack+zip", "pack+zip"] {
        assert_eq!(
            check(&format!("application/vnd.greentic.{named}")),
            passed()
        );
    }
    for other in [
        "",
        "application/octet-stream",
        "application/vnd.greentic.gtpack.layer.v1+tar",
        "application/vnd.greentic.pack+json",
    ] {
        assert_eq!(check(other), failed("E_REGISTRY_MEDIA_TYPE"), "{other}");
    }
}

#[test]
fn packs_of_this_machine_have_no_registry_to_judge() {
    let source = changed("conforming/pack-v1-library", |_, _| {});
    let results = judged(Ok(source), None);
    for check in [
        "registry.digest",
        "registry.media-type",
        "registry.reproducible-reference",
    ] {
        let (status, _) = of(&results, check);
        assert_eq!(status, Status::NotApplicable, "{check}");
    }
}

#[test]
fn lie_is_the_registrys_failure_and_silence_is_an_error() {
    let check = |code: RegistryCode| {
        let message = String::from("m");
        let results = judged(Err(OpenError::Registry { code, message }), None);
        assert!(
            results.iter().all(|r| r.status != Status::Passed),
            "{results:#?}"
        );
        of(&results, "registry.digest")
    };
    assert_eq!(check(RegistryCode::Digest), failed("E_REGISTRY_DIGEST"));
    assert_eq!(check(RegistryCode::NoPack), failed("E_REGISTRY_NO_PACK"));
    let (status, codes) = check(RegistryCode::Timeout);
    assert_eq!((status, codes.len()), (Status::Error, 1));
}
