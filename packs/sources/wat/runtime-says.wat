;; Answers the same text to every input, over greentic:component/component-runtime@0.6.0.
(component
  (core module $guest
    (memory (export "memory") 1)
    ;; In CBOR: {"text": "hello", "n": 1.5}
    (data (i32.const 1024) "\a2\64text\65hello\61n\f9\3e\00")
    (global $top (mut i32) (i32.const 4096))
    ;; A bump allocator: grows by what is asked, and gives nothing back.
    (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (global.get $top))
      (global.set $top (i32.add (global.get $top) (local.get $size)))
      (block $fits
        (br_if $fits
          (i32.le_u (global.get $top) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $fits
          (i32.ne (i32.const -1)
            (memory.grow (i32.add (i32.const 1) (i32.div_u (local.get $size) (i32.const 65536))))))
        unreachable)
      (local.get $at))
    ;; run-result: the output at 0 and 4, the new state at 8 and 12.
    (func (export "run") (param $in i32) (param $in-len i32) (param $state i32) (param $state-len i32) (result i32)
      (i32.store (i32.const 0) (i32.const 1024))
      (i32.store (i32.const 4) (i32.const 17))
      (i32.store (i32.const 8) (local.get $state))
      (i32.store (i32.const 12) (local.get $state-len))
      (i32.const 0)))
  (core instance $i (instantiate $guest))
  (type $bytes (list u8))
  (type $result (record (field "output" $bytes) (field "new-state" $bytes)))
  (func $run (param "input" $bytes) (param "state" $bytes) (result $result)
    (canon lift (core func $i "run")
      (memory (core memory $i "memory")) (realloc (core func $i "cabi_realloc"))))
  (component $interface
    (type $bytes (list u8))
    (type $result (record (field "output" $bytes) (field "new-state" $bytes)))
    (import "import-type-run-result" (type $named (eq $result)))
    (import "import-func-run" (func $run (param "input" $bytes) (param "state" $bytes) (result $named)))
    (export $exported "run-result" (type $result))
    (export "run" (func $run) (func (param "input" $bytes) (param "state" $bytes) (result $exported))))
  (instance $api (instantiate $interface
    (with "import-type-run-result" (type $result))
    (with "import-func-run" (func $run))))
  (export "greentic:component/component-runtime@0.6.0" (instance $api)))
