;; Wide arithmetic.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{}")
  (func (param i64 i64 i64 i64) (result i64 i64) (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (i32.const 0) (i32.const 2)))
