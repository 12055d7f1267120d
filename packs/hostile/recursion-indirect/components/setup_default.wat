;; Calls itself through a table.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{}")
  (type $f (func (param i64) (result i64)))
  (table funcref (elem $f))
  (func $f (type $f) (i64.add (call_indirect (type $f) (local.get 0) (i32.const 0)) (i64.const 1)))
  (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
    (drop (call $f (i64.const 1)))
    (i32.const 0) (i32.const 2)))
