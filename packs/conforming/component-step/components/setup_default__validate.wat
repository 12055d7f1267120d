;; Accepts every answer.
(component
  (core module $step
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
    (data (i32.const 16) "{\"diagnostics\":[]}")
    ;; result<string, string>: discriminant at 0, pointer at 4, length at 8.
    (func (export "run") (param $ptr i32) (param $len i32) (result i32)
      (i32.store (i32.const 0) (i32.const 0))
      (i32.store (i32.const 4) (i32.const 16))
      (i32.store (i32.const 8) (i32.const 18))
      (i32.const 0)))
  (core instance $i (instantiate $step))
  (func (export "run") (param "input" string) (result (result string (error string)))
    (canon lift (core func $i "run")
      (memory (core memory $i "memory")) (realloc (core func $i "cabi_realloc")))))
