;; Two documents.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{}{}")
  (func (export "run") (param i32 i32) (result i32 i32) (i32.const 0) (i32.const 4)))
