;; A number that is none.
(module
  (memory (export "memory") 1)
  (data (i32.const 0) "{\22summary\22:NaN}")
  (func (export "run") (param i32 i32) (result i32 i32) (i32.const 0) (i32.const 15)))
