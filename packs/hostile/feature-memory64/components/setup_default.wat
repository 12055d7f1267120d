;; A memory of 64 bits.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{}")
  (memory $m i64 1)
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (i32.const 0) (i32.const 2)))
