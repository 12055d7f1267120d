;; Calls itself until the stack ends.
(module
  (memory (export "memory") 1)
  (func $down (param i64 i64 i64 i64) (result i64)
    (i64.add (local.get 0)
      (call $down (local.get 3) (local.get 0) (local.get 1) (local.get 2))))
  (func (export "run") (param i32 i32) (result i32 i32)
    (drop (call $down (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4)))
    (i32.const 0)
    (i32.const 0)))
