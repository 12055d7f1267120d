;; Answers its input, over greentic:component/component-runtime@0.6.0, and traps if the
;; input contains the message `Hello`. The runner passes the bytes of the payload as a
;; list of numbers, in CBOR: an `H` is 18 48.
(component
  (core module $guest
    (memory (export "memory") 1)
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
      (local $at i32)
      (block $none
        (loop $next
          (br_if $none
            (i32.ge_u (i32.add (local.get $at) (i32.const 1)) (local.get $in-len)))
          (if (i32.and
                (i32.eq (i32.load8_u (i32.add (local.get $in) (local.get $at))) (i32.const 0x18))
                (i32.eq
                  (i32.load8_u offset=1 (i32.add (local.get $in) (local.get $at)))
                  (i32.const 0x48)))
            (then unreachable))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $next)))
      (i32.store (i32.const 0) (local.get $in))
      (i32.store (i32.const 4) (local.get $in-len))
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
