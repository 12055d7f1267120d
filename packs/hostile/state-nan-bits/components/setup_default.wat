;; Answers two bits of a NaN.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{\"summary\":00}")
  (global $zero (mut f32) (f32.const 0))
  (func (export "run") (param i32 i32) (result i32 i32) (local $bits i32)
    (local.set $bits (i32.reinterpret_f32 (f32.div (global.get $zero) (global.get $zero))))
    (i32.store8 (i32.const 11) (i32.add (i32.const 49) (i32.shr_u (local.get $bits) (i32.const 31))))
    (i32.store8 (i32.const 12) (i32.add (i32.const 48) (i32.and (local.get $bits) (i32.const 1))))
    (i32.const 0) (i32.const 14)))
