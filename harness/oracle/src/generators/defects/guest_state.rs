//! The part of a generated component that reaches the state of a tenant.

/// Memory that exists before the guest, with room for one value that the host returns.
pub(super) const REALLOC: &str = "(func (export \"kept\") (param i32 i32 i32 i32) (result i32) \
     (if (i32.gt_u (local.get 3) (i32.const 480)) (then unreachable)) (i32.const 512))";

/// The import of the store of state, and its functions for the guest.
pub(super) const HOST: &str = r#"(import "greentic:state/state-store@1.0.0" (instance $state
  (type $error0 (record (field "code" string) (field "message" string)))
  (export "host-error" (type $error (eq $error0)))
  (type $ack0 (enum "ok"))
  (export "op-ack" (type $ack (eq $ack0)))
  (type $tenant0 (record (field "env" string) (field "tenant" string)))
  (export "tenant-ctx" (type $tenant (eq $tenant0)))
  (export "read" (func (param "key" string) (param "ctx" (option $tenant)) (result (result (list u8) (error $error)))))
  (export "write" (func (param "key" string) (param "bytes" (list u8)) (param "ctx" (option $tenant)) (result (result $ack (error $error)))))))
(core func $lowered-read (canon lower (func $state "read") (memory (core memory $m "memory")) (realloc (core func $m "kept"))))
(core func $lowered-write (canon lower (func $state "write") (memory (core memory $m "memory")) (realloc (core func $m "kept"))))
"#;

/// The same, as the guest imports it.
pub(super) const IMPORTS: &str = "\
(import \"host\" \"read\" (func $read_state (param i32 i32 i32 i32 i32 i32 i32 i32)))\n\
(import \"host\" \"write\" (func $write_state (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))\n";

/// What the guest is instantiated with.
pub(super) const WITH: &str = "(export \"read\" (func $lowered-read)) \
     (export \"write\" (func $lowered-write))";

/// Keeps the text at a place, and writes the text that was kept. A store that refuses
/// ends the step.
pub(super) const FUNCTIONS: &str = r#"
(data (i32.const 64) "kept") (data (i32.const 72) "dev")
(func $keep (param $tenant i32) (param $len i32) (param $at i32)
  (if (call $absent (local.get $at)) (then (return)))
  (if (i32.eqz (call $is_text (local.get $at))) (then (return)))
  (if (i32.gt_u (call $len (local.get $at)) (i32.const 400)) (then (return)))
  (call $write_state
    (i32.const 64) (i32.const 4)
    (i32.add (local.get $at) (i32.const 1)) (call $len (local.get $at))
    (i32.const 1) (i32.const 72) (i32.const 3) (local.get $tenant) (local.get $len)
    (i32.const 80))
  (if (i32.load8_u (i32.const 80)) (then unreachable)))
(func $has_kept (param $tenant i32) (param $len i32) (result i32)
  (call $read_state
    (i32.const 64) (i32.const 4)
    (i32.const 1) (i32.const 72) (i32.const 3) (local.get $tenant) (local.get $len)
    (i32.const 80))
  (i32.eqz (i32.load8_u (i32.const 80))))
(func $put_kept (param $tenant i32) (param $len i32)
  (if (call $has_kept (local.get $tenant) (local.get $len))
    (then (call $put (i32.load (i32.const 84)) (i32.load (i32.const 88))))))
;; Bytes of the text at a place, without its quotation marks; none if it is no text.
(func $inner (param $at i32) (result i32)
  (if (result i32) (call $is_text (local.get $at))
    (then (call $len (local.get $at)))
    (else (i32.const 0))))
"#;
